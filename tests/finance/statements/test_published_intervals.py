"""Registers of another ledger by intervals of any length: our movements between the same days."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from apps.core.models import User
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.trial_balance import trial_balance
from tests.factories import Books
from tests.finance.statements.plain_text import Written, post_journal
from tests.finance.statements.test_published_ledgers import FOLDER, cases_of

D = Decimal
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the published cases are not here (MES_ERP_CASES)"
)
COUNTER = "equity:counter"
#: Second dates and transactions made up for days to come: our entries have neither.
_LEFT = re.compile(r"--date2|--forecast")
_SPAN = re.compile(
    r"(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)|(\d{4})-W(\d\d)|(\d{4})-(\d\d)(?![-\d])"
)
_ROW = re.compile(
    r"^(?P<label>\S+)?\s+(?:(?P<account>\S.*?)\s{2,})?(?P<amount>-?\d+)\s+(?P<total>-?\d+)$"
)


def journal_of(text: str) -> list[Written]:
    """One-sided postings, each against one account that no register shows."""
    found: list[Written] = []
    for line in text.splitlines():
        if start := re.match(r"(\d{4})[/-](\d+)[/-](\d+)", line):
            found.append(Written(date(*map(int, start.groups())), ""))
        elif found and (posting := re.match(r"\s+\((.+)\)\s+(\d+)", line)):
            found[-1].lines += [(posting[1], D(posting[2])), (COUNTER, -D(posting[2]))]
    return found


def days_of(label: str) -> tuple[date, date]:
    found = _SPAN.fullmatch(label)
    assert found is not None, label
    if found[1]:
        return date.fromisoformat(found[1]), date.fromisoformat(found[2])
    if found[3]:
        first = date.fromisocalendar(int(found[3]), int(found[4]), 1)
        return first, first + timedelta(days=6)
    first = date(int(found[5]), int(found[6]), 1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def intervals(text: str) -> Iterator[tuple[str, list[tuple[str, Decimal, Decimal]]]]:
    """Label of an interval, then its rows: account ("" for none), movement and running total."""
    label, rows = "", []
    for line in text.splitlines():
        found = _ROW.match(line)
        assert found is not None, line
        if found["label"]:
            if label:
                yield label, rows
            label, rows = found["label"], []
        rows.append((found["account"] or "", D(found["amount"]), D(found["total"])))
    yield label, rows


def check(case: dict[str, Any], books: Books) -> int:
    running, checked = D(0), 0
    shown = {
        account
        for _label, rows in intervals(case["expected_stdout"])
        for account, _amount, _total in rows
    }
    only = re.search(r" ([abc])(?: --empty)?$", case["command"])
    for label, rows in intervals(case["expected_stdout"]):
        first, last = days_of(label)
        moved = {
            row.code: row.movement
            for row in trial_balance(ReportFilter(books.company, last, first)).rows
            if row.movement and row.code != COUNTER and (only is None or row.code == only[1])
        }
        assert moved == {name: amount for name, amount, _total in rows if name}, label
        for _name, amount, total in rows:
            running += amount
            assert running == total, label
        checked += 1
    assert shown
    return checked


@pytest.mark.case("FIN-HLEDGER-register_intervals")
def test_movements_between_any_two_days(by: User, record_property: Any) -> None:
    """Every interval whose days are printed: months, weeks, from the 10th, every second Monday."""
    run = checked = 0
    cases = cases_of("hledger/register_intervals.json")
    for case in cases:
        text = case["expected_stdout"]
        if _LEFT.search(case["command"]) or not _SPAN.fullmatch(text.split(maxsplit=1)[0]):
            continue
        checked += check(case, post_journal(journal_of(case["journal"]), by=by))
        run += 1
    assert run >= 12
    record_property(
        "told", f"{run} of {len(cases)}, {checked} intervals; the others make up entries"
    )
