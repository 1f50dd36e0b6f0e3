"""The bank reconciliation as a report: balance by statement against balance of the ledger."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.links import link_to
from apps.core.money import ZERO
from apps.core.reports import Column, Drill, Kind, Report, Row
from apps.finance.models import BankAccount
from apps.finance.queries.bank import Reconciliation, reconciliation
from apps.finance.report_parameters import ReportRequest

NAME = "bank-reconciliation"


def bank_reconciliation_report(asked: ReportRequest) -> Report:
    """All bank accounts, or one (by its ledger account) with every item between the two."""
    accounts = BankAccount.objects.filter(company=asked.company, is_active=True)
    accounts = accounts.select_related("account", "currency", "company").order_by("code")
    if asked.account is not None:
        accounts = accounts.filter(account=asked.account)
    found = [reconciliation(account, asked.chosen.date_to) for account in accounts]
    if asked.account is not None and len(found) == 1:
        return _of_one(asked, found[0])
    return _of_all(asked, found)


def _of_all(asked: ReportRequest, found: list[Reconciliation]) -> Report:
    rows = [
        Row(
            (
                f"{one.account.code} {one.account.name}",
                one.account.currency_id,
                one.ledger_balance,
                -one.outstanding,
                one.unposted,
                one.expected,
                one.bank_balance,
                one.difference,
            ),
            drill=Drill(NAME, asked.parameters(account=one.account.account.code)),
        )
        for one in found
    ]
    columns = (
        Column("account", _("Bank account")),
        Column("currency", _("Currency")),
        Column("ledger", _("Ledger"), Kind.MONEY),
        Column("outstanding", _("Not on a statement"), Kind.MONEY),
        Column("unposted", _("Not in the ledger"), Kind.MONEY),
        Column("expected", _("Expected"), Kind.MONEY),
        Column("statement", _("By statement"), Kind.MONEY),
        Column("difference", _("Difference"), Kind.MONEY),
    )
    return _report(asked, columns, rows, ())


def _of_one(asked: ReportRequest, one: Reconciliation) -> Report:
    statement = _("none yet") if one.statement is None else one.statement.ends_on.isoformat()
    rows = [_total(_("Balance of the ledger"), one.ledger_balance)]
    if one.not_on_statement:
        rows.append(_total(_("Posted, not on a statement"), -one.outstanding))
        rows += [
            Row(
                (item.date, item.number, item.memo or item.description, item.partner_name or "",
                 -item.open),
                level=1,
                links={"number": link_to(item.source_type_id, item.source_id).url},
            )
            for item in one.not_on_statement
        ]  # fmt: skip
    if one.not_in_ledger:
        rows.append(_total(_("On a statement, not in the ledger"), one.unposted))
        rows += [
            Row((item.date, "", item.text or item.reference, item.name, item.open), level=1)
            for item in one.not_in_ledger
        ]
    rows += [
        _total(_("Expected balance"), one.expected),
        _total(_("Balance by statement ({day})").format(day=statement), one.bank_balance),
        _total(_("Difference"), one.difference),
    ]
    columns = (
        Column("date", _("Date"), Kind.DATE),
        Column("number", _("Entry")),
        Column("text", _("Text")),
        Column("name", _("Counterparty")),
        Column("amount", _("Amount"), Kind.MONEY),
    )
    about = (f"{one.account.code} {one.account.name} · {one.account.number}",)
    return _report(asked, columns, rows, about, currency=one.account.currency)


def _total(text: str, amount: Any) -> Row:
    return Row((None, "", text, "", amount or ZERO), is_total=True)


def _report(
    asked: ReportRequest,
    columns: tuple[Column, ...],
    rows: list[Row],
    about: tuple[str, ...],
    currency: Any = None,
) -> Report:
    company = asked.company
    currency = currency or company.currency
    return Report(
        title=_("Bank reconciliation"),
        subtitles=(
            f"{company.code} {company.name}",
            f"{asked.chosen.date_to.isoformat()} · {currency.code}",
            *about,
        ),
        columns=columns,
        rows=rows,
        decimal_places=currency.decimal_places,
    )
