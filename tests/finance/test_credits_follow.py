"""What was made of a bill's line follows the credit note over it: deferrals and assets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError
from apps.core.reconcile import reconcile
from apps.core.sql import execute
from apps.finance.models import (
    AccrualCredit,
    AccrualSchedule,
    AssetMovement,
    FixedAsset,
    Invoice,
    JournalEntry,
)
from apps.finance.queries.accruals import accrual_standings
from apps.finance.services.accrual_postings import post_due_parts
from apps.finance.services.accruals import cancel_schedule, schedule_invoice_line, start_schedule
from apps.finance.services.asset_costs import capitalise_asset
from apps.finance.services.asset_disposals import dispose_asset, reverse_last_event
from apps.finance.services.assets import put_asset_in_service
from apps.finance.services.credit_notes import CreditLine, credit_invoice
from apps.finance.services.invoices import reverse_invoice
from tests.factories import Books
from tests.support.assets import START, registered, run, standing, terms_of
from tests.support.reconciled import assert_reconciled

D = Decimal
JAN, FEB, MAR, APR = (date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30))
MAY = date(2026, 5, 31)


def billed(books: Books, price: str, account: str, kind: str = "supplier", **more: Any) -> Invoice:
    line = {"account": books.account(account)} if account else {}
    return books.posted_invoice(kind, books.partner(), date(2026, 1, 5), price, line=line, **more)


def credited(bill: Invoice, on: date, price: str, by: Any) -> Invoice:
    line = bill.lines.get()
    part = CreditLine(line, line.quantity, D(price))
    return credit_invoice(bill, date=on, lines=[part], reference=f"CN-{on}-{price}", by=by)


def spread(books: Books, bill: Invoice, balance: str = "1210", result: str = "6410") -> Any:
    schedule = schedule_invoice_line(
        bill.lines.get(),
        starts_on=date(2026, 1, 1),
        ends_on=MAR,
        balance_account=books.account(balance),
        result_account=books.account(result),
        by=books.by,
    )
    return start_schedule(schedule, by=books.by)


def months(schedule: AccrualSchedule) -> list[Decimal]:
    return list(schedule.parts.order_by("date").values_list("amount", flat=True))


def balances(books: Books, *accounts: str) -> list[Decimal]:
    return [books.balance(code) for code in accounts]


def refused(act: Any) -> tuple[str, str | None]:
    """``act`` is refused and writes nothing."""
    models = (JournalEntry, Invoice, AssetMovement, AccrualCredit)
    before = [model.objects.count() for model in models]
    with pytest.raises(BusinessError) as refusal:
        act()
    assert [model.objects.count() for model in models] == before
    return refusal.value.code, refusal.value.field


# --- deferrals ------------------------------------------------------------------------------------


def test_months_to_come_get_less_and_posted_ones_are_credited_at_once(books: Books) -> None:
    bill = billed(books, "900", "6410")
    schedule = spread(books, bill)
    post_due_parts(books.company, until=JAN, by=books.by)
    note = credited(bill, FEB, "300", books.by)
    schedule.refresh_from_db()
    assert (schedule.amount, schedule.status) == (700, "active")
    assert months(schedule) == [300, 200, 200]
    row = AccrualCredit.objects.get()
    assert (row.deferred, row.earned, row.date) == (200, 100, FEB)
    assert (row.source, row.schedule) == (note.lines.get(), schedule)
    # a month of 300 less its share of the credit; two months of 200 are to come
    assert balances(books, "6410", "1210", "2000") == [200, 400, -600]
    [now] = accrual_standings(books.company, at=FEB)
    assert (now.amount, now.posted, now.due, now.rest) == (700, 300, 200, 400)
    assert_reconciled()
    post_due_parts(books.company, until=MAR, by=books.by)
    schedule.refresh_from_db()
    assert (schedule.status, *balances(books, "6410", "1210")) == ("done", 600, 0)
    # the note is taken back when all months are posted: the next one bears it
    reverse_invoice(note, date=MAR, reason="not granted", by=books.by)
    schedule.refresh_from_db()
    assert (schedule.amount, schedule.status, schedule.ends_on) == (900, "active", APR)
    assert months(schedule) == [300, 200, 200, 200]
    assert balances(books, "6410", "1210", "2000") == [700, 200, -900]
    assert_reconciled()
    post_due_parts(books.company, until=APR, by=books.by)
    assert balances(books, "6410", "1210") == [900, 0]
    assert_reconciled()


def test_credits_one_after_the_other_take_all_of_it(books: Books) -> None:
    bill = billed(books, "900", "6410")
    schedule = spread(books, bill)
    post_due_parts(books.company, until=JAN, by=books.by)
    notes = [credited(bill, FEB, "100", books.by), credited(bill, MAR, "800", books.by)]
    schedule.refresh_from_db()
    assert (schedule.amount, schedule.status, months(schedule)) == (300, "done", [300, 0, 0])
    assert [(c.deferred, c.earned) for c in AccrualCredit.objects.all()] == [
        (D("66.67"), D("33.33")),
        (D("533.33"), D("266.67")),
    ]
    assert balances(books, "6410", "1210", "2000") == [0, 0, 0]
    assert post_due_parts(books.company, until=APR, by=books.by) == []
    assert_reconciled()
    for note in reversed(notes):
        reverse_invoice(note, date=MAR, reason="x", by=books.by)
    schedule.refresh_from_db()
    assert (schedule.amount, schedule.status) == (900, "active")
    assert balances(books, "6410", "1210", "2000") == [300, 600, -900]
    assert_reconciled()


def test_what_is_credited_whole_before_its_first_month_leaves_nothing(books: Books) -> None:
    bill = billed(books, "900", "6410")
    schedule = spread(books, bill)
    note = credit_invoice(bill, date=JAN, reference="CN", by=books.by)
    schedule.refresh_from_db()
    assert (schedule.amount, schedule.status, months(schedule)) == (0, "done", [0, 0, 0])
    assert balances(books, "6410", "1210", "2000") == [0, 0, 0]
    assert_reconciled()
    reverse_invoice(note, date=JAN, reason="x", by=books.by)
    schedule.refresh_from_db()
    assert (schedule.status, months(schedule)) == ("active", [300, 300, 300])
    assert balances(books, "6410", "1210") == [0, 900]
    assert_reconciled()


def test_a_bill_on_the_balance_sheet_gives_posted_months_their_share(books: Books) -> None:
    bill = billed(books, "900", "1210")
    schedule = spread(books, bill)
    post_due_parts(books.company, until=JAN, by=books.by)
    note = credited(bill, FEB, "300", books.by)
    assert months(schedule) == [300, 200, 200]
    assert balances(books, "6410", "1210") == [200, 400]
    assert [line.account.code for line in note.entry.lines.order_by("pk")] == [
        "2000", "1210", "1210", "6410",
    ]  # fmt: skip
    assert_reconciled()


def test_deferred_revenue_follows_our_credit_note(books: Books) -> None:
    sale = billed(books, "1200", "", "customer")
    schedule = spread(books, sale, "2300", "4000")
    note = credited(sale, JAN, "300", books.by)
    schedule.refresh_from_db()
    assert (schedule.amount, months(schedule)) == (900, [300, 300, 300])
    assert balances(books, "1100", "2300", "4000", "4200") == [900, -900, 0, 0]
    reverse_invoice(note, date=JAN, reason="x", by=books.by)
    assert balances(books, "1100", "2300", "4000", "4200") == [1200, -1200, 0, 0]
    assert_reconciled()


def test_a_credited_line_defers_only_what_is_left(books: Books) -> None:
    bill = billed(books, "900", "6410")
    credited(bill, JAN, "300", books.by)
    schedule = spread(books, bill)
    assert (schedule.amount, months(schedule)) == (600, [200, 200, 200])
    other = billed(books, "900", "6410")
    draft = schedule_invoice_line(
        other.lines.get(), starts_on=JAN, ends_on=MAR, balance_account=books.account("1210"),
        result_account=books.account("6410"), by=books.by,
    )  # fmt: skip
    credited(other, FEB, "1", books.by)
    assert refused(lambda: start_schedule(draft, by=books.by)) == ("more_than_line", "amount")
    draft.refresh_from_db()
    assert (draft.status, draft.amount) == ("draft", 900)
    assert_reconciled()


def test_a_credited_schedule_is_given_up_after_its_note(books: Books) -> None:
    bill = billed(books, "900", "6410")
    schedule = spread(books, bill)
    note = credited(bill, JAN, "300", books.by)
    act = lambda: cancel_schedule(schedule, reason="x", by=books.by)  # noqa: E731
    assert refused(act) == ("is_credited", "status")
    reverse_invoice(note, date=JAN, reason="x", by=books.by)
    schedule.refresh_from_db()
    assert cancel_schedule(schedule, reason="x", by=books.by).status == "cancelled"
    assert balances(books, "6410", "1210") == [900, 0]
    assert_reconciled()


@pytest.mark.breaks("accrual-credits")
def test_a_credit_without_its_note_is_found(books: Books) -> None:
    schedule = spread(books, bill := billed(books, "900", "6410"))
    credited(bill, JAN, "300", books.by)
    assert_reconciled()
    execute(
        "INSERT INTO finance_accrualcredit (company_id, source_type_id, source_id, created_at,"
        " created_by_id, schedule_id, date, deferred, earned) SELECT company_id, source_type_id,"
        " source_id, created_at, created_by_id, schedule_id, date, -deferred, -earned"
        " FROM finance_accrualcredit WHERE schedule_id = %s",
        [schedule.pk],
    )
    assert {one.invariant.code for one in reconcile() if not one.is_clean} == {"accrual-credits"}


# --- assets ---------------------------------------------------------------------------------------


def bought(
    books: Books, *terms: Any, price: str = "12000", months: int = 60
) -> tuple[Invoice, Any]:
    """A bill and the asset that bears its cost: 60 months straight line, 200.00 a month."""
    bill = billed(books, price, "1510")
    asset = registered(books, *(terms or (terms_of(books, life_months=months),)))
    return bill, capitalise_asset(asset, date=START, invoice_line=bill.lines.get(), by=books.by)


def test_an_asset_costs_less_and_depreciation_goes_on_from_there(books: Books) -> None:
    bill, asset = bought(books)
    asset = put_asset_in_service(asset, date=START, by=books.by)
    run(books, 3)
    note = credited(bill, APR, "1200", books.by)
    now = standing(asset, APR)
    assert (now.cost, now.depreciation) == (10800, 800)  # April is caught up
    assert balances(books, "1510", "1720", "1790", "2000") == [0, 10800, -800, -10800]
    assert run(books, 5).total == D("178.57")  # 10 000 over 56 months
    move = AssetMovement.objects.filter(cost=-1200).get()
    assert (move.source, move.kind, move.entry.description.split(":")[0]) == (
        note.lines.get(), "addition", f"Credited by {note.number}",
    )  # fmt: skip
    assert_reconciled()
    # a run has come since: the cost comes back on the day of the reversal
    reverse_invoice(note, date=MAY, reason="not granted", by=books.by)
    now = standing(asset, MAY)
    assert (now.cost, now.depreciation) == (12000, D("978.57"))
    assert balances(books, "1510", "1720", "2000") == [0, 12000, -12000]
    assert run(books, 6).total == D("200.39")  # 11 021.43 over 55 months
    assert_reconciled()


def test_a_note_that_is_taken_back_at_once_leaves_no_trace_in_the_values(books: Books) -> None:
    bill, asset = bought(books)
    asset = put_asset_in_service(asset, date=START, by=books.by)
    run(books, 3)
    note = credited(bill, APR, "1200", books.by)
    asset.refresh_from_db()
    act = lambda: reverse_last_event(asset, date=APR, reason="x", by=books.by)  # noqa: E731
    assert refused(act) == ("follows_credit_note", "asset")
    reverse_invoice(note, date=APR, reason="x", by=books.by)
    now = standing(asset, APR)
    assert (now.cost, now.depreciation) == (12000, 600)
    assert balances(books, "1510", "1720", "1790", "2000") == [0, 12000, -600, -12000]
    assert run(books, 4).total == 200
    assert_reconciled()


def test_what_an_asset_cannot_bear_is_a_gain(books: Books) -> None:
    """It goes back to the supplier: what was depreciated is gained, and nothing is carried."""
    bill, asset = bought(books)
    asset = put_asset_in_service(asset, date=START, by=books.by)
    run(books, 3)
    credit_invoice(bill, date=MAR, reference="CN", by=books.by)
    now = standing(asset, MAR)
    assert (now.cost, now.depreciation) == (600, 600)
    assert balances(books, "1510", "1720", "1790", "4910") == [0, 600, -600, -600]
    assert_reconciled()
    dispose_asset(asset, date=MAR, reason="Sent back", by=books.by)
    assert balances(books, "1720", "1790", "4910", "6520") == [0, 0, -600, 0]
    assert_reconciled()


def test_every_book_bears_less_each_as_far_as_it_can(books: Books) -> None:
    macrs = terms_of(books, "macrs", book="TAX", convention="half_year", life_months=60)
    bill, asset = bought(books, terms_of(books), macrs)
    asset = put_asset_in_service(asset, date=START, by=books.by)
    run(books, 3), run(books, 12, "TAX")
    credited(bill, MAR, "1200", books.by)
    at = date(2026, 12, 31)  # the tax book has moved then already, so the credit is of that day
    assert (standing(asset, at).cost, standing(asset, at, "TAX").cost) == (10800, 10800)
    assert standing(asset, at, "TAX").depreciation == 2400
    assert_reconciled()


def test_an_asset_that_is_not_in_use_yet_costs_less(books: Books) -> None:
    bill, asset = bought(books)
    note = credited(bill, JAN, "2000", books.by)
    assert standing(asset).cost == 10000
    asset = put_asset_in_service(FixedAsset.objects.get(pk=asset.pk), date=FEB, by=books.by)
    assert run(books, 2).total == D("166.67")
    reverse_invoice(note, date=MAR, reason="x", by=books.by)
    assert (standing(asset).cost, books.balance("1510")) == (12000, 0)
    assert_reconciled()


def test_a_credit_of_what_is_gone_is_a_gain(books: Books) -> None:
    bill, asset = bought(books)
    asset = put_asset_in_service(asset, date=START, by=books.by)
    dispose_asset(asset, date=MAR, reason="Burnt", by=books.by)
    gained, lost = balances(books, "4910", "6520")
    note = credited(bill, APR, "1200", books.by)
    assert (books.balance("4910") - gained, standing(asset).cost) == (-1200, 0)
    assert balances(books, "1510", "1720", "1790") == [0, 0, 0]
    assert_reconciled()
    reverse_invoice(note, date=APR, reason="x", by=books.by)
    assert balances(books, "4910", "6520", "1510") == [gained, lost, 0]
    assert FixedAsset.objects.get().status == "disposed"
    assert_reconciled()


def test_assets_that_share_a_line_share_its_credit_and_the_rest_is_left(books: Books) -> None:
    bill = billed(books, "900", "1510")
    line = bill.lines.get()
    first, second = registered(books), registered(books)
    for asset, amount in ((first, "400"), (second, "200")):
        capitalise_asset(asset, date=START, invoice_line=line, amount=D(amount), by=books.by)
    credited(bill, JAN, "100", books.by)
    assert (standing(first).cost, standing(second).cost) == (D("355.56"), D("177.78"))
    # 300 less its own ninth are still to be capitalised: 800 - 533.34
    third = capitalise_asset(registered(books), date=JAN, invoice_line=line, by=books.by)
    assert standing(third).cost == D("266.66")
    assert balances(books, "1510", "1720") == [0, 800]
    assert refused(
        lambda: capitalise_asset(registered(books), date=JAN, invoice_line=line, by=books.by)
    ) == ("more_than_billed", "amount")
    credit_invoice(bill, date=JAN, reference="CN-2", by=books.by)
    assert balances(books, "1510", "1720", "2000") == [0, 0, 0]
    assert_reconciled()


def test_a_bill_that_an_asset_bears_is_not_reversed_below_it(books: Books) -> None:
    bill, asset = bought(books)
    act = lambda: reverse_invoice(bill, date=JAN, reason="x", by=books.by)  # noqa: E731
    assert refused(act) == ("is_capitalised", "status")
    reverse_last_event(asset, date=JAN, reason="x", by=books.by)
    assert reverse_invoice(bill, date=JAN, reason="x", by=books.by).status == "reversed"
    assert_reconciled()
