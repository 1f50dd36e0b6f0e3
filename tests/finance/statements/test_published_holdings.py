"""Holdings of other ledgers in our books: carried at cost, revalued at a day's prices by entry."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.models import User
from apps.finance.models import Account
from apps.finance.services.chart_imports import import_chart
from apps.finance.services.journal import Entry, Line, post_entry
from apps.finance.services.periods import open_fiscal_year
from apps.finance.services.revaluations import revalue_currencies
from tests import factories
from tests.factories import Books
from tests.finance.statements.plain_text import chart_table
from tests.finance.statements.test_published_ledgers import (
    FOLDER,
    below,
    cases_of,
    printed_tree,
)
from tests.support.reconciled import assert_reconciled

D = Decimal
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the published cases are not here (MES_ERP_CASES)"
)
_DAY = re.compile(r"(\d{4})[/-](\d\d)[/-](\d\d)")
_PRICE = re.compile(r"P (\S+)(?: [\d:]+)? (\w+) \$?([\d.]+)")
_POSTING = re.compile(r"\s+(\S+)(?:\s{2,}(.+))?$")
_OWN = re.compile(r"\$(-?[\d.]+)|(-?[\d.]+) USD$")
_HELD = re.compile(r"(-?[\d.]+) (\w+)(?: @ \$([\d.]+))?$")
CONVERSION = "Equity:Conversion"


@dataclass
class Bought:
    """An entry: (account, cost, symbol, units) a line; a cost that is missing is worked out."""

    day: date
    lines: list[tuple[str, Decimal | None, str, Decimal]] = field(default_factory=list)


@dataclass
class Journal:
    entries: list[Bought] = field(default_factory=list)
    prices: list[tuple[date, str, Decimal]] = field(default_factory=list)


def day_of(text: str) -> date:
    found = _DAY.match(text)
    assert found is not None, text
    return date(*(int(part) for part in found.groups()))


def read(text: str) -> Journal:
    made = Journal()
    for line in text.splitlines():
        if price := _PRICE.match(line):
            made.prices.append((day_of(price[1]), price[2], D(price[3])))
        elif _DAY.match(line):
            made.entries.append(Bought(day_of(line)))
        elif made.entries and (posting := _POSTING.match(line)) and line.strip()[0] != ";":
            made.entries[-1].lines.append(_line(posting[1], posting[2]))
    for entry in made.entries:
        [open_one] = [n for n, one in enumerate(entry.lines) if one[1] is None] or [None]
        if open_one is not None:
            account, _none, symbol, units = entry.lines[open_one]
            rest = -sum((one[1] for one in entry.lines if one[1] is not None), D(0))
            entry.lines[open_one] = (account, rest, symbol, units if symbol else rest)
    return made


def _line(account: str, text: str | None) -> tuple[str, Decimal | None, str, Decimal]:
    if not text:
        return account, None, "", D(0)
    if own := _OWN.match(text):
        amount = D(own[1] or own[2])
        return account, amount, "", amount
    held = _HELD.match(text)
    assert held is not None, text
    units = D(held[1])
    return account, units * D(held[3]) if held[3] else None, held[2][:3], units


def in_books(journal: Journal, by: User) -> Books:
    """Holdings are cash in a currency of their own; an account of conversion stands between."""
    company = factories.make_company(currency="USD", by=by)
    names = {one[0] for entry in journal.entries for one in entry.lines}
    gains = {"type": "account", "code": "Gains", "name": "Gains", "parent": "INCOME",
             "kind": "income", "roles": "unrealised_exchange exchange_difference"}  # fmt: skip
    made = import_chart(company, chart_table({*names, CONVERSION}, more=[gains]), by=by)
    assert not made.errors, made.errors
    Account.objects.filter(company=company, code__startswith="Assets").update(control="cash")
    year, *_more = [
        open_fiscal_year(company, code=f"{number}", starts_on=date(number, 1, 1), by=by)
        for number in range(journal.entries[0].day.year, journal.entries[-1].day.year + 1)
    ]
    accounts = {row.code: row for row in Account.objects.filter(company=company)}
    books = Books(company, by, factories.make_site(company, by=by), year, accounts)
    for symbol in {one[2] for entry in journal.entries for one in entry.lines if one[2]}:
        factories.make_currency(symbol)
    for day, symbol, price in journal.prices:
        books.rate(symbol[:3], day, str(price))
    for place, entry in enumerate(journal.entries):
        lines = []
        for name, cost, symbol, units in entry.lines:
            assert cost is not None
            lines.append(Line(accounts[name].pk, cost, symbol or "USD", units))
            if symbol:
                lines.append(Line(accounts[CONVERSION].pk, -cost, symbol, -units))
                lines.append(Line(accounts[CONVERSION].pk, cost, "USD", cost))
        post_entry(
            company, Entry("GEN", entry.day, books.site, lines, purpose=f"case-{place}"), by=by
        )
    return books


def revalued(books: Books, journal: Journal) -> date:
    at = max(day for day, _symbol, _price in journal.prices)
    revalue_currencies(books.company, date=at, by=books.by)
    assert_reconciled()
    return at


def figures(case: dict[str, Any]) -> dict[str, Decimal]:
    [test] = case["tests"]
    text = re.sub(r" USD(\s\s)", r"\1", test["expected_stdout"])
    return printed_tree(text)


@pytest.mark.case("FIN-LEDGER-opt-market-bal")
@pytest.mark.case("FIN-LEDGER-opt-exchange-bal")
@pytest.mark.parametrize("name", ["opt-market-bal", "opt-exchange-bal"])
def test_a_revaluation_brings_holdings_to_market(name: str, by: User) -> None:
    case = cases_of(f"ledger/{name}.json")
    journal = read(case["journal"])
    books = in_books(journal, by)
    revalued(books, journal)
    expected = figures(case)
    assert len(expected) >= 3
    for account, amount in expected.items():
        assert below(books, account) == amount, account
    assert -books.balance("Gains") == expected["Assets"]


@pytest.mark.case("FIN-LEDGER-opt-gain-bal")
@pytest.mark.case("FIN-LEDGER-opt-unrealized-gains")
@pytest.mark.parametrize("name", ["opt-gain-bal", "opt-unrealized-gains"])
def test_the_gain_that_is_not_realised_is_posted(name: str, by: User) -> None:
    case = cases_of(f"ledger/{name}.json")
    journal = read(case["journal"])
    books = in_books(journal, by)
    before = books.balance("Assets:Brokerage")
    revalued(books, journal)
    expected = figures(case)
    gain = books.balance("Assets:Brokerage") - before
    if name == "opt-gain-bal":
        assert expected == {"Assets:Brokerage": gain}
        return
    assert expected.pop("G") == books.balance("Gains") == -gain
    for account, amount in expected.items():
        assert below(books, account) == amount, account


@pytest.mark.case("FIN-LEDGER-opt-basis")
@pytest.mark.case("FIN-LEDGER-opt-cost")
@pytest.mark.parametrize("name", ["opt-basis", "opt-cost"])
def test_holdings_are_carried_at_their_cost(name: str, by: User) -> None:
    case = cases_of(f"ledger/{name}.json")
    books = in_books(read(case["journal"]), by)
    expected = figures(case)
    assert len(expected) == 2
    for account, amount in expected.items():
        assert below(books, account) == amount, account
    assert_reconciled()
