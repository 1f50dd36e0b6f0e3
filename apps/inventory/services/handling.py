"""Rules of how items lie in the warehouse and where they go from the dock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.services.documents import lock
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.inventory.models import ItemHandling, Location, PutAwayRule


def create_item_handling(*, by: Any, reason: str = "", **values: Any) -> ItemHandling:
    """How an item or a category is handled. Raises ``InvalidInput`` for both or neither."""
    with unit_of_work():
        check_item_handling([ItemHandling(**values)], company=values["company"])
        return create_row(ItemHandling, values=values, by=by, reason=reason)


def update_item_handling(
    row: ItemHandling, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> ItemHandling:
    """Change how an item or a category is handled."""
    with unit_of_work():
        wanted = lock(row, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        check_item_handling([wanted], company=wanted.company)
        return update_row(row, values=values, by=by, reason=reason)


def check_item_handling(rows: Sequence[ItemHandling], *, company: Company) -> None:
    """Raise ``InvalidInput`` naming the row that is not of one item or one category."""
    own = {row.pk for row in rows if row.pk}
    active = ItemHandling.objects.filter(company=company, is_active=True).exclude(pk__in=own)
    taken: set[tuple[int | None, int | None]] = set(active.values_list("item_id", "category_id"))
    for place, row in enumerate(rows):
        if (row.item_id is None) == (row.category_id is None):
            raise InvalidInput(
                "item_or_category",
                _("Say either an item or a category."),
                field="item",
                row=place,
            )
        key = (row.item_id, row.category_id)
        if row.is_active and key in taken:
            raise InvalidInput(
                "twice",
                _("There is a row for this already."),
                field="item" if row.item_id else "category",
                row=place,
            )
        if row.is_active:
            taken.add(key)


def create_put_away_rule(*, by: Any, reason: str = "", **values: Any) -> PutAwayRule:
    """A rule of put-away. Raises ``InvalidInput`` for a place that is none of ours."""
    with unit_of_work():
        check_put_away_rules([PutAwayRule(**values)], company=values["company"])
        return create_row(PutAwayRule, values=values, by=by, reason=reason)


def update_put_away_rule(
    row: PutAwayRule, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> PutAwayRule:
    """Change a rule of put-away."""
    with unit_of_work():
        wanted = lock(row, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        check_put_away_rules([wanted], company=wanted.company)
        return update_row(row, values=values, by=by, reason=reason)


def check_put_away_rules(rows: Sequence[PutAwayRule], *, company: Company) -> None:
    """Raise ``InvalidInput`` naming the row whose item or place can't be meant."""
    places = Location.objects.select_related("package").in_bulk([row.location_id for row in rows])
    for place, row in enumerate(rows):
        if row.item_id is not None and row.category_id is not None:
            raise InvalidInput(
                "item_or_category",
                _("Say either an item or a category."),
                field="item",
                row=place,
            )
        where = places.get(row.location_id)
        if where is None:
            continue  # another check names it
        if where.kind != Location.Kind.INTERNAL or hasattr(where, "package"):
            raise InvalidInput(
                "wrong_place",
                _("Goods can't be put away at {place}.").format(place=where.code),
                field="location",
                row=place,
            )
