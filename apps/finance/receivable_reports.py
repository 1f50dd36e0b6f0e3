"""Reports of receivables and payables: open instalments, their ageing, a partner's account."""

from __future__ import annotations

from dataclasses import replace
from datetime import date as Date

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.links import link_to
from apps.core.money import ZERO
from apps.core.reports import Column, Drill, Kind, Report, Row
from apps.finance.models import Invoice, Payment
from apps.finance.queries.account_statements import AccountStatement, account_statement
from apps.finance.queries.ageing import ageing, open_instalments
from apps.finance.queries.open_items import OpenItem
from apps.finance.queries.policies import days_of, policy_of
from apps.finance.report_parameters import ReportRequest
from apps.finance.reports import entry_link, report_of

STATEMENT = "account-statement"


def open_items_report(asked: ReportRequest) -> Report:
    """Each instalment that is open at the end of the last day, with its document behind it.

    What is owed the other way, a credit or money on account, is never overdue.
    """
    partner = asked.chosen.dimensions.get("partner")
    at = asked.chosen.date_to
    found = open_instalments(asked.company, kind=asked.kind, at=at, partner_id=partner)
    rows = [
        Row(
            (
                item.partner_code, item.partner_name, item.number, item.reference, item.date,
                item.due_date, item.days_overdue(at) if item.open > 0 else None, item.currency,
                item.open, item.open_company,
            ),
            links={"number": document_link(item)},
        )
        for item in found
    ]  # fmt: skip
    total = sum((item.open_company for item in found), ZERO)
    rows.append(Row((_("Total"), *[""] * 7, None, total), is_total=True))
    columns = (
        Column("partner", _("Partner")),
        Column("name", _("Name")),
        Column("number", _("Number")),
        Column("reference", _("Reference")),
        Column("date", _("Date"), Kind.DATE),
        Column("due_date", _("Due date"), Kind.DATE),
        Column("overdue", _("Days overdue"), Kind.INTEGER),
        Column("currency", _("Currency")),
        Column("open", _("Open"), Kind.MONEY),
        Column("open_company", _("Open in company currency"), Kind.MONEY),
    )
    title = _("Receivables") if asked.kind == "customer" else _("Payables")
    return report_of(title, asked, columns, rows)


def ageing_report(asked: ReportRequest) -> Report:
    """By partner and days overdue, in the buckets of the company's policy.

    In company currency with a total, or in the documents' own, a row per currency.
    """
    buckets = days_of(policy_of(asked.company).ageing_days)
    by_currency = asked.amounts == "document"
    found = ageing(
        asked.company,
        kind=asked.kind,
        at=asked.chosen.date_to,
        partner_id=asked.chosen.dimensions.get("partner"),
        buckets=buckets,
        by_currency=by_currency,
    )
    rows = [
        Row(
            (row.partner_code, row.partner_name, row.currency, *row.amounts, row.total),
            drill=Drill(
                "open-items", asked.parameters(partner=str(row.partner_id), kind=asked.kind)
            ),
        )
        for row in found
    ]
    if not by_currency:
        width = len(buckets) + 2
        sums = [sum((row.amounts[n] for row in found), ZERO) for n in range(width)]
        total = (_("Total"), "", asked.company.currency_id, *sums, sum(sums, ZERO))
        rows.append(Row(total, is_total=True))
    columns = (
        Column("partner", _("Partner")),
        Column("name", _("Name")),
        Column("currency", _("Currency")),
        *_bucket_columns(buckets),
        Column("total", _("Total"), Kind.MONEY),
    )
    title = _("Ageing of receivables") if asked.kind == "customer" else _("Ageing of payables")
    return report_of(title, asked, columns, rows)


def account_statement_report(asked: ReportRequest) -> Report:
    """The account of one partner: opening balance, what moved, closing balance per currency.

    Without a partner there is nothing to show yet.
    """
    asks = asked.chosen.dimensions.get("partner") is None
    shown = AccountStatement({}, [], {}) if asks else statement_of(asked)
    rows = [
        Row(("", "", _("Opening balance"), None, currency, None, None, amount), is_total=True)
        for currency, amount in shown.opening.items()
    ]
    rows += [
        Row(
            (
                line.date, line.number, line.text, line.due_date, line.currency,
                line.amount if line.amount > 0 else None,
                -line.amount if line.amount < 0 else None,
                line.balance,
            ),
            links={
                "number": entry_link(line.entry_id),
                "text": link_to(line.source_type_id, line.source_id).url,
            },
            drill=Drill("entry", {"id": str(line.entry_id)}),
        )
        for line in shown.movements
    ]  # fmt: skip
    rows += [
        Row(("", "", _("Closing balance"), None, currency, None, None, amount), is_total=True)
        for currency, amount in shown.closing.items()
    ]
    columns = (
        Column("date", _("Date"), Kind.DATE),
        Column("number", _("Entry")),
        Column("text", _("Text")),
        Column("due_date", _("Due date"), Kind.DATE),
        Column("currency", _("Currency")),
        Column("increase", _("Invoiced"), Kind.MONEY),
        Column("decrease", _("Settled"), Kind.MONEY),
        Column("balance", _("Balance"), Kind.MONEY),
    )
    found = report_of(_("Statement of account"), asked, columns, rows)
    hint = (_("Name the partner whose account is shown."),) if asks else ()
    return replace(found, subtitles=(*found.subtitles, *hint))


def statement_of(asked: ReportRequest) -> AccountStatement:
    """Raises ``InvalidInput`` when no partner is named."""
    partner = asked.chosen.dimensions.get("partner")
    if partner is None:
        raise InvalidInput("required", _("Name the partner."), field="partner")
    return account_statement(
        asked.company,
        partner_id=partner,
        kind=asked.kind,
        first=asked.chosen.date_from or Date.min,
        last=asked.chosen.date_to,
    )


def bucket_labels(buckets: tuple[int, ...]) -> list[str]:
    """What each bucket is called: not due, days from and to, older."""
    starts = [1, *(last + 1 for last in buckets)]
    spans = [
        _("{first}–{last} days").format(first=first, last=last)
        for first, last in zip(starts, buckets, strict=False)
    ]
    return [_("Not due"), *spans, _("Older")]


def document_link(item: OpenItem) -> str:
    """The page of the invoice, credit note or payment behind an open item."""
    model = Payment if item.kind == "payment" else Invoice
    return link_to(ContentType.objects.get_for_model(model).pk, item.id).url


def _bucket_columns(buckets: tuple[int, ...]) -> list[Column]:
    keys = ["not_due", *(f"to_{last}" for last in buckets), "older"]
    return [
        Column(key, label, Kind.MONEY)
        for key, label in zip(keys, bucket_labels(buckets), strict=True)
    ]
