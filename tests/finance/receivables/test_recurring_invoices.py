from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import Invoice, RecurringInvoice, RecurringPeriod
from apps.finance.services.invoices import BillingLine, delete_draft, post_invoice
from apps.finance.services.recurring_invoices import (
    change_recurring_invoice,
    create_recurring_invoice,
    draft_all_due,
    draft_due,
    period_start,
)
from apps.finance.tasks import draft_recurring_invoices
from tests.factories import Books
from tests.finance.receivables.acts import D, terms
from tests.support.faces import ApiClient

START = date(2026, 1, 31)


def schedule(books: Books, **values: Any) -> RecurringInvoice:
    values.setdefault("partner", books.partner(payment_terms=terms(books, ("100", 14))))
    values.setdefault("lines", [BillingLine(D(1), D(100), description="Rent")])
    values.setdefault("starts_on", START)
    return create_recurring_invoice(
        company=books.company, code="R1", name="Rent", by=books.by, **values
    )


def test_each_missed_period_gets_one_draft_and_no_second(books: Books) -> None:
    rent = schedule(books)
    assert draft_due(rent, until=date(2026, 1, 30), by=books.by) == []
    made = draft_due(rent, until=date(2026, 4, 1), by=books.by)
    assert [(i.date, i.due_date, i.status) for i in made] == [
        (date(2026, 1, 31), date(2026, 2, 14), "draft"),
        (date(2026, 2, 28), date(2026, 3, 14), "draft"),
        (date(2026, 3, 31), date(2026, 4, 14), "draft"),
    ]
    assert draft_due(rent, until=date(2026, 4, 1), by=books.by) == []
    rent.refresh_from_db()
    assert (rent.next_on, rent.periods_done) == (date(2026, 4, 30), 3)
    post_invoice(made[0], by=books.by)
    assert books.balance("1100") == 100
    delete_draft(made[1], by=books.by)
    assert draft_due(rent, until=date(2026, 4, 1), by=books.by) == [], "a period comes once"
    assert RecurringPeriod.objects.count() == 3


def test_it_ends_and_rests(books: Books) -> None:
    rent = schedule(books, starts_on=date(2026, 1, 5), unit="week", every=2,
                    ends_on=date(2026, 2, 2))  # fmt: skip
    change_recurring_invoice(rent, is_active=False, by=books.by)
    assert draft_due(rent, until=date(2026, 12, 31), by=books.by) == []
    change_recurring_invoice(rent, is_active=True, by=books.by)
    made = draft_due(rent, until=date(2026, 12, 31), by=books.by)
    assert [i.date for i in made] == [date(2026, 1, 5), date(2026, 1, 19), date(2026, 2, 2)]
    rent.refresh_from_db()
    assert rent.next_on is None


def test_what_is_changed_holds_from_the_next_period_on(books: Books) -> None:
    rent = schedule(books)
    draft_due(rent, until=START, by=books.by)
    for field, value in (("starts_on", date(2026, 1, 1)), ("every", 2), ("unit", "week")):
        with pytest.raises(BusinessError) as refusal:
            change_recurring_invoice(rent, by=books.by, **{field: value})
        assert (refusal.value.code, refusal.value.field) == ("started", field)
    change_recurring_invoice(rent, lines=[BillingLine(D(1), D(110))], by=books.by)
    [march] = draft_due(rent, until=date(2026, 2, 28), by=books.by)
    assert march.total == 110


def test_one_that_is_refused_holds_no_other_up(books: Books) -> None:
    wrong = schedule(books)
    partner = wrong.partner
    partner.is_customer = False
    partner.save_by(books.by)
    good = create_recurring_invoice(
        company=books.company, code="R2", name="Good", partner=books.partner(),
        starts_on=START, lines=[BillingLine(D(1), D(7))], by=books.by,
    )  # fmt: skip
    assert draft_all_due([wrong, good], until=START) == 1
    assert Invoice.objects.get().total == 7


def test_the_clock_makes_the_drafts(books: Books) -> None:
    schedule(books, starts_on=date(2020, 1, 1), ends_on=date(2020, 3, 1))
    assert draft_recurring_invoices() == 3
    assert draft_recurring_invoices() == 0


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"lines": []}, "nothing_to_bill", "lines"),
        ({"every": 0}, "not_positive", "every"),
        ({"ends_on": date(2025, 1, 1)}, "ends_before_start", "ends_on"),
        ({"lines": [BillingLine(D(-1), D(1))]}, "not_positive", "quantity"),
        ({"lines": [BillingLine(D(1), D("NaN"))]}, "not_a_number", "unit_price"),
    ],
)
def test_wrong_schedules_are_refused(
    books: Books, values: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        schedule(books, **values)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not RecurringInvoice.objects.exists()


def test_only_who_plays_the_part(books: Books) -> None:
    with pytest.raises(InvalidInput) as refusal:
        schedule(books, partner=books.partner(is_customer=False))
    assert (refusal.value.code, refusal.value.field) == ("wrong_partner", "partner")


def test_periods_do_not_drift() -> None:
    days = [period_start(date(2024, 1, 31), "month", n) for n in (0, 1, 2, 13)]
    assert days == [date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2025, 2, 28)]


def test_a_life_through_the_api(books: Books, api: ApiClient) -> None:
    made = api.post("/finance/recurring-invoices/", {
        "company": books.company.code, "code": "R", "name": "R", "starts_on": "2026-01-31",
        "partner": books.partner().code,
        "lines": [{"description": "Rent", "quantity": "1", "unit_price": "100"}],
    })  # fmt: skip
    assert made.status_code == 201, made.content
    path = f"/finance/recurring-invoices/{made.body['id']}"
    drafted = api.post(f"{path}/draft/", {"until": "2026-02-28"})
    assert drafted.status_code == 200, drafted.content
    assert [row["date"] for row in drafted.body["periods"]] == ["2026-02-28", "2026-01-31"]
    refused = api.patch(f"{path}/", {"every": 2}, version=drafted.body["version"])
    assert (refused.status_code, refused.body["errors"][0]["attr"]) == (409, "every")
