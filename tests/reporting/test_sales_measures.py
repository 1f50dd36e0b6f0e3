"""Figures before and after the order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from apps.crm.models import Opportunity, Quotation
from apps.crm.services.activities import plan_activity
from apps.crm.services.complaints import open_complaint
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.opportunities import lose_opportunity, win_opportunity
from apps.crm.services.quotation_lines import QuotedLine
from apps.crm.services.returns import ReturnedLine
from apps.crm.services.sales_orders import OrderLine, confirm_sales_order
from apps.crm.services.service_cases import open_service_case
from apps.reporting.measures import charts, worklists
from apps.reporting.queries.readings import read_charts, read_worklists
from tests.crm.sales import lead, opportunity, outcome, quote, returned, sent, stage
from tests.crm.test_sales_orders import sell, send
from tests.reporting.conftest import DAY, at_noon, read
from tests.support.trade import Trade

D = Decimal
Value = Callable[..., Any]


def plot(trade: Trade, code: str) -> Any:
    [one] = read_charts([charts()[code]], at_noon(trade.books.by))
    return one


def test_the_pipeline_until_it_is_decided(trade: Trade, value: Value) -> None:
    stage(trade, "TALK", 10, "20")
    assert value("pipeline_weighted") is None
    first, second, third = (opportunity(trade, value=D(n)) for n in (1000, 500, 100))
    assert value("pipeline_weighted") == 320
    assert plot(trade, "pipeline_by_stage").series == {"EUR": [1600]}
    assert value("opportunities_won") is None
    win_opportunity(first, by=trade.books.by)
    dear = outcome(trade, "DEAR", "lost")
    for one in (second, third):
        lose_opportunity(one, outcome_reason=dear, by=trade.books.by)
    for one in Opportunity.objects.all():
        one.closed_on = DAY
        one.save_by(trade.books.by)
    assert round(value("opportunities_won"), 2) == D("33.33")
    lost = plot(trade, "lost_by_reason")
    assert (lost.labels, lost.series) == (["Dear"], {"Opportunities": [2]})


def test_offers_by_age_and_those_that_ran_out(trade: Trade, value: Value) -> None:
    item = trade.item(sales_price=D(10))
    for days, left in ((3, 5), (20, -1)):
        offer = sent(trade, quote(trade, QuotedLine(item, D(1))))
        offer.quotation_date = offer.sent_on = DAY - timedelta(days=days)
        offer.valid_until = DAY + timedelta(days=left)
        offer.save_by(trade.books.by)
    assert (value("quotations_sent"), value("quotations_run_out")) == (1, 1)
    assert read(trade.books.by, "quotations_run_out").keys == (Quotation.objects.first().pk,)
    aged = plot(trade, "quotations_by_age")
    assert (aged.labels, aged.series) == (["to 7 days", "8–30 days"], {"Offers": [1, 1]})


def test_promises_margin_and_returns(trade: Trade, value: Value) -> None:
    item = trade.item()
    trade.stocked(item, "20", "6")
    assert value("promises_kept") is None
    kept = confirm_sales_order(sell(trade, OrderLine(item, D(5), D(10))), by=trade.books.by)
    send(trade, kept, "5")
    half = confirm_sales_order(sell(trade, OrderLine(item, D(5), D(10))), by=trade.books.by)
    send(trade, half, "3")
    assert value("promises_kept") == 50
    invoice_order(kept, date=DAY, by=trade.books.by)
    best = plot(trade, "margin_by_customer")
    assert (best.labels, best.series) == (["CUS Inc"], {"EUR": [2]})  # 50 - 8 × 6
    assert value("returns_open") == 0
    returned(trade, ReturnedLine(kept.lines.get(), D(1)))
    assert value("returns_open") == 1


def test_what_waits_for_somebody(trade: Trade, value: Value) -> None:
    by = trade.books.by
    one = lead(trade)
    plan_activity(one, subject="Call Ann", due_date=DAY, by=by)
    plan_activity(one, subject="Later", due_date=DAY + timedelta(days=1), by=by)
    assert value("my_activities_due") == 1
    [todo] = read_worklists([worklists()["activities_next"]], at_noon(by))
    assert [entry.title for entry in todo.entries] == ["Call Ann", "Later"]
    assert (value("service_cases_open"), value("complaints_open")) == (0, 0)
    open_service_case(trade.books.company, partner=trade.customer, subject="x", by=by)
    open_complaint(
        trade.books.company, partner=trade.customer, item=trade.item(), quantity=D(1),
        description="x", by=by,
    )  # fmt: skip
    assert (value("service_cases_open"), value("complaints_open")) == (1, 1)
