"""The reports of purchasing as plain rows: screen and files are made from the same."""

from __future__ import annotations

from datetime import date as Date
from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.reports import Column, Kind, Report, Row
from apps.core.span_reports import Asked, SpanReport
from apps.supply_chain.queries.contracts import contracts_in_force
from apps.supply_chain.queries.promises import PromisedLine, promised_lines
from apps.supply_chain.queries.scorecards import Score, scorecard


def _promises(asked: Asked) -> Report:
    columns = (
        Column("order", _("Purchase order")),
        Column("position", _("Pos."), Kind.INTEGER),
        Column("supplier", _("Supplier")),
        Column("item", _("Item")),
        Column("open", _("Open"), Kind.QUANTITY),
        Column("wanted", _("Wanted"), Kind.DATE),
        Column("first", _("First promise"), Kind.DATE),
        Column("promised", _("Promised"), Kind.DATE),
        Column("changes", _("Changes"), Kind.INTEGER),
        Column("later", _("Days later"), Kind.INTEGER),
        Column("overdue", _("Days overdue"), Kind.INTEGER),
        Column("note", _("Note")),
    )
    found = promised_lines(asked.company, today=timezone.localdate())
    rows = [
        Row(
            (
                one.number,
                one.position,
                f"{one.partner_code} {one.partner_name}",
                f"{one.item_code} {one.item_name}",
                one.open,
                one.wanted,
                one.first_promise,
                one.promised,
                one.changes,
                one.days_later,
                one.days_overdue,
                _note(one),
            ),
            links=_admin("order", "supply_chain_purchaseorder", one.order_id),
        )
        for one in found
    ]
    return asked.report(_("Promises of suppliers"), columns, rows, subtitles=_today(asked))


def _note(one: PromisedLine) -> str:
    said = []
    if not one.promises:
        said.append(_("not confirmed"))
    if one.is_short:
        said.append(_("less than ordered"))
    if one.has_other_price:
        said.append(_("another price"))
    return ", ".join(said)


_SCORES = (
    ("lines", gettext_lazy("Lines wanted"), Kind.INTEGER),
    ("on_time_rate", gettext_lazy("On time (%)"), Kind.QUANTITY),
    ("in_full_rate", gettext_lazy("In full (%)"), Kind.QUANTITY),
    ("otif_rate", gettext_lazy("Both (%)"), Kind.QUANTITY),
    ("receipts", gettext_lazy("Receipts"), Kind.INTEGER),
    ("delivered", gettext_lazy("Delivered"), Kind.QUANTITY),
    ("rejected", gettext_lazy("Rejected"), Kind.QUANTITY),
    ("ppm", gettext_lazy("PPM"), Kind.INTEGER),
    ("value", gettext_lazy("Value received"), Kind.MONEY),
    ("price_variance", gettext_lazy("Price variance"), Kind.MONEY),
    ("price_variance_rate", gettext_lazy("Price variance (%)"), Kind.QUANTITY),
)


def _scores(asked: Asked, *, by_month: bool) -> Report:
    months = (Column("month", _("Month")),) if by_month else ()
    columns = (
        Column("supplier", _("Supplier")),
        *months,
        *(Column(key, str(label), kind) for key, label, kind in _SCORES),
    )
    found = scorecard(asked.company, since=asked.since, until=asked.until, by_month=by_month)
    rows = [
        Row(
            (
                f"{one.partner_code} {one.partner_name}",
                *((one.month or "",) if by_month else ()),
                *(_cell(one, key, kind) for key, _label, kind in _SCORES),
            ),
            links={"receipts": _receipts(one, asked)} if one.receipts else {},
        )
        for one in found
    ]
    title = _("Supplier scorecard by month") if by_month else _("Supplier scorecard")
    return asked.report(title, columns, rows)


def _cell(one: Score, key: str, kind: Kind) -> Any:
    value = getattr(one, key)
    return int(value) if kind == Kind.INTEGER and value is not None else value


def _receipts(one: Score, asked: Asked) -> str:
    """The receipts behind a score: of the supplier in the time."""
    since, until = asked.since, asked.until
    if one.month:
        year, month = map(int, one.month.split("-"))
        first = Date(year, month, 1)
        following = Date(year + month // 12, month % 12 + 1, 1)
        since, until = max(since, first), min(until, Date.fromordinal(following.toordinal() - 1))
    query = {"q": one.partner_code, "date__gte": since, "date__lte": until}
    return f"{reverse('admin:supply_chain_receipt_changelist')}?{urlencode(query)}"


def _contracts(asked: Asked) -> Report:
    columns = (
        Column("contract", _("Contract")),
        Column("supplier", _("Supplier")),
        Column("until", _("Valid until"), Kind.DATE),
        Column("item", _("Item")),
        Column("agreed", _("Agreed"), Kind.QUANTITY),
        Column("released", _("Released"), Kind.QUANTITY),
        Column("open", _("Open"), Kind.QUANTITY),
        Column("unit", _("Unit")),
        Column("value", _("Value released"), Kind.MONEY),
        Column("currency", _("Currency")),
    )
    rows = [
        Row(
            (
                one.number,
                f"{one.partner_code} {one.partner_name}",
                one.valid_until,
                one.item_code,
                one.agreed,
                one.released,
                one.open,
                one.unit_code,
                one.value,
                one.currency,
            ),
            links=_admin("contract", "supply_chain_purchasecontract", one.contract_id),
        )
        for one in contracts_in_force(asked.company, at=timezone.localdate())
    ]
    return asked.report(_("Contracts in force"), columns, rows, subtitles=_today(asked))


def _today(asked: Asked) -> tuple[str, ...]:
    return (str(asked.company), timezone.localdate().isoformat())


def _admin(column: str, name: str, key: int) -> dict[str, str]:
    try:
        return {column: reverse(f"admin:{name}_change", args=[key])}
    except NoReverseMatch:
        return {}


REPORTS: dict[str, SpanReport] = {
    "promises": SpanReport(
        gettext_lazy("Promises"),
        "supply_chain.view_purchaseorder",
        _promises,
        gettext_lazy("Nothing is on order."),
        days="",
    ),
    "contracts": SpanReport(
        gettext_lazy("Contracts"),
        "supply_chain.view_purchasecontract",
        _contracts,
        gettext_lazy("No contract is in force."),
        days="",
    ),
    "scorecard": SpanReport(
        gettext_lazy("Scorecard"),
        "supply_chain.view_receipt",
        lambda asked: _scores(asked, by_month=False),
        gettext_lazy("No line was wanted and no goods came in this time."),
    ),
    "scorecard-months": SpanReport(
        gettext_lazy("Scorecard by month"),
        "supply_chain.view_receipt",
        lambda asked: _scores(asked, by_month=True),
        gettext_lazy("No line was wanted and no goods came in this time."),
    ),
}
