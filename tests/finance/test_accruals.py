"""Accruals and deferrals: months counted, posted once, taken back, and what is left."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import BusinessError, InvalidInput
from apps.core.reconcile import invariants, reconcile
from apps.finance import accrual_invariants
from apps.finance.accrual_terms import by_day, by_month, month_ends
from apps.finance.close_checks import at_stake, close_checks
from apps.finance.models import AccrualPosting, AccrualSchedule, JournalEntry, PeriodLock
from apps.finance.queries.accruals import accrual_standings
from apps.finance.queries.entries import entries_of
from apps.finance.services.accrual_parts import OwnAmount
from apps.finance.services.accrual_postings import post_due_parts, reverse_posting
from apps.finance.services.accruals import (
    cancel_schedule,
    change_schedule,
    draft_schedule,
    schedule_invoice_line,
    start_schedule,
)
from apps.finance.services.invoices import reverse_invoice
from apps.finance.services.periods import set_period_state
from tests.factories import Books, make_books, make_user
from tests.support.budgets import charged, cost_centre
from tests.support.connections import superuser
from tests.support.faces import ApiClient, codes
from tests.support.races import errors, together
from tests.support.reconciled import assert_reconciled

D = Decimal
SCHEDULES = "/finance/accrual-schedules/"
JAN, FEB, MAR = date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)


def written(books: Books, kind: str = "deferred_expense", **values: Any) -> AccrualSchedule:
    is_cost = kind.endswith("expense")
    balance = {"deferred_expense": "1210", "accrued_expense": "2210",
               "deferred_revenue": "2300", "accrued_revenue": "1220"}[kind]  # fmt: skip
    given = {
        "description": "Insurance",
        "amount": D(1200),
        "starts_on": date(2026, 1, 1),
        "ends_on": MAR,
        "balance_account": books.account(balance),
        "result_account": books.account("6410" if is_cost else "4100"),
        **values,
    }
    return draft_schedule(books.company, kind=kind, by=books.by, **given)


def started(books: Books, kind: str = "deferred_expense", **values: Any) -> AccrualSchedule:
    return start_schedule(written(books, kind, **values), by=books.by)


def amounts(schedule: AccrualSchedule) -> list[tuple[date, Decimal]]:
    return [(part.date, part.amount) for part in schedule.parts.all()]


def test_months_are_counted_by_day_and_by_month(books: Books) -> None:
    span = {"starts_on": date(2026, 1, 17), "ends_on": date(2026, 3, 10), "amount": D("530")}
    by_days = written(books, method="day", **span)
    assert amounts(by_days) == [(JAN, D(150)), (FEB, D(280)), (MAR, D(100))]
    by_months = written(books, method="month", **span)
    assert amounts(by_months) == [(JAN, D("176.67")), (FEB, D("176.67")), (MAR, D("176.66"))]
    assert by_months.status == "draft" and by_months.number.startswith("AD-")


@given(
    amount=st.decimals("0.01", "9999999", places=2),
    first=st.dates(date(2000, 1, 1), date(2030, 1, 1)),
    days=st.integers(0, 1500),
)
def test_the_months_come_to_the_whole(amount: Decimal, first: date, days: int) -> None:
    last = date.fromordinal(first.toordinal() + days)
    for spread in (by_day, by_month):
        parts = spread(amount, first, last, 2)
        assert sum(part for _end, part in parts) == amount
        assert all(part > 0 for _end, part in parts)
        assert {end for end, _part in parts} <= set(month_ends(first, last))


def test_a_prepaid_expense_goes_to_its_months_once(books: Books) -> None:
    centre = cost_centre(books, "CC1")
    charged(books, date(2026, 1, 2), "1210", "1200")
    schedule = started(books, cost_object=centre)
    done = post_due_parts(books.company, until=FEB, by=books.by)
    assert [(one.date, one.amount, one.status) for one in done] == [
        (JAN, 400, "posted"),
        (FEB, 400, "posted"),
    ]
    assert [one.number for one in done] == ["GEN-2026-000002", "GEN-2026-000003"]
    assert post_due_parts(books.company, until=FEB, by=books.by) == []
    entry = done[0].entry
    assert [(x.account.code, x.amount, x.cost_object) for x in entry.lines.all()] == [
        ("6410", 400, centre),
        ("1210", -400, centre),
    ]
    assert entry.source == done[0]
    [standing] = accrual_standings(books.company, at=FEB)
    assert (standing.amount, standing.posted, standing.rest, standing.due) == (1200, 800, 400, 0)
    post_due_parts(books.company, until=date(2026, 12, 31), by=books.by)
    schedule.refresh_from_db()
    assert schedule.status == "done"
    assert (books.balance("1210"), books.balance("6410")) == (0, 1200)
    assert_reconciled()


def test_deferred_revenue_is_earned_month_by_month(books: Books) -> None:
    started(books, "deferred_revenue")
    post_due_parts(books.company, until=JAN, by=books.by)
    assert (books.balance("2300"), books.balance("4100")) == (400, -400)


@pytest.mark.parametrize(("kind", "sign"), [("accrued_expense", 1), ("accrued_revenue", -1)])
def test_an_accrual_shows_what_came_up_and_is_taken_back(
    books: Books, kind: str, sign: int
) -> None:
    schedule = started(books, kind)
    result, balance = schedule.result_account.code, schedule.balance_account.code
    done = post_due_parts(books.company, until=MAR, by=books.by)
    assert [one.amount for one in done] == [400, 800, 1200]
    for day, so_far in ((JAN, 400), (FEB, 800), (MAR, 1200)):
        assert books.balance(result, day) == sign * so_far
        assert books.balance(balance, day) == -sign * so_far
    assert books.balance(result) == books.balance(balance) == 0
    mirror = JournalEntry.objects.get(reverses=done[0].entry)
    assert (mirror.date, mirror.purpose) == (date(2026, 2, 1), "automatic")
    with pytest.raises(BusinessError) as refusal:
        reverse_posting(done[0], date=MAR, reason="x", by=books.by)
    assert refusal.value.code == "reversed_by_itself"
    assert_reconciled()


def test_own_amounts_come_to_the_whole(books: Books) -> None:
    own = [OwnAmount(date(2026, 3, 5), D(1000)), OwnAmount(date(2026, 1, 31), D(200))]
    schedule = written(books, method="own", parts=own)
    assert amounts(schedule) == [(JAN, 200), (MAR, 1000)]
    for parts, wanted in (
        ([OwnAmount(JAN, D(1199))], ("other_total", "parts", None)),
        ([OwnAmount(JAN, D(600)), OwnAmount(JAN, D(600))], ("duplicate", "date", 1)),
        ([OwnAmount(date(2026, 4, 1), D(1200))], ("outside_of_span", "date", 0)),
        ([OwnAmount(JAN, D(1200)), OwnAmount(FEB, D(0))], ("zero_amount", "amount", 1)),
        ([OwnAmount(JAN, D("NaN"))], ("not_a_number", "amount", 0)),
    ):
        with pytest.raises(InvalidInput) as refusal:
            change_schedule(schedule, parts=parts, by=books.by)
        assert (refusal.value.code, refusal.value.field, refusal.value.row) == wanted
    assert amounts(schedule) == [(JAN, 200), (MAR, 1000)]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"amount": D(0)}, ("not_positive", "amount")),
        ({"amount": D("1.001")}, ("too_many_decimals", "amount")),
        ({"ends_on": date(2025, 12, 31)}, ("bad_span", "ends_on")),
        ({"ends_on": date(2199, 12, 31)}, ("too_long", "ends_on")),
        ({"balance_account": "6100"}, ("no_balance_account", "balance_account")),
        ({"result_account": "1210"}, ("no_result_account", "result_account")),
        ({"balance_account": "1100"}, ("control_account", "balance_account")),
    ],
)
def test_bad_schedules_name_the_field_and_write_nothing(
    books: Books, values: dict[str, Any], wanted: tuple[str, str]
) -> None:
    given = {
        name: books.account(value) if isinstance(value, str) else value
        for name, value in values.items()
    }
    with pytest.raises(InvalidInput) as refusal:
        written(books, **given)
    assert (refusal.value.code, refusal.value.field) == wanted
    assert not AccrualSchedule.objects.exists()


def test_accounts_of_another_company_are_refused(books: Books) -> None:
    other = make_books("OTHER", by=make_user())
    with pytest.raises(InvalidInput) as refusal:
        written(books, result_account=other.account("6410"))
    assert (refusal.value.code, refusal.value.field) == ("other_company", "result_account")


def test_closed_months_are_refused_whole_or_posted_late(books: Books) -> None:
    schedule = started(books)
    period = books.year.periods.get(number=1)
    set_period_state(period, state=PeriodLock.State.CLOSED, by=books.by, reason="Done")
    with pytest.raises(BusinessError) as refusal:
        post_due_parts(books.company, until=FEB, by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("period_closed", "date")
    assert not AccrualPosting.objects.exists() and not entries_of(schedule)
    done = post_due_parts(books.company, until=FEB, late_on=date(2026, 2, 3), by=books.by)
    assert [(one.date, one.amount) for one in done] == [(date(2026, 2, 3), 400), (FEB, 400)]
    assert_reconciled()


def test_a_month_is_taken_back_and_posted_again(books: Books) -> None:
    schedule = started(books, ends_on=JAN)
    [posting] = post_due_parts(books.company, until=JAN, by=books.by)
    schedule.refresh_from_db()
    assert schedule.status == "done"
    posting = reverse_posting(posting, date=JAN, reason="Wrong", by=books.by)
    schedule.refresh_from_db()
    assert (posting.status, schedule.status, books.balance("6410")) == ("reversed", "active", 0)
    assert_reconciled()
    assert len(post_due_parts(books.company, until=JAN, by=books.by)) == 1
    assert books.balance("6410") == 1200
    assert_reconciled()


def test_a_bill_that_was_posted_as_cost_is_deferred(books: Books) -> None:
    line = {"account": books.account("6410")}
    bill = books.posted_invoice("supplier", books.partner(), date(2026, 1, 5), "900", line=line)
    schedule = schedule_invoice_line(
        bill.lines.get(),
        starts_on=date(2026, 1, 1),
        ends_on=MAR,
        balance_account=books.account("1210"),
        result_account=books.account("6410"),
        by=books.by,
    )
    assert (schedule.kind, schedule.amount) == ("deferred_expense", 900)
    start_schedule(schedule, by=books.by)
    assert (books.balance("6410"), books.balance("1210")) == (0, 900)
    with pytest.raises(BusinessError) as refusal:
        reverse_invoice(bill, date=date(2026, 1, 6), reason="x", by=books.by)
    assert refusal.value.code == "is_scheduled"
    with pytest.raises(BusinessError) as refusal:
        schedule_invoice_line(
            bill.lines.get(),
            starts_on=JAN,
            ends_on=MAR,
            balance_account=books.account("1210"),
            result_account=books.account("6410"),
            by=books.by,
        )
    assert (refusal.value.code, refusal.value.field) == ("already_scheduled", "invoice_line")
    [posting] = post_due_parts(books.company, until=JAN, by=books.by)
    with pytest.raises(BusinessError) as refusal:
        cancel_schedule(schedule, reason="x", by=books.by)
    assert refusal.value.code == "has_postings"
    reverse_posting(posting, date=JAN, reason="x", by=books.by)
    cancel_schedule(schedule, reason="Not ours", by=books.by)
    assert (books.balance("6410"), books.balance("1210")) == (900, 0)
    reverse_invoice(bill, date=date(2026, 1, 6), reason="x", by=books.by)
    assert_reconciled()


def test_a_line_posted_elsewhere_or_worth_less_is_refused(books: Books) -> None:
    bill = books.posted_invoice("supplier", books.partner(), date(2026, 1, 5), "900")
    for more, wanted in (
        ({}, ("other_account", "result_account")),
        ({"amount": D("900.01")}, ("more_than_line", "amount")),
    ):
        with pytest.raises(InvalidInput) as refusal:
            schedule_invoice_line(
                bill.lines.get(),
                starts_on=JAN,
                ends_on=MAR,
                balance_account=books.account("1210"),
                result_account=books.account("6410"),
                by=books.by,
                **more,
            )
        assert (refusal.value.code, refusal.value.field) == wanted


def test_the_close_asks_for_what_is_due(books: Books) -> None:
    check = close_checks()["accruals"]
    february = books.year.periods.get(number=2)
    started(books)
    found = check.run(february)
    assert [row["date"] for row in found] == [JAN, FEB] and at_stake(found) == 800
    post_due_parts(books.company, until=FEB, by=books.by)
    assert not check.run(february)


def test_a_life_through_the_api(books: Books) -> None:
    api = ApiClient(books.by)
    body = {
        "kind": "deferred_expense", "description": "Licence", "amount": "300.00",
        "starts_on": "2026-01-01", "ends_on": "2026-03-31", "method": "month",
        "balance_account": "1210", "result_account": "6430",
    }  # fmt: skip
    made = api.post(SCHEDULES, body)
    assert (made.status_code, [D(p["amount"]) for p in made.body["parts"]]) == (201, [100] * 3)
    url = f"{SCHEDULES}{made.body['id']}/"
    changed = api.patch(url, {"amount": "330.00"}, version=made.body["version"])
    assert [D(p["amount"]) for p in changed.body["parts"]] == [110] * 3
    assert api.post(f"{url}start/").body["status"] == "active"
    posted = api.post(f"{SCHEDULES}post-due/", {"until": "2026-02-28"})
    assert [D(row["amount"]) for row in posted.body] == [110, 110]
    assert api.post(f"{SCHEDULES}post-due/", {"until": "2026-02-28"}).body == []
    back = {"date": "2026-02-28", "reason": "x"}
    one = api.post(f"/finance/accrual-postings/{posted.body[1]['id']}/reverse/", back)
    assert one.body["status"] == "reversed"
    report = api.get("/finance/statements/accruals/?date_to=2026-02-28").body["rows"]
    assert [(D(r["posted"]), D(r["due"]), D(r["rest"])) for r in report] == [(110, 110, 220)] * 2
    bad = api.post(SCHEDULES, body | {"ends_on": "2025-01-01"})
    assert (bad.status_code, codes(bad)) == (422, [("ends_on", "bad_span")])
    assert codes(api.post(f"{url}cancel/", {"reason": "x"})) == [("status", "has_postings")]


def test_the_pages_of_the_back_office(books: Books) -> None:
    desk = Client()
    desk.force_login(books.by, "apps.core.backends.PermissionBackend")
    schedule = started(books)
    url = f"/admin/finance/accrualschedule/{schedule.pk}/"
    assert desk.get(f"{url}change/").status_code == 200
    assert desk.post(f"{url}verb/post/", {"until": "2026-01-31"}).status_code == 302
    posting = AccrualPosting.objects.get()
    assert desk.get(f"/admin/finance/accrualposting/{posting.pk}/change/").status_code == 200
    page = desk.get("/reports/finance/accruals/?date_to=2026-01-31")
    assert page.status_code == 200 and "800.00" in page.content.decode()


def test_a_line_is_spread_from_its_invoices_page(books: Books) -> None:
    desk = Client()
    desk.force_login(books.by, "apps.core.backends.PermissionBackend")
    bill = books.posted_invoice(
        "supplier", books.partner(), JAN, "600", line={"account": books.account("6410")}
    )
    url = f"/admin/finance/invoice/{bill.pk}/"
    assert "Spread a line over months" in desk.get(f"{url}change/").content.decode()
    form = desk.get(f"{url}verb/defer/").content.decode()
    assert f'<option value="{books.account("6410").pk}" selected' in form
    given = {
        "line": bill.lines.get().pk, "starts_on": "2026-01-01", "ends_on": "2026-06-30",
        "method": "month", "balance_account": books.account("1210").pk,
        "result_account": books.account("6410").pk,
    }  # fmt: skip
    assert desk.post(f"{url}verb/defer/", given).status_code == 302
    schedule = AccrualSchedule.objects.get()
    assert (schedule.kind, schedule.amount, schedule.status) == ("deferred_expense", 600, "draft")
    assert [amount for _day, amount in amounts(schedule)] == [100] * 6
    page = desk.get(f"{url}change/").content.decode()
    assert f"/admin/finance/accrualschedule/{schedule.pk}/change/" in page
    told = desk.post(f"{url}verb/defer/", given, follow=True).content.decode()
    assert "has a schedule already" in told
    assert AccrualSchedule.objects.count() == 1
    other = books.posted_invoice("supplier", books.partner(), JAN, "1")
    foreign = desk.post(f"{url}verb/defer/", given | {"line": other.lines.get().pk})
    assert foreign.status_code == 200 and AccrualSchedule.objects.count() == 1


BREAKS = {
    "accruals-add-up": "UPDATE finance_accrualschedule SET amount = amount + 1",
    "accruals-and-entries": "UPDATE finance_accrualposting SET amount = amount + 1",
}


def test_every_invariant_of_accruals_has_its_break() -> None:
    codes_ = {i.code for i in invariants() if i.code.startswith("accruals")}
    assert codes_ == set(BREAKS) and accrual_invariants


@pytest.mark.breaks(*BREAKS)
@pytest.mark.parametrize("code", BREAKS)
@pytest.mark.django_db(transaction=True)
def test_a_break_is_found_and_named(books: Books, code: str) -> None:
    started(books), started(books, "accrued_expense")
    post_due_parts(books.company, until=FEB, by=books.by)
    assert_reconciled()
    with superuser() as tamperer:
        tamperer.execute(BREAKS[code])
    [finding] = reconcile([code])
    assert finding.offences, f"{code} sees nothing"


@pytest.mark.reliability
@pytest.mark.slow
def test_runs_at_once_post_each_month_once(transactional_db: None) -> None:
    books = make_books()
    started(books), started(books, "accrued_expense")
    results = together(lambda _n: post_due_parts(books.company, until=MAR, by=books.by))
    assert not errors(results), errors(results)
    assert sorted(len(done) for done in results) == [0] * 7 + [6]
    assert books.balance("6410") == 1200
    assert_reconciled()
