"""Cycle counts: items fall into classes by the value used, and each class has its turn."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import ZERO
from apps.core.transactions import unit_of_work
from apps.inventory.models import CountClass, ItemClass, StockCount
from apps.inventory.queries.counts import classes_of, due_balances, used_values
from apps.inventory.services.counts import CountPlace, plan_stock_count
from apps.masterdata.models import Item, ReasonCode

#: A list that one person walks in a shift.
MOST_LINES = 200


def classify_items(company: Company, *, since: Date, until: Date) -> dict[str, int]:
    """Give each stocked item its class by the value used between two days; class → items.

    Items in the order of falling value fill the first class up to its share of all value, then
    the next; what was not used is of the last class (ABC analysis). Raises ``BusinessError``
    (``no_classes``) when there are no classes.
    """
    classes = classes_of(company)
    if not classes:
        raise BusinessError("no_classes", _("There are no count classes yet."))
    if since > until:
        raise InvalidInput("wrong_order", _("The end lies before the beginning."), field="until")
    used = used_values(company, since=since, until=until)
    items = Item.objects.filter(
        company=company, is_active=True, kind__in=("purchased", "manufactured")
    )
    ids = sorted(items.values_list("pk", flat=True), key=lambda pk: (-used.get(pk, ZERO), pk))
    rows = [
        ItemClass(
            company=company,
            item_id=item_id,
            count_class=found,
            used_value=max(used.get(item_id, ZERO), ZERO),
            since=since,
            until=until,
        )
        for item_id, found in zip(ids, _classes(ids, used, classes), strict=True)
    ]
    with unit_of_work():
        ItemClass.objects.filter(company=company).exclude(item__in=ids).delete()
        ItemClass.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["item"],
            update_fields=["count_class", "used_value", "since", "until"],
        )
    counts = dict.fromkeys((found.code for found in classes), 0)
    for row in rows:
        counts[row.count_class.code] += 1
    return counts


def plan_cycle_count(
    company: Company,
    *,
    site: Site,
    on: Date,
    by: User,
    limit: int = MOST_LINES,
    is_blind: bool = True,
    reason: ReasonCode | None = None,
) -> StockCount:
    """A count of what is due at ``site`` on that day, the first classes first.

    Raises ``BusinessError`` (``nothing_due``) when nothing is.
    """
    if not 0 < limit <= MOST_LINES:
        raise InvalidInput(
            "out_of_range", _("Between 1 and {most}.").format(most=MOST_LINES), field="limit"
        )
    due = due_balances(company, site, on=on, limit=limit)
    if not due:
        raise BusinessError("nothing_due", _("Nothing is due to be counted."), field="on")
    due.sort(key=lambda row: (row.location.code, row.item.code, row.lot.code if row.lot else ""))
    return plan_stock_count(
        company,
        site=site,
        date=on,
        by=by,
        places=[CountPlace(row.item, row.location, row.lot) for row in due],
        is_blind=is_blind,
        reason=reason,
    )


def _classes(
    ids: list[int], used: dict[int, Decimal], classes: list[CountClass]
) -> list[CountClass]:
    """The class of each item: the first whose share is not full before it comes."""
    total = sum((value for value in used.values() if value > 0), ZERO)
    found = []
    before, place = ZERO, 0
    for item_id in ids:
        value = max(used.get(item_id, ZERO), ZERO)
        while place < len(classes) - 1 and (
            not value or before * 100 >= classes[place].value_share * total
        ):
            place += 1
        found.append(classes[place])
        before += value
    return found
