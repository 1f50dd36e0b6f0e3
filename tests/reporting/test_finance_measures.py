"""Figures of the books against journal entries written for the purpose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.statements import income_statement
from apps.finance.services.balances import fold_balances
from apps.finance.services.invoices import reverse_invoice
from apps.finance.services.payments import Allocation, post_payment
from apps.reporting.measures import charts, worklists
from apps.reporting.queries.readings import read_charts, read_worklists
from tests.factories import Books, make_books
from tests.reporting.conftest import DAY, at_noon, read
from tests.support.faces import make_member

FEBRUARY = date(2026, 2, 10)
Value = Callable[..., Any]


def test_revenue_and_margin_are_lines_of_the_income_statement(books: Books, value: Value) -> None:
    assert value("revenue_month") == 0
    assert value("gross_margin_month") is None, "nothing sold: no margin, not zero"
    books.post(date(2026, 3, 2), ("1010", "1000"), ("4000", "-900"), ("4100", "-100"))
    books.post(date(2026, 3, 3), ("5000", "550"), ("5100", "50"), ("1010", "-600"))
    books.post(date(2026, 3, 3), ("6100", "70"), ("1010", "-70"))  # rent: below gross profit
    books.post(FEBRUARY, ("1010", "5000"), ("4000", "-5000"))  # another month
    books.post(date(2026, 3, 11), ("1010", "8"), ("4000", "-8"))  # tomorrow
    assert value("revenue_month") == 1000
    assert value("gross_margin_month") == 40
    statement = income_statement(
        ReportFilter(books.company, date_from=date(2026, 3, 1), date_to=DAY)
    )
    lines = {row.code: row.values[0] for row in statement.rows}
    assert lines["REVENUE"] == 1000
    assert lines["GROSS-PROFIT"] == 400


def test_twelve_months_of_results(books: Books) -> None:
    books.post(FEBRUARY, ("1010", "500"), ("4000", "-500"))
    books.post(date(2026, 3, 2), ("1010", "100"), ("4000", "-100"))
    books.post(date(2026, 3, 2), ("5000", "30"), ("1010", "-30"))
    [plot] = read_charts([charts()["results"]], at_noon(books.by))
    assert plot.labels == ["2026-02", "2026-03"]
    assert plot.series == {"Revenue EUR": [500, 100], "Gross profit EUR": [500, 70]}


def test_balances_are_the_same_folded_or_not(books: Books, value: Value) -> None:
    books.post(FEBRUARY, ("1000", "20"), ("1010", "480"), ("4000", "-500"))
    assert value("cash") == 500
    fold_balances()
    books.post(DAY, ("6100", "100"), ("1010", "-100"))
    assert value("cash") == 400


def test_received_not_invoiced(trade: Any, value: Value) -> None:
    assert value("grni_open") == 0
    trade.stocked(trade.item(), "10", "2.5")
    assert value("grni_open") == 25


def test_open_invoices_until_they_are_paid(books: Books, value: Value) -> None:
    partner = books.partner("ACME")
    late = books.posted_invoice("customer", partner, FEBRUARY, "100", due_date=date(2026, 3, 9))
    books.posted_invoice("customer", partner, FEBRUARY, "70", due_date=DAY)  # due, not overdue
    bill = books.posted_invoice("supplier", partner, FEBRUARY, "40", due_date=date(2026, 3, 17))
    books.posted_invoice("supplier", partner, FEBRUARY, "5", due_date=date(2026, 3, 18))
    assert value("receivables_overdue") == 100
    assert read(books.by, "receivables_overdue").keys == (late.pk,)
    assert value("payables_due") == 40
    assert read(books.by, "payables_due").rows == 1
    for direction, invoice, amount in (("in", late, "60"), ("out", bill, "40")):
        post_payment(
            books.company,
            direction=direction,
            partner=partner,
            account=books.account("1010"),
            date=DAY,
            amount=Decimal(amount),
            allocations=[Allocation(invoice, Decimal(amount))],
            by=books.by,
        )
    assert value("receivables_overdue") == 40
    assert value("payables_due") == 0
    [plot] = read_charts([charts()["open_items"]], at_noon(books.by))
    assert plot.labels == ["Not due", "1–30 days"]
    assert plot.series == {"Receivables EUR": [70, 40], "Payables EUR": [5, None]}
    [filled] = read_worklists([worklists()["invoices_overdue"]], at_noon(books.by))
    assert [(one.key, one.note) for one in filled.entries] == [(late.pk, "40.00 EUR")]


def test_invoices_of_the_month_and_drafts(books: Books, value: Value) -> None:
    partner = books.partner()
    books.posted_invoice("customer", partner, FEBRUARY, "9")
    books.posted_invoice("customer", partner, DAY, "30", "12")
    books.posted_invoice("supplier", partner, DAY, "5")
    gone = books.posted_invoice("customer", partner, DAY, "1000")
    reverse_invoice(gone, date=DAY, reason="wrong", by=books.by)
    draft = books.invoice("customer", partner, DAY, "1")
    assert value("invoiced_month") == 42
    assert value("invoices_draft") == 1
    assert read(books.by, "invoices_draft").keys == (draft.pk,)
    assert value("reversals_month") == 1
    assert value("entries_month") == 4


def test_entries_wait_for_their_seal(books: Books, value: Value) -> None:
    from apps.finance.services.sealing import seal_ledger

    books.post(DAY, ("1010", "1"), ("4000", "-1"))
    books.post(DAY, ("1010", "2"), ("4000", "-2"))
    assert value("entries_unsealed") == 2
    seal_ledger(books.company)
    assert value("entries_unsealed") == 0


def test_money_of_two_companies_is_never_added_across_currencies(books: Books) -> None:
    other = make_books("JAPAN", currency="JPY", by=books.by)
    for one in (books, other):
        one.post(DAY, ("1010", "100"), ("4000", "-100"))
    assert read(books.by, "cash").values == {"EUR": 100, "JPY": 100}
    member = make_member("tokyo", other.company, permissions=("finance.view_journalline",))
    assert read(member, "cash").values == {"JPY": 100}


def test_who_sees_one_site_sees_no_figure_of_the_whole_company(books: Books) -> None:
    member = make_member("bay", books.company, permissions=("finance.view_journalline",))
    member.memberships.get().sites.add(books.site)
    asked = at_noon(type(member).objects.get(pk=member.pk))
    from apps.reporting.measures import measures

    assert asked.may_see(measures()["revenue_month"])
    assert not asked.may_see(measures()["cash"])
