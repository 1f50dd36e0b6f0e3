"""More ledgers of others: what they work out when they print, our books hold by posting."""

from __future__ import annotations

import calendar
import re
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.models import User
from apps.finance.models import JournalLine
from apps.finance.services.revaluations import revalue_currencies
from apps.inventory.models import CostLayer, StockBalance
from tests.factories import Books
from tests.finance.statements.plain_text import post_journal, read_journal
from tests.finance.statements.test_published_holdings import (
    Bought,
    Journal,
    day_of,
    in_books,
)
from tests.finance.statements.test_published_ledgers import FOLDER, cases_of, printed_tree
from tests.support.reconciled import assert_reconciled
from tests.support.trade import make_trade

D = Decimal
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the published cases are not here (MES_ERP_CASES)"
)
_MONTHS = dict(zip(calendar.month_abbr[1:], range(1, 13), strict=True))
_ROW = re.compile(r"(?:(\d\d)-(\w{3})-(\d\d))?.*?(\S+)(?: P| AAPL)?\s*$")


def case_of(name: str) -> dict[str, Any]:
    found = cases_of(f"ledger/{name}.json")
    assert isinstance(found, dict)
    return found


def running(text: str) -> dict[date, Decimal]:
    """The last running total of each day of a printed register."""
    found: dict[date, Decimal] = {}
    for line in text.splitlines():
        parts = _ROW.match(line)
        assert parts is not None, line
        day = date(2000 + int(parts[1]), _MONTHS[parts[2]], int(parts[3]))
        found[day] = D(parts[4].lstrip("$"))
    return found


# --- balances that an entry shall reach -----------------------------------------------------------


@pytest.mark.case("FIN-LEDGER-feat-balance-assignments")
def test_an_entry_up_to_a_balance(by: User) -> None:
    """The books say the balance of the moment; the entry is the difference to what it shall be."""
    case = case_of("feat-balance-assignments")
    head, _sep, last = case["journal"].rpartition("2009/02/05 Entry")
    asserted = re.findall(r"(2009/\d\d/\d\d) Entry\n.*\n.* = \$([\d,.]+)\n", head)
    books = post_journal(read_journal(re.sub(r" = \$[\d,.]+", "", head)), by=by)
    assert len(asserted) == 2
    for day, amount in asserted:
        assert books.balance("Assets:Cash", day_of(day)) == D(amount.replace(",", ""))
    parts = [D(one.replace(",", "")) for one in re.findall(r"\$([\d,.]+)", last)]
    on = date(2009, 2, 5)
    change = sum(parts) - books.balance("Assets:Cash", on)
    books.post(on, ("Assets:Cash", str(change)), ("Expenses:Cash", str(-change)))
    [test] = case["tests"]
    expected = printed_tree(test["expected_stdout"])
    assert {name: books.balance(name) for name in expected} == expected
    assert_reconciled()


# --- holdings, revalued day by day ----------------------------------------------------------------


@pytest.mark.case("FIN-LEDGER-opt-revalued")
def test_each_days_revaluation_brings_the_register_to_market(by: User) -> None:
    case = case_of("opt-revalued")
    journal = Journal()
    for line in case["journal"].splitlines():
        if line.startswith(";"):
            continue
        if line.startswith("P "):
            _p, day, _time, _symbol, price, _own = line.split()
            journal.prices.append((day_of(day), "SSS", D(price)))
        elif re.match(r"\d", line):
            journal.entries.append(Bought(day_of(line)))
        elif units := re.search(r"(-?\d+) S(?: @@ (\d+) P| @ (\d+) P| \{(\d+) P\})?", line):
            count = D(units[1])
            each = D(units[3] or units[4] or 1)
            cost = D(units[2]) if units[2] else count * each
            journal.entries[-1].lines += [
                ("Assets:Brokerage:Stocks", cost, "SSS", count),
                ("Assets:Brokerage:Cash", -cost, "", -cost),
            ]
    books = in_books(journal, by)
    [test] = case["tests"]
    expected = running(test["expected_stdout"])
    assert len(expected) == 7
    for day, amount in expected.items():
        revalue_currencies(books.company, date=day, by=by)
        assert books.balance("Assets:Brokerage:Stocks", day) == amount, day
    assert_reconciled()


@pytest.mark.case("FIN-LEDGER-opt-historical")
def test_holdings_at_cost_and_at_each_days_price(by: User, record_property: Any) -> None:
    """Units, cost, and the market value at the price that each day knew."""
    case = case_of("opt-historical")
    journal = Journal()
    for line in case["journal"].splitlines():
        if price := re.match(r"P (\S+) AAPL \$([\d.]+)", line):
            journal.prices.append((day_of(price[1].replace("-5-", "-05-")), "AAP", D(price[2])))
        elif re.match(r"\d", line):
            journal.entries.append(Bought(day_of(line)))
        elif held := re.search(r"(\S+)\s+(\d+) AAPL \{\$(\d+)\} @ \$(\d+)", line):
            cost = D(held[2]) * D(held[3])
            day = journal.entries[-1].day
            journal.entries[-1].lines += [
                (held[1], cost, "AAP", D(held[2])), ("Equity", -cost, "", -cost),
            ]  # fmt: skip
            journal.prices.append((day, "AAP", D(held[4])))
    books = in_books(journal, by)
    tests = {test["command"]: test["expected_stdout"] for test in case["tests"]}
    units, cost = (running(tests[f"reg stocks{option}"]) for option in ("", " -B"))
    lines = JournalLine.objects.filter(account=books.account("Assets:Stocks")).order_by("date")
    found_units, found_cost = D(0), D(0)
    for line in lines:
        found_units += line.amount_currency
        found_cost += line.amount
        assert (found_units, found_cost) == (units[line.date], cost[line.date])
    market = running(tests["reg stocks -V --now=2012/05/10"])
    assert len(market) > len(units)
    for day, amount in market.items():
        revalue_currencies(books.company, date=day, by=by)
        assert books.balance("Assets:Stocks", day) == amount, day
    assert_reconciled()
    record_property("told", f"units, cost and market value on {len(market)} days; no other options")


@pytest.mark.case("FIN-LEDGER-feat-commodity_swap")
def test_one_holding_is_swapped_for_another(by: User) -> None:
    """Both legs at their cost in the company's currency; the loss is what they differ by."""
    case = case_of("feat-commodity_swap")
    journal = Journal()
    for line in case["journal"].splitlines():
        if re.match(r"\d", line):
            journal.entries.append(Bought(day_of(line)))
            continue
        parts = re.match(r"\s+(\S.*?)\s{2,}(\S.*)$", line)
        if parts is None:
            continue
        name, said = parts[1], parts[2].replace(",", "")
        if held := re.match(r"(-?\d+) (BTC|ETH) (?:\{\$(\d+)\}|@ \$(\d+))", said):
            count = D(held[1])
            journal.entries[-1].lines.append((name, count * D(held[3] or held[4]), held[2], count))
        else:
            amount = D(said.replace("$", ""))
            journal.entries[-1].lines.append((name, amount, "", amount))
    assert [len(one.lines) for one in journal.entries] == [2, 3, 3, 3]
    books = in_books(journal, by)
    [test] = case["tests"]
    for name in ("Expenses:Capital Loss", "Income:Capital Gain"):
        amount = re.search(rf"\$(-?[\d,.]+)  {name}", test["expected_stdout"])
        assert amount is not None
        assert books.balance(name) == D(amount[1].replace(",", ""))
    rows = JournalLine.objects.filter(account=books.account("Assets:Coinbase"))
    held_units = {
        code: sum(row.amount_currency for row in rows if row.currency_id == code)
        for code in ("USD", "BTC", "ETH")
    }
    assert held_units == {"USD": D(4000), "BTC": D(-100), "ETH": 0}
    assert "$4,000.00\n            -100 BTC  Assets:Coinbase" in test["expected_stdout"]
    assert_reconciled()


# --- lots are the stock register's ----------------------------------------------------------------


def stocked(books: Books, costing: str, case: dict[str, Any], pattern: str) -> Any:
    """The lots that a journal buys, received into stock in its order."""
    trade = make_trade(books)
    item = trade.item(costing)
    bought = re.findall(pattern, case["journal"])
    assert len(bought) == 2
    for place, (units, price) in enumerate(bought):
        trade.stocked(item, units, price, date=date(2026, 3 + 3 * place, 1))
    return item


@pytest.mark.case("FIN-LEDGER-opt-average-lot-prices")
def test_the_average_of_two_lots(books: Books) -> None:
    case = case_of("opt-average-lot-prices")
    item = stocked(books, "average", case, r"(\d+) FOO @ ([\d.]+) EUR")
    balance = StockBalance.objects.get(item=item, location__code="STOCK")
    [test] = case["tests"]
    shown = re.search(r"(\d+) FOO \{([\d.]+) EUR\}", test["expected_stdout"])
    assert shown is not None
    assert balance.quantity == D(shown[1])
    assert books.balance("1300") / balance.quantity == D(shown[2])
    assert_reconciled()


@pytest.mark.case("FIN-LEDGER-opt-lots-lifo")
def test_each_lot_keeps_its_cost_and_its_day(books: Books) -> None:
    """The case lists lots, the latest first, and takes none out; here the oldest go first."""
    case = case_of("opt-lots-lifo")
    item = stocked(books, "fifo", case, r"(\d+) FOO \{([\d.]+) EUR\} \[")
    [test] = case["tests"]
    shown = re.findall(r"(\d+) FOO \{([\d.]+) EUR\} \[2019/(\d\d)/01\]", test["expected_stdout"])
    layers = CostLayer.objects.filter(item=item).order_by("-move__date")
    assert [
        (one.quantity_left, one.value_left / one.quantity_left, one.move.date.month)
        for one in layers
    ] == [(D(units), D(price), int(month)) for units, price, month in shown]
    assert_reconciled()
