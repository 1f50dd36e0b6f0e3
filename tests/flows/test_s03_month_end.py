"""S3: a month closed by a controller. Three planted faults stop it; mended, it locks."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.core.errors import BusinessError
from apps.finance.models import CloseStep, CloseTask, CostObject, JournalVoucher, Period
from apps.finance.services.closing import (
    check_all_steps,
    confirm_step,
    except_step,
    finish_close,
    reopen_close,
    start_close,
)
from apps.finance.services.journal import Entry, Line, post_entry
from apps.finance.services.vouchers import cancel_voucher, reverse_voucher
from apps.supply_chain.services.bills import bill_order
from apps.supply_chain.services.purchase_orders import OrderLine
from tests.factories import Books, make_user
from tests.support.faces import ApiClient
from tests.support.trade import DAY, Trade, make_trade

D = Decimal
APRIL = date(2026, 4, 2)


@pytest.fixture
def trade(books: Books) -> Trade:
    return make_trade(books)


def steps(close: Any) -> dict[str, CloseStep]:
    return {step.task.code: step for step in close.steps.select_related("task")}


def failed(close: Any) -> dict[str, tuple[int, Decimal]]:
    return {
        code: (step.count, step.figure)
        for code, step in steps(close).items()
        if step.status == CloseStep.Status.FAILED
    }


def test_a_controller_closes_the_month(trade: Trade) -> None:
    books = trade.books
    second = make_user("controller", company=books.company)
    period = Period.objects.get(company=books.company, starts_on=date(2026, 3, 1))
    order = trade.ordered(OrderLine(trade.item(), D(10), D("3.50")))
    trade.receive(order, "10")
    rent = books.post(DAY, ("6100", "900"), ("1010", "-900"))
    # what came is not billed; an order that is over keeps 12.34; a hand in a control account
    over = CostObject(
        company=books.company, code="WO-1", name="WO-1", kind=CostObject.Kind.WORK_ORDER
    ).save_by(books.by)
    wip, other = books.account("1350").pk, books.account("5210").pk
    planted = Entry(
        journal="PRD", date=DAY, source=over,
        lines=[Line(wip, D("12.34"), cost_object_id=over.pk), Line(other, D("-12.34"))],
    )  # fmt: skip
    post_entry(books.company, planted, by=books.by)
    with pytest.raises(BusinessError) as refused:
        books.post(DAY, ("2050", "35"), ("6110", "-35"))
    assert refused.value.code == "control_account"

    close = start_close(period, by=books.by)
    with pytest.raises(BusinessError) as refused:
        finish_close(close, by=books.by)
    assert refused.value.code == "steps_open"
    assert period.locks.filter(state="closed").count() == 0
    check_all_steps(close, by=books.by)
    assert failed(close) == {
        "25-DRAFTS": (1, D(35)),
        "30-GRNI": (1, D(35)),
        "40-WIP": (1, D("12.34")),
    }

    bill_order(order, date=DAY, reference="B-1", by=books.by)
    draft = JournalVoucher.objects.get(company=books.company, status="draft")
    cancel_voucher(draft, by=books.by)
    mend = Entry(
        journal="PRD", date=DAY, source=over, purpose="mend",
        lines=[Line(wip, D("-12.34"), cost_object_id=over.pk), Line(other, D("12.34"))],
    )  # fmt: skip
    post_entry(books.company, mend, by=books.by)
    check_all_steps(close, by=books.by)
    assert failed(close) == {}
    with pytest.raises(BusinessError, match="reviewed"):
        finish_close(close, by=books.by)
    confirm_step(steps(close)["95-REVIEW"], remark="TB and P&L read", by=second)
    close = finish_close(close, by=books.by)
    assert {lock.state for lock in period.locks.all()} == {"closed"}

    with pytest.raises(BusinessError) as refused:
        books.post(DAY, ("6100", "1"), ("1010", "-1"))
    assert refused.value.code == "period_closed"
    with pytest.raises(BusinessError):
        reverse_voucher(rent, date=DAY, reason="twice", by=books.by)
    reverse_voucher(rent, date=APRIL, reason="twice", by=books.by)
    same_figures_everywhere(books)

    close = reopen_close(close, reason="late bill, signed by the board", by=second)
    assert (close.status, {lock.state for lock in period.locks.all()}) == ("reopened", {"open"})
    assert start_close(period, by=books.by).pk != close.pk


def same_figures_everywhere(books: Books) -> None:
    """Trial balance and result: query, API and CSV say the same to the cent."""
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    query = {"period": "2026-03", "company": books.company.code}
    for name in ("trial-balance", "balance-sheet", "income-statement"):
        place = f"/api/v1/finance/statements/{name}/"
        data = client.get(place, query).json()
        key = "closing" if name == "trial-balance" else "amount"
        figures = [D(row[key]) for row in data["rows"] if row[key]]
        text = client.get(place, {**query, "as": "csv"}).content.decode()
        assert figures
        assert all(str(figure) in text for figure in figures), name


def test_an_exception_is_another_persons_and_holds_for_its_figure(trade: Trade) -> None:
    books = trade.books
    second = make_user("controller", company=books.company)
    period = Period.objects.get(company=books.company, starts_on=date(2026, 3, 1))
    trade.stocked(trade.item(), "10", "3.50")
    close = check_all_steps(start_close(period, by=books.by), by=books.by)
    step = steps(close)["30-GRNI"]
    with pytest.raises(BusinessError) as refused:
        except_step(step, reason="bill is on its way", by=books.by)
    assert refused.value.code == "same_person"
    except_step(step, reason="bill is on its way", by=second)
    check_all_steps(close, by=books.by)
    kept = steps(close)["30-GRNI"]
    assert (kept.status, kept.remark, kept.figure) == ("excepted", "bill is on its way", 35)
    trade.stocked(trade.item(), "1", "7")
    check_all_steps(close, by=books.by)
    assert failed(close) == {"30-GRNI": (2, D(42))}


def test_life_through_the_api_and_the_page(books: Books) -> None:
    period = Period.objects.get(company=books.company, starts_on=date(2026, 3, 1))
    api = ApiClient(books.by)
    made = api.post("/finance/period-closes/", {"company": books.company.pk, "period": period.pk})
    assert made.status_code == 201, made.content
    key = made.body["id"]
    assert api.post("/finance/period-closes/", {"company": books.company.pk, "period": period.pk}
                    ).status_code == 409  # fmt: skip
    assert api.post(f"/finance/period-closes/{key}/check/").status_code == 200
    listed = api.get(f"/finance/close-steps/?close={key}&ordering=position").body["results"]
    assert len(listed) == CloseTask.objects.filter(company=books.company).count()
    review = listed[-1]
    refused = api.post(f"/finance/close-steps/{review['id']}/check/")
    assert refused.body["errors"][0]["code"] == "no_check"
    done = api.post(f"/finance/close-steps/{review['id']}/confirm/", {"remark": "read"})
    assert done.body["status"] == "passed"
    page = Client()
    page.force_login(books.by, "apps.core.backends.PermissionBackend")
    shown = page.get(f"/close/{key}/").content.decode()
    assert "Goods received are billed" in shown
    assert f"{len(listed)} of {len(listed)} steps done" in shown
    page.post(f"/close/{key}/finish/")
    assert api.get(f"/finance/period-closes/{key}/").body["status"] == "closed"
    assert "2026-03" in page.get("/close/").content.decode()


@pytest.mark.parametrize("code", ["grn", "x"])
def test_a_task_names_a_check_that_exists(books: Books, code: str) -> None:
    api = ApiClient(books.by)
    answer = api.post(
        "/finance/close-tasks/",
        {"company": books.company.pk, "code": "Z", "name": "Z", "check_code": code},
    )
    assert answer.status_code == 422
    assert answer.body["errors"][0]["attr"] == "check_code"
