"""The reports of stock as plain rows: screen and files are made from the same."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.money import ZERO
from apps.core.reports import Column, Kind, Report, Row
from apps.core.span_reports import Asked, SpanReport
from apps.inventory.models import Lot
from apps.inventory.queries.stock_figures import (
    MovingItem,
    ValuedItem,
    aged_stock,
    dead_stock,
    expiring_lots,
    moving_stock,
    valuation,
)
from apps.inventory.queries.write_downs import written_down_items
from apps.inventory.stock_figures import AGES
from apps.masterdata.models import ItemCategory

VIEW = "inventory.view_itemvaluation"
AHEAD = timedelta(days=90)


def _valuation(asked: Asked) -> Report:
    columns = (
        *_item_columns(),
        Column("category", _("Category")),
        Column("costing", _("Costing")),
        Column("quantity", _("Quantity"), Kind.QUANTITY),
        Column("unit", _("Unit")),
        Column("cost", _("Unit cost"), Kind.QUANTITY),
        Column("value", _("Value"), Kind.MONEY),
    )
    found = valuation(asked.company, asked.until)
    words = dict(ItemCategory.Costing.choices)
    rows = [
        Row(
            (
                *_named(one),
                one.category,
                str(words[one.costing]),
                one.quantity,
                one.unit,
                one.unit_cost,
                one.value,
            ),
            links=_moves(one, asked),
        )
        for one in found.items
    ]
    if rows or found.ledger:
        blank = (None,) * 6
        for label, amount in (
            (_("Stock"), found.total),
            (_("General ledger"), found.ledger),
            (_("Difference"), found.total - found.ledger),
        ):
            rows.append(Row((label, *blank, amount), is_total=True, links=_ledger(label, asked)))
    return asked.report(_("Value of stock"), columns, rows, subtitles=_on(asked))


def _ageing(asked: Asked) -> Report:
    ends = [_("up to {days} days").format(days=days) for days in AGES]
    ends.append(_("older"))
    columns = (
        *_item_columns(),
        Column("quantity", _("Quantity"), Kind.QUANTITY),
        *(Column(f"age{place}", label, Kind.MONEY) for place, label in enumerate(ends)),
        Column("value", _("Value"), Kind.MONEY),
        Column("oldest", _("Oldest (days)"), Kind.INTEGER),
    )
    found = aged_stock(asked.company, asked.until)
    rows = [
        Row(
            (
                *_named(one.item),
                one.item.quantity,
                *one.values,
                one.item.value,
                one.oldest_days,
            ),
            links=_moves(one.item, asked),
        )
        for one in found
    ]
    if rows:
        sums = [sum((one.values[n] for one in found), ZERO) for n in range(len(ends))]
        total = (_("Total"), None, None, *sums, sum(sums, ZERO), None)
        rows.append(Row(total, is_total=True))
    return asked.report(_("Age of stock"), columns, rows, subtitles=_on(asked))


def _turns(asked: Asked) -> Report:
    columns = (
        *_item_columns(),
        Column("class", _("Class")),
        Column("used", _("Used"), Kind.QUANTITY),
        Column("used_value", _("Value used"), Kind.MONEY),
        Column("swing", _("Variation by month"), Kind.QUANTITY),
        Column("value", _("Value in stock"), Kind.MONEY),
        Column("turns", _("Turns a year"), Kind.QUANTITY),
        Column("cover", _("Lasts (days)"), Kind.INTEGER),
        Column("last", _("Last used"), Kind.DATE),
    )
    found = moving_stock(asked.company, since=asked.since, until=asked.until)
    rows = [
        Row(
            (
                *_named(one.item),
                f"{one.abc}{one.xyz}",
                one.used_quantity,
                one.used_value,
                one.variation,
                one.item.value,
                one.turns,
                one.days_of_cover,
                one.last_used,
            ),
            links=_moves(one.item, asked),
        )
        for one in found
    ]
    if rows:
        used = sum((one.used_value for one in found), ZERO)
        blank = (None, None, None)
        total = (_("Total"), *blank, used, None, _worth(found), None, None, None)
        rows.append(Row(total, is_total=True))
    return asked.report(_("Turns, ABC and XYZ"), columns, rows)


def _dead(asked: Asked) -> Report:
    columns = (
        *_item_columns(),
        Column("quantity", _("Quantity"), Kind.QUANTITY),
        Column("unit", _("Unit")),
        Column("value", _("Value"), Kind.MONEY),
    )
    found = dead_stock(asked.company, since=asked.since, until=asked.until)
    rows = [
        Row(
            (*_named(one.item), one.item.quantity, one.item.unit, one.item.value),
            links=_moves(one.item, asked),
        )
        for one in found
    ]
    if rows:
        rows.append(Row((_("Total"), None, None, None, _worth(found)), is_total=True))
    return asked.report(_("Dead stock"), columns, rows)


def _written_down(asked: Asked) -> Report:
    columns = (
        *_item_columns(),
        Column("quantity", _("Quantity"), Kind.QUANTITY),
        Column("unit", _("Unit")),
        Column("cost", _("Cost"), Kind.MONEY),
        Column("written_down", _("Written down"), Kind.MONEY),
        Column("value", _("Value"), Kind.MONEY),
    )
    found = written_down_items(asked.company)
    rows = [
        Row(
            (one.code, one.name, one.quantity, one.unit, one.cost, -one.written_down, one.value),
            links=_adjustments(one.item_id),
        )
        for one in found
    ]
    if rows:
        cost = sum((one.cost for one in found), ZERO)
        lost = sum((one.written_down for one in found), ZERO)
        total = (_("Total"), None, None, None, cost, -lost, cost - lost)
        rows.append(Row(total, is_total=True))
    return asked.report(
        _("Written down"), columns, rows, subtitles=(str(asked.company), _("as it stands now"))
    )


def _expiry(asked: Asked) -> Report:
    columns = (
        Column("item", _("Item")),
        Column("lot", _("Lot")),
        Column("location", _("Location")),
        Column("expires", _("Expires on"), Kind.DATE),
        Column("days", _("Days left"), Kind.INTEGER),
        Column("status", _("Status")),
        Column("quantity", _("Quantity"), Kind.QUANTITY),
        Column("value", _("Value"), Kind.MONEY),
    )
    today = timezone.localdate()
    until = max(asked.until, today) + AHEAD
    words = dict(Lot.Status.choices)
    found = expiring_lots(asked.company, until=until, today=today)
    rows = [
        Row(
            (
                one.item,
                one.lot,
                one.location,
                one.expires_on,
                one.days,
                str(words[one.status]),
                one.quantity,
                one.value,
            ),
            links=_admin("lot", "inventory_lot", one.lot_id),
        )
        for one in found
    ]
    if rows:
        total = sum((one.value for one in found), ZERO)
        rows.append(Row((_("Total"), *(None,) * 6, total), is_total=True))
    subtitles = (str(asked.company), _("until {day}").format(day=until.isoformat()))
    return asked.report(_("What expires"), columns, rows, subtitles=subtitles)


def _item_columns() -> tuple[Column, ...]:
    return (Column("item", _("Item")), Column("name", _("Name")))


def _named(one: ValuedItem) -> tuple[str, str]:
    return (one.code, one.name)


def _worth(found: list[MovingItem]) -> Decimal:
    return sum((one.item.value for one in found), ZERO)


def _on(asked: Asked) -> tuple[str, ...]:
    return (str(asked.company), asked.until.isoformat())


def _moves(one: ValuedItem, asked: Asked) -> dict[str, str]:
    """The moves that made an item's figures."""
    query = urlencode({"item__id__exact": one.item_id, "date__lte": asked.until.isoformat()})
    return _page("item", "admin:inventory_stockmove_changelist", query)


def _adjustments(item_id: int) -> dict[str, str]:
    """What changed an item's value without a move."""
    query = urlencode({"item__id__exact": item_id, "kind__exact": "write_down"})
    return _page("item", "admin:inventory_valuationadjustment_changelist", query)


def _ledger(label: str, asked: Asked) -> dict[str, str]:
    if label != _("General ledger"):
        return {}
    query = urlencode({"company": asked.company.code, "date_to": asked.until.isoformat()})
    return _page("item", "finance-report", query, "trial-balance")


def _admin(column: str, name: str, key: int) -> dict[str, str]:
    return _page(column, f"admin:{name}_change", "", key)


def _page(column: str, name: str, query: str, *arguments: Any) -> dict[str, str]:
    try:
        address = reverse(name, args=arguments)
    except NoReverseMatch:
        return {}
    return {column: f"{address}?{query}" if query else address}


REPORTS: dict[str, SpanReport] = {
    "value": SpanReport(
        gettext_lazy("Value of stock"),
        VIEW,
        _valuation,
        gettext_lazy("Nothing is in stock."),
        days="until",
    ),
    "age": SpanReport(
        gettext_lazy("Age of stock"),
        VIEW,
        _ageing,
        gettext_lazy("Nothing is in stock."),
        days="until",
    ),
    "turns": SpanReport(
        gettext_lazy("Turns, ABC and XYZ"),
        VIEW,
        _turns,
        gettext_lazy("Nothing was in stock or used in these days."),
    ),
    "dead": SpanReport(
        gettext_lazy("Dead stock"),
        VIEW,
        _dead,
        gettext_lazy("All that is in stock was used in these days."),
    ),
    "written-down": SpanReport(
        gettext_lazy("Written down"),
        VIEW,
        _written_down,
        gettext_lazy("No stock bears a write-down."),
        days="",
    ),
    "expiry": SpanReport(
        gettext_lazy("What expires"),
        VIEW,
        _expiry,
        gettext_lazy("No lot on hand expires in the next 90 days."),
        days="",
    ),
}
