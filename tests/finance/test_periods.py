from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import FiscalYear, Period, PeriodLock
from apps.finance.services.periods import open_fiscal_year, set_period_state
from tests.factories import Books
from tests.support.connections import superuser
from tests.support.faces import ApiClient, codes
from tests.support.statements import at_most


def test_a_year_is_twelve_months_and_a_closing_period(books: Books) -> None:
    with at_most(10):
        year = open_fiscal_year(
            books.company, code="2027/28", starts_on=date(2027, 4, 1), by=books.by
        )
    periods = list(year.periods.order_by("number"))
    assert (periods[0].starts_on, periods[11].ends_on) == (date(2027, 4, 1), date(2028, 3, 31))
    assert [p.ends_on.day for p in periods[:3]] == [30, 31, 30]
    assert periods[10].ends_on == date(2028, 2, 29)
    assert (periods[12].is_closing, periods[12].starts_on) == (True, date(2028, 3, 31))
    assert PeriodLock.objects.filter(period__fiscal_year=year).count() == 13 * 6


@pytest.mark.parametrize(
    ("starts_on", "code"),
    [(date(2026, 6, 1), "overlapping_year"), (date(2027, 1, 2), "bad_start")],
)
def test_years_do_not_overlap_and_start_on_a_first(
    books: Books, starts_on: date, code: str
) -> None:
    with pytest.raises(BusinessError) as refusal:
        open_fiscal_year(books.company, code="X", starts_on=starts_on, by=books.by)
    assert (refusal.value.code, refusal.value.field) == (code, "starts_on")
    assert FiscalYear.objects.count() == 1


def test_a_state_needs_a_reason(books: Books) -> None:
    with pytest.raises(InvalidInput) as refusal:
        set_period_state(books.year.periods.first(), state="closed", reason=" ", by=books.by)
    assert refusal.value.code == "reason_required"


@pytest.mark.django_db(transaction=True)
def test_a_month_closes_when_everything_agrees(books: Books) -> None:
    """S3: what does not reconcile is named; it is mended, or somebody answers for it."""
    books.posted_invoice("customer", books.partner(), date(2026, 1, 5), "100")
    january = Period.objects.get(fiscal_year=books.year, number=1)
    api = ApiClient(books.by)
    path = f"/finance/periods/{january.pk}/set-state/"
    with superuser() as tamperer:
        tamperer.execute("UPDATE finance_invoice SET total_company = 99.99")
    closed = {"state": "closed", "reason": "Month-end"}
    refused = api.post(path, closed)
    assert (refused.status_code, codes(refused)) == (409, [(None, "not_reconciled")])
    [offence] = refused.body["errors"][0]["details"]["receivables"]
    assert (Decimal(offence["ledger"]), Decimal(offence["open_items"])) == (100, Decimal("99.99"))
    assert not PeriodLock.objects.exclude(state="open").exists()
    soft = api.post(path, {"state": "soft", "reason": "Review"})
    assert set(soft.body["states"].values()) == {"soft"}, "reviewing needs no proof"
    accepted = api.post(path, {**closed, "accepted": ["receivables"], "reason": "Known, see 4711"})
    assert set(accepted.body["states"].values()) == {"closed"}
    kept = PeriodLock.history.filter(state="closed").first()
    assert kept.history_change_reason == "Known, see 4711 [receivables]"
    with superuser() as mender:
        mender.execute("UPDATE finance_invoice SET total_company = 100")
    february = Period.objects.get(fiscal_year=books.year, number=2)
    assert api.post(f"/finance/periods/{february.pk}/set-state/", closed).status_code == 200
