"""Investments: draft, approval with the baseline, monthly measurement from the ledger, the end."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.core.models import User
from apps.core.reconcile import reconcile
from apps.reporting.models import AlertEvent, AlertRule, ReportDelivery, RoiCase, RoiFlow, RoiMonth
from apps.reporting.printouts import roi_case_pdf
from apps.reporting.queries.roi_cases import view_roi_case
from apps.reporting.services.roi_cases import (
    Flow,
    approve_roi_case,
    cancel_roi_case,
    change_roi_case,
    close_roi_case,
    draft_roi_case,
    measure_roi_case,
    start_roi_case,
)
from tests.factories import Books, make_books, make_site, make_user
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(books: Books) -> User:
    return make_user("boss", company=books.company)


def drafted(books: Books, **values: Any) -> RoiCase:
    flows = values.pop("flows", ["-1200", "600", "600", "600"])
    values = {
        "company": books.company,
        "title": "LED lamps",
        "rate": Decimal(10),
        "period_months": 3,
        "starts_on": date(2026, 4, 1),
        "dataset": "ledger",
        "question": "account=6100",
        "value": "result",
        "good": "more",
        "baseline_from": date(2026, 1, 1),
        "baseline_to": date(2026, 3, 31),
    } | values
    flows = [f if isinstance(f, Flow) else Flow(n, Decimal(f)) for n, f in enumerate(flows)]
    return draft_roi_case(flows=flows, by=books.by, **values)


def rent(books: Books, *months: tuple[int, str]) -> None:
    for month, amount in months:
        books.post(date(2026, month, 15), ("6100", amount), ("1010", f"-{amount}"))


def running(books: Books, boss: User) -> RoiCase:
    rent(books, (1, "1000"), (2, "1100"), (3, "900"))
    return start_roi_case(approve_roi_case(drafted(books), by=boss), by=boss)


def test_the_benefit_of_each_month_is_what_the_ledger_says(books: Books, boss: User) -> None:
    case = running(books, boss)
    assert case.baseline == -1000
    rent(books, (4, "800"), (5, "750"), (7, "700"))
    measure_roi_case(case, by=boss, today=date(2026, 7, 31))
    months = {row.month.month: (row.actual, row.benefit) for row in case.months.all()}
    assert months == {4: (-800, 200), 5: (-750, 250), 6: (0, 1000)}, "July has a day left"
    view = view_roi_case(case)
    assert [row.measured for row in view.periods] == [None, 1450, None, None]
    assert [row.expected for row in view.periods] == [-1200, 1450, 600, 600]
    assert view.to_date.npv < view.planned.npv < view.expected.npv
    assert_reconciled()


def test_a_late_posting_is_measured_again_and_kept_in_history(books: Books, boss: User) -> None:
    case = running(books, boss)
    rent(books, (4, "800"))
    measure_roi_case(case, by=boss, today=date(2026, 5, 1))
    measure_roi_case(case, by=boss, today=date(2026, 5, 2))
    row = case.months.get()
    assert (row.benefit, row.history.count()) == (200, 1), "the same says nothing new"
    rent(books, (4, "50"))
    measure_roi_case(case, by=boss, today=date(2026, 5, 3))
    row.refresh_from_db()
    assert (row.benefit, row.history.count()) == (150, 2)


def test_a_part_of_a_period_counts_with_the_plan_for_its_rest(books: Books, boss: User) -> None:
    case = running(books, boss)
    rent(books, (4, "800"))
    measure_roi_case(case, by=boss, today=date(2026, 5, 1))
    [_now, first, *_rest] = view_roi_case(case).periods
    assert (first.measured, first.months, first.expected) == (200, 1, 600)


def test_less_is_better(books: Books, boss: User) -> None:
    rent(books, (1, "300"))
    case = drafted(books, good="less")
    approve_roi_case(case, by=boss)
    case = start_roi_case(case, by=boss)
    rent(books, (4, "40"))
    measure_roi_case(case, by=boss, today=date(2026, 5, 1))
    row = case.months.get()
    assert (row.baseline, row.actual, row.benefit) == (-100, -40, -60), "cost is below zero"


def test_who_drafts_does_not_approve(books: Books, boss: User) -> None:
    case = drafted(books)
    with pytest.raises(BusinessError) as caught:
        approve_roi_case(case, by=books.by)
    assert caught.value.code == "own_case"
    case.refresh_from_db()
    assert (case.status, case.baseline) == ("draft", None)


def test_steps_and_what_they_close(books: Books, boss: User) -> None:
    case = running(books, boss)
    with pytest.raises(BusinessError):
        change_roi_case(case, by=books.by, title="Other")
    with pytest.raises(InvalidTransition):
        cancel_roi_case(case, by=boss)
    case = close_roi_case(case, by=boss)
    assert case.status == "closed"
    with pytest.raises(BusinessError):
        measure_roi_case(case, by=boss)
    other = cancel_roi_case(drafted(books), by=books.by)
    assert other.status == "cancelled"
    changed = change_roi_case(
        drafted(books),
        by=books.by,
        title="Better",
        flows=[Flow(0, Decimal(-1)), Flow(1, Decimal(2))],
    )
    assert (changed.title, changed.flows.count()) == ("Better", 2)


def test_bad_cases_are_refused_by_field(books: Books) -> None:
    other = make_books("OTHER", by=books.by)
    foreign = make_site(other.company, by=books.by, code="ELSE")
    for values, wanted in (
        ({"starts_on": date(2026, 4, 2)}, ("starts_on", "not_a_month")),
        ({"baseline_from": date(2026, 1, 2)}, ("baseline_from", "not_a_month")),
        ({"baseline_to": date(2026, 3, 30)}, ("baseline_to", "not_a_month")),
        ({"baseline_to": date(2026, 4, 30)}, ("baseline_to", "overlaps")),
        ({"dataset": "nothing"}, ("dataset", "unknown_dataset")),
        ({"dataset": "stock", "question": "", "value": "value"}, ("dataset", "not_dated")),
        ({"value": "gross_margin"}, ("value", "unknown_value")),
        ({"question": "colour=red"}, ("question", "unknown_parameter")),
        ({"question": f"site={foreign.pk}"}, ("question", "does_not_exist")),
        ({"question": "period=2026"}, ("question", "only_filters")),
        ({"rate": Decimal(-100)}, ("rate", "bad_rate")),
        ({"flows": ["-100"]}, ("flows", "flows")),
        ({"flows": ["-100", "0.001"]}, ("amount", "too_many_decimals")),
        ({"flows": [Flow(0, Decimal(-1)), Flow(2, Decimal(5))]}, ("period", "periods")),
    ):
        with pytest.raises(InvalidInput) as caught:
            drafted(books, **values)
        assert (caught.value.field, caught.value.code) == wanted
    assert not RoiCase.objects.exists()


def test_no_internal_rate_is_said_not_raised(books: Books) -> None:
    view = view_roi_case(drafted(books, flows=["-100", "-5", "-5"]))
    assert view.planned.irr is None
    assert "no internal rate" in view.planned.irr_refusal
    page = ApiClient(books.by).client.get(f"/reporting/roi/{view.case.pk}/")
    assert "no internal rate" in page.content.decode()


@pytest.mark.parametrize("flows", [0, 1])
def test_a_case_without_flows_says_what_it_lacks(books: Books, flows: int) -> None:
    """No service makes one, but a page is no place to fail on it."""
    case = drafted(books)
    RoiFlow.objects.filter(period__gte=flows).delete()
    assert view_roi_case(case).planned is None
    api = ApiClient(books.by)
    page = api.client.get(f"/reporting/roi/{case.pk}/")
    assert page.status_code == 200
    assert "No cash flows are named yet" in page.content.decode()
    pdf = pypdfium2.PdfDocument(roi_case_pdf(case))
    assert "No cash flows" in pdf[0].get_textpage().get_text_range()
    told = api.get(f"/reporting/roi-cases/{case.pk}/appraisal/")
    assert (told.status_code, told.body["appraisal"]["rows"]) == (200, [])


def test_one_life_through_the_api_and_on_paper(books: Books, boss: User) -> None:
    rent(books, (1, "1000"), (2, "1100"), (3, "900"))
    api = ApiClient(books.by)
    body = {
        "company": books.company.code,
        "title": "LED lamps",
        "rate": "10",
        "period_months": 3,
        "starts_on": "2026-04-01",
        "dataset": "ledger",
        "question": "account=6100",
        "value": "result",
        "good": "more",
        "baseline_from": "2026-01-01",
        "baseline_to": "2026-03-31",
        "flows": [{"period": 0, "amount": "-1200"}, {"period": 1, "amount": "1500"}],
    }
    made = api.post("/reporting/roi-cases/", body)
    assert made.status_code == 201, made.content
    url = f"/reporting/roi-cases/{made.body['id']}"
    assert codes(api.post(f"{url}/approve/")) == [(None, "own_case")]
    theirs = ApiClient(boss)
    assert theirs.post(f"{url}/approve/").body["baseline"] == "-1000.0000"
    for step in ("start", "measure", "close"):
        assert theirs.post(f"{url}/{step}/").status_code == 200
    told = theirs.get(f"{url}/appraisal/").body
    assert told["appraisal"]["rows"][0]["irr"] == "25"
    case = RoiCase.objects.get()
    pdf = pypdfium2.PdfDocument(roi_case_pdf(case))
    assert "LED lamps" in pdf[0].get_textpage().get_text_range()
    page = theirs.client.get(f"/reporting/roi/{case.pk}/").content.decode()
    assert "Planned and" not in page and "163.64" in page
    assert theirs.client.get(f"/admin/reporting/roicase/{case.pk}/change/").status_code == 200


def broken(code: str) -> list[dict[str, Any]]:
    [finding] = reconcile([code])
    return finding.offences


@pytest.mark.breaks(
    "roi-benefit-is-the-move-from-the-baseline",
    "roi-flows-have-no-gap",
    "alert-state-is-its-last-event",
)
def test_invariants_see_what_is_wrong(books: Books, boss: User) -> None:
    case = running(books, boss)
    rent(books, (4, "800"))
    measure_roi_case(case, by=boss, today=date(2026, 5, 1))
    assert not broken("roi-benefit-is-the-move-from-the-baseline")
    RoiMonth.objects.update(benefit=1)
    [row] = broken("roi-benefit-is-the-move-from-the-baseline")
    assert row["number"] == case.number
    assert not broken("roi-flows-have-no-gap")
    RoiFlow.objects.filter(period=1).delete()
    assert broken("roi-flows-have-no-gap")
    rule = AlertRule(
        company=books.company, code="X", name="X", owner=books.by, measure="cash",
        direction="above", threshold=1, recipients="a@b.c", is_raised=True,
    ).save_by(books.by)  # fmt: skip
    assert broken("alert-state-is-its-last-event")
    AlertEvent.objects.create(
        company=books.company, rule=rule, kind="raised", at=case.created_at, value=2, threshold=1
    )
    assert not broken("alert-state-is-its-last-event")


@pytest.mark.breaks("report-delivery-has-its-job")
def test_a_delivery_without_a_job_is_seen(books: Books) -> None:
    from tests.architecture.rows import make_row

    make_row(ReportDelivery, books.company, books.by)
    assert broken("report-delivery-has-its-job")
