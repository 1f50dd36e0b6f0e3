"""The statements of finance as reports: rows for every face, made once."""

from __future__ import annotations

import calendar
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.links import link_to
from apps.core.money import ZERO
from apps.core.reports import Column, Drill, Kind, Report, Row
from apps.finance.queries.drill import (
    Group,
    LedgerLine,
    Selection,
    breakdown,
    general_ledger,
)
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.trial_balance import trial_balance
from apps.finance.report_parameters import NONE, ReportRequest
from apps.finance.report_selection import selection_of

#: The usual way down from a line of the income statement.
PATH = ("month", "work_centre", "shift", "reason")


def trial_balance_report(asked: ReportRequest) -> Report:
    found = trial_balance(asked.chosen)
    rows = [
        Row(
            (row.code, row.name, row.opening, row.debit, row.credit, row.closing),
            drill=Drill("general-ledger", asked.parameters(account=row.code)),
        )
        for row in found.rows
    ]
    opening = sum((row.opening for row in found.rows), ZERO)
    closing = sum((row.closing for row in found.rows), ZERO)
    total = ("", _("Total"), opening, found.debit, found.credit, closing)
    balances = (
        "", _("Debit and credit balances"), None, found.debit_balances, found.credit_balances, None,
    )  # fmt: skip
    rows += [Row(total, is_total=True), Row(balances, is_total=True)]
    columns = (
        Column("code", _("Account")),
        Column("name", _("Name")),
        Column("opening", _("Opening balance"), Kind.MONEY),
        Column("debit", _("Debit"), Kind.MONEY),
        Column("credit", _("Credit"), Kind.MONEY),
        Column("closing", _("Closing balance"), Kind.MONEY),
    )
    return report_of(_("Trial balance"), asked, columns, rows)


def general_ledger_report(asked: ReportRequest) -> Report:
    """Lines of an account, or of all accounts below a statement line, with a running balance."""
    selection = selection_of(asked)
    page = general_ledger(selection, cursor=asked.cursor, limit=asked.page_size)
    rows = []
    if not asked.cursor and page.opening:
        opening = ("", "", "", _("Opening balance"), "", None, None, None, page.opening)
        rows.append(Row(opening, is_total=True))
    rows += [_ledger_row(line, selection) for line in page.lines]
    columns = (
        Column("date", _("Date"), Kind.DATE),
        Column("entry", _("Entry")),
        Column("account", _("Account")),
        Column("text", _("Text")),
        Column("about", _("About")),
        Column("quantity", _("Quantity"), Kind.QUANTITY),
        Column("debit", _("Debit"), Kind.MONEY),
        Column("credit", _("Credit"), Kind.MONEY),
        Column("balance", _("Balance"), Kind.MONEY),
    )
    return report_of(_("General ledger"), asked, columns, rows, following=page.following)


def breakdown_report(asked: ReportRequest) -> Report:
    """A figure of a statement, split by dimensions; the total is that figure."""
    by = asked.by or PATH[:1]
    found = breakdown(selection_of(asked), by)
    rows = [
        Row(
            (
                *(_group_text(row.groups[name]) for name in by),
                row.quantity or None,
                row.lines,
                row.amount,
            ),
            drill=_next_level(asked, by, {name: _key(name, row.groups[name]) for name in by}),
        )
        for row in found.rows
    ]
    lines = sum(row.lines for row in found.rows)
    total = (_("Total"), *("" for _name in by[1:]), None, lines, found.total)
    rows.append(Row(total, is_total=True, drill=Drill("general-ledger", asked.parameters())))
    columns = (
        *(Column(name, _(name.replace("_", " ").capitalize())) for name in by),
        Column("quantity", _("Quantity"), Kind.QUANTITY),
        Column("lines", _("Lines"), Kind.INTEGER),
        Column("amount", _("Amount"), Kind.MONEY),
    )
    return report_of(_("Breakdown"), asked, columns, rows)


def _key(name: str, group: Group) -> Any:
    """Accounts have digits for codes, so they are asked for by code, not by key."""
    return group.code if name == "account" else group.key


def _next_level(asked: ReportRequest, by: tuple[str, ...], keys: dict[str, Any]) -> Drill:
    """The same lines narrowed to one row, split by what the path has next; at its end the lines."""
    more: dict[str, str] = {}
    for name, key in keys.items():
        if name == "month":
            year, month = map(int, key.split("-"))
            last = Date(year, month, calendar.monthrange(year, month)[1])
            more["date_from"] = max(
                Date(year, month, 1), asked.chosen.date_from or Date.min
            ).isoformat()
            more["date_to"] = min(last, asked.chosen.date_to).isoformat()
        elif name == "date":
            more["date_from"] = more["date_to"] = key
        elif name != "entry":
            more[name] = NONE if key is None else str(key)
    used = {*by, *asked.chosen.dimensions, *more}
    following = next((name for name in PATH[1:] if name not in used), None)
    if following is None or "entry" in by:
        report, parameters = "general-ledger", asked.parameters(**more)
    else:
        report, parameters = "breakdown", asked.parameters(**more, by=following)
    if "account" in more:
        parameters.pop("line", None)  # of its accounts only this one
    return Drill(report, parameters)


def _ledger_row(line: LedgerLine, selection: Selection) -> Row:
    source = link_to(line.source_type_id, line.source_id)
    about = ", ".join(group.code for group in line.dimensions.values())
    amount: Decimal = line.amount
    return Row(
        (
            line.date,
            line.entry_number,
            line.account_code,
            line.memo or line.description,
            about or source.label,
            line.quantity,
            amount if amount > 0 else None,
            -amount if amount < 0 else None,
            line.balance,
        ),
        links={"entry": entry_link(line.entry_id), "about": source.url},
        drill=Drill("entry", {"id": str(line.entry_id)}),
    )


def entry_link(entry_id: int) -> str:
    from django.contrib.contenttypes.models import ContentType

    from apps.finance.models import JournalEntry

    return link_to(ContentType.objects.get_for_model(JournalEntry).pk, entry_id).url


def _group_text(group: Any) -> str:
    if group.key is None:
        return _("(none)")
    return group.code if group.code == group.name else f"{group.code} {group.name}".strip()


def span_text(chosen: ReportFilter) -> str:
    if chosen.date_from is None:
        return chosen.date_to.isoformat()
    return f"{chosen.date_from.isoformat()} – {chosen.date_to.isoformat()}"


def report_of(
    title: str,
    asked: ReportRequest,
    columns: tuple[Column, ...],
    rows: list[Row],
    following: str = "",
) -> Report:
    company = asked.company
    about = [f"{company.code} {company.name}", f"{span_text(asked.chosen)} · {company.currency_id}"]
    if asked.layout:
        about.append(f"{asked.layout.name} {asked.row}".strip())
    if asked.line:
        about.append(str(asked.line))
    if asked.account:
        about.append(str(asked.account))
    return Report(
        title=title,
        subtitles=(*about, *asked.labels),
        columns=columns,
        rows=rows,
        decimal_places=company.currency.decimal_places,
        following=following,
    )
