"""The reports of sales as plain rows: screen and files are made from the same."""

from __future__ import annotations

from decimal import Decimal

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.money import ZERO
from apps.core.reports import Column, Kind, Report, Row
from apps.core.span_reports import Asked, SpanReport
from apps.crm.queries.pipeline import open_quotations, outcomes, pipeline
from apps.crm.queries.results import customer_margins, kept_promises


def _pipeline(asked: Asked) -> Report:
    columns = (
        Column("stage", _("Stage")),
        Column("probability", _("Probability (%)"), Kind.QUANTITY),
        Column("opportunities", _("Opportunities"), Kind.INTEGER),
        Column("value", _("Value"), Kind.MONEY),
        Column("weighted", _("Weighted"), Kind.MONEY),
        Column("currency", _("Currency")),
    )
    found = pipeline(asked.company)
    rows = [
        Row(
            (
                one.name,
                one.probability,
                one.opportunities,
                one.value,
                one.weighted,
                one.currency or "",
            )
        )
        for one in found
    ]
    for currency in sorted({one.currency for one in found if one.currency}):
        own = [one for one in found if one.currency == currency]
        total = (
            _("Total"),
            None,
            sum(one.opportunities for one in own),
            sum((one.value for one in own), ZERO),
            sum((one.weighted for one in own), ZERO),
            currency,
        )
        rows.append(Row(total, is_total=True))
    return asked.report(_("Weighted pipeline"), columns, rows)


def _outcomes(asked: Asked) -> Report:
    words = {"won": _("Won"), "lost": _("Lost")}
    columns = (
        Column("outcome", _("Outcome")),
        Column("reason", _("Reason")),
        Column("opportunities", _("Opportunities"), Kind.INTEGER),
        Column("share", _("Share (%)"), Kind.QUANTITY),
        Column("value", _("Value"), Kind.MONEY),
        Column("currency", _("Currency")),
    )
    found = outcomes(asked.company, since=asked.since, until=asked.until)
    total = sum(one.opportunities for one in found)
    rows = [
        Row(
            (
                words[one.outcome],
                one.name or _("No reason given"),
                one.opportunities,
                round(Decimal(100 * one.opportunities) / total, 1),
                one.value,
                one.currency,
            )
        )
        for one in found
    ]
    return asked.report(_("Won and lost by reason"), columns, rows)


def _quotations(asked: Asked) -> Report:
    columns = (
        Column("number", _("Quotation")),
        Column("status", _("Status")),
        Column("customer", _("Customer")),
        Column("date", _("Date"), Kind.DATE),
        Column("age", _("Age (days)"), Kind.INTEGER),
        Column("left", _("Valid for (days)"), Kind.INTEGER),
        Column("value", _("Value"), Kind.MONEY),
        Column("currency", _("Currency")),
    )
    rows = [
        Row(
            (
                one.number,
                one.status,
                f"{one.partner_code} {one.partner_name}",
                one.quotation_date,
                one.age,
                one.days_left,
                one.value,
                one.currency,
            ),
            links=_admin("number", "crm_quotation", one.id),
        )
        for one in open_quotations(asked.company, at=asked.until)
    ]
    return asked.report(_("Open quotations by age"), columns, rows)


def _promises(asked: Asked) -> Report:
    columns = (
        Column("order", _("Sales order")),
        Column("position", _("Pos."), Kind.INTEGER),
        Column("customer", _("Customer")),
        Column("item", _("Item")),
        Column("due", _("Promised"), Kind.DATE),
        Column("shipped", _("Last shipped"), Kind.DATE),
        Column("quantity", _("Quantity"), Kind.QUANTITY),
        Column("in_time", _("In time"), Kind.QUANTITY),
        Column("kept", _("Kept")),
    )
    found = kept_promises(asked.company, since=asked.since, until=asked.until)
    rows = [
        Row(
            (
                one.number,
                one.position,
                one.partner_code,
                one.item_code,
                one.due_date,
                one.last_shipped,
                one.quantity,
                one.quantity_in_time,
                _("yes") if one.is_kept else _("no"),
            ),
            links=_admin("order", "crm_salesorder", one.order_id),
        )
        for one in found
    ]
    if found:
        kept = sum(one.is_kept for one in found)
        share = f"{100 * kept / len(found):.1f} %"
        rows.append(
            Row((_("Kept"), None, None, None, None, None, None, None, share), is_total=True)
        )
    return asked.report(_("On time, in full"), columns, rows)


def _margins(asked: Asked) -> Report:
    columns = (
        Column("customer", _("Customer")),
        Column("revenue", _("Revenue"), Kind.MONEY),
        Column("cogs", _("Cost of goods sold"), Kind.MONEY),
        Column("margin", _("Margin"), Kind.MONEY),
        Column("percent", _("Margin (%)"), Kind.QUANTITY),
    )
    found = customer_margins(asked.company, since=asked.since, until=asked.until)
    rows = []
    for one in found:
        name = f"{one.partner_code} {one.partner_name}" if one.partner_id else _("No customer")
        links = {} if one.partner_id is None else _drill(asked, one.partner_code or "")
        rows.append(Row((name, one.revenue, one.cogs, one.margin, one.margin_percent), links=links))
    if found:
        revenue = sum((one.revenue for one in found), ZERO)
        cogs = sum((one.cogs for one in found), ZERO)
        percent = round((revenue - cogs) * 100 / revenue, 2) if revenue else None
        rows.append(Row((_("Total"), revenue, cogs, revenue - cogs, percent), is_total=True))
    return asked.report(_("Margin by customer"), columns, rows)


def _admin(column: str, name: str, key: int) -> dict[str, str]:
    return {column: reverse(f"admin:{name}_change", args=[key])}


def _drill(asked: Asked, partner: str) -> dict[str, str]:
    """From the margin to the ledger's lines of the customer."""
    try:
        page = reverse("finance-report", args=["general-ledger"])
    except NoReverseMatch:
        return {}
    query = (
        f"?company={asked.company.code}&partner={partner}"
        f"&date_from={asked.since.isoformat()}&date_to={asked.until.isoformat()}"
    )
    return {"margin": page + query}


REPORTS: dict[str, SpanReport] = {
    "pipeline": SpanReport(
        gettext_lazy("Weighted pipeline"),
        "crm.view_opportunity",
        _pipeline,
        gettext_lazy("No opportunity is open."),
    ),
    "outcomes": SpanReport(
        gettext_lazy("Won and lost by reason"),
        "crm.view_opportunity",
        _outcomes,
        gettext_lazy("Nothing was won or lost in these days."),
    ),
    "quotations": SpanReport(
        gettext_lazy("Open quotations by age"),
        "crm.view_quotation",
        _quotations,
        gettext_lazy("No offer waits for an answer."),
    ),
    "promises": SpanReport(
        gettext_lazy("On time, in full"),
        "crm.view_salesorder",
        _promises,
        gettext_lazy("Nothing was promised for these days."),
    ),
    "margins": SpanReport(
        gettext_lazy("Margin by customer"),
        "crm.view_margin",
        _margins,
        gettext_lazy("Nothing was sold in these days."),
    ),
}
