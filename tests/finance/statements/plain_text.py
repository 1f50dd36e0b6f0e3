"""Journals of plain-text accounting, posted as entries, and the figures of printed reports.

Reads dates, accounts and amounts of one commodity; ``Unsupported`` says what else a journal has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from apps.core.models import User
from apps.core.tables import Row, Table
from apps.finance.chart_files import COLUMNS
from apps.finance.models import Account
from apps.finance.services.chart_imports import import_chart
from apps.finance.services.journal import Entry, Line, post_entries
from apps.finance.services.periods import open_fiscal_year
from tests import factories

D = Decimal
_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:\s+[*!])?(?:\s+(.*))?$")
_POSTING = re.compile(r"\s+(?P<account>\S.*?)(?:\s{2,}(?P<rest>.*))?$")
_AMOUNT = re.compile(r"(-?)\s*[$€£]?\s*(-?[\d,]+(?:\.\d+)?)\s*(?:EUR)?$")
_CASH = re.compile(r"assets?(:.+)?:(cash|bank|che(ck|que?)(ing)?|savings?|currentcash)(:|$)", re.I)
_KINDS = (
    ("asset", ("asset",)),
    ("liability", ("liabilit", "debt")),
    ("equity", ("equity",)),
    ("income", ("income", "revenue")),
    ("expense", ("expense",)),
)
HEADINGS = {
    "asset": "ASSETS", "liability": "LIABILITIES", "equity": "EQUITY",
    "income": "INCOME", "expense": "EXPENSES",
}  # fmt: skip


class Unsupported(Exception):
    """What the journal has that an entry of ours has no counterpart for."""


@dataclass
class Written:
    """An entry as it is written, its missing amount worked out."""

    day: date
    text: str
    lines: list[tuple[str, Decimal]] = field(default_factory=list)


def read_journal(text: str, *, decimal_comma: bool = False) -> list[Written]:
    found: list[Written] = []
    missing: list[str] = []
    for line in [*text.splitlines(), ""]:
        line = re.split(r"\s+;|^[;#*]", line)[0].rstrip()
        if start := _DATE.match(line):
            _complete(found, missing)
            year, month, day, words = start.groups()
            found.append(Written(date(int(year), int(month), int(day)), words or ""))
        elif line.startswith((" ", "\t")) and (posting := _POSTING.match(line)):
            if not found:
                raise Unsupported("directives")
            _read_posting(posting, found[-1], missing, decimal_comma)
        elif line:
            raise Unsupported(f"the directive “{line.split()[0]}”")
    _complete(found, missing)
    return found


def _read_posting(
    posting: re.Match[str], entry: Written, missing: list[str], decimal_comma: bool
) -> None:
    account, rest = posting["account"], posting["rest"]
    if account.startswith(("(", "[", "<")):
        raise Unsupported("virtual postings")
    if not rest:
        missing.append(account)
        return
    for sign, name in (("@", "prices"), ("{", "lots"), ("=", "balance assertions")):
        if sign in rest:
            raise Unsupported(name)
    text = rest.replace(".", "").replace(",", ".") if decimal_comma else rest
    amount = _AMOUNT.match(text)
    if amount is None:
        raise Unsupported("commodities beside the currency")
    value = D(amount[2].replace(",", ""))
    entry.lines.append((account, -value if amount[1] else value))


def _complete(found: list[Written], missing: list[str]) -> None:
    if len(missing) > 1:
        raise Unsupported("more than one missing amount")
    for account in missing:
        found[-1].lines.append((account, -sum((a for _n, a in found[-1].lines), D(0))))
    missing.clear()


def kind_of(account: str) -> str:
    top = account.split(":")[0].lower()
    return next((kind for kind, names in _KINDS if top.startswith(names)), "asset")


def chart_table(names: Iterable[str], *, more: Iterable[dict[str, str]] = ()) -> Table:
    """A chart of the accounts that a journal names, with a heading for each kind."""
    rows = [{"type": "heading", "code": code, "name": code.title()} for code in HEADINGS.values()]
    rows += [
        {
            "type": "account", "code": name, "name": name, "parent": HEADINGS[kind_of(name)],
            "kind": kind_of(name), "control": "cash" if _CASH.match(name) else "",
        }
        for name in sorted(set(names))
    ]  # fmt: skip
    rows += more
    made = [Row(n, {**dict.fromkeys(COLUMNS, ""), **row}) for n, row in enumerate(rows, start=2)]
    return Table(COLUMNS, made)


def post_journal(entries: list[Written], *, by: User, currency: str = "USD") -> factories.Books:
    """A company with the chart that the journal needs, and the journal in its books."""
    company = factories.make_company(currency=currency, by=by)
    made = import_chart(
        company, chart_table(name for entry in entries for name, _amount in entry.lines), by=by
    )
    assert not made.errors, made.errors
    years = range(min(e.day.year for e in entries), max(e.day.year for e in entries) + 1)
    opened = [
        open_fiscal_year(company, code=str(year), starts_on=date(year, 1, 1), by=by)
        for year in years
    ]
    accounts = {row.code: row for row in Account.objects.filter(company=company)}
    site = factories.make_site(company, by=by)
    post_entries(
        company,
        [
            Entry(
                "GEN",
                entry.day,
                site,
                [Line(accounts[name].pk, amount) for name, amount in entry.lines if amount],
                description=entry.text,
                purpose=f"case-{place}",
            )
            for place, entry in enumerate(entries)
        ],
        by=by,
    )
    return factories.Books(company, by, site, opened[0], accounts)


def printed_amount(text: str, *, decimal_comma: bool = False) -> Decimal:
    """``$-1,234.50`` as a number."""
    digits = re.sub(r"[^\d.,-]", "", text)
    if decimal_comma:
        digits = digits.replace(".", "").replace(",", ".")
    return D(digits.replace(",", "") or "0")


def printed_rows(text: str) -> dict[str, Decimal]:
    """The rows of a statement as hledger prints it, single column: account to figure."""
    rows = {}
    for line in text.splitlines():
        name, bars, rest = line.partition("||")
        if bars and name.strip() and re.search(r"\d", rest) and "=" not in rest:
            rows[name.strip()] = printed_amount(rest.strip())
    return rows


def span_of(command: str, entries: list[Written]) -> tuple[date, date]:
    """The days that ``-b`` and ``-e`` (excluded) name, else those of the journal."""
    found = dict(re.findall(r"-(b|e) (\S+)", command))
    first = _day(found["b"]) if "b" in found else min(entry.day for entry in entries)
    last = _day(found["e"]) - timedelta(days=1) if "e" in found else max(e.day for e in entries)
    return first, last


def _day(text: str) -> date:
    parts = [int(part) for part in re.split(r"[-/]", text)]
    return date(*[*parts, 1, 1][:3])
