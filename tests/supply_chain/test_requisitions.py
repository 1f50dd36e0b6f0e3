"""Requisitions: who asks never approves, nobody beyond his limit, and orders keep their source."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.finance.services.approvals import create_limit
from apps.supply_chain.models import PurchaseOrder, Requisition
from apps.supply_chain.services.order_approvals import approve_purchase_order
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    confirm_purchase_order,
    update_purchase_order,
)
from apps.supply_chain.services.requisitions import (
    Wanted,
    approve_requisition,
    cancel_requisition,
    create_requisition,
    order_requisitions,
    reject_requisition,
    reopen_requisition,
    submit_requisition,
    update_requisition,
)
from tests.factories import make_books, make_user
from tests.supply_chain.test_supplier_items import terms
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled
from tests.support.trade import Trade

D = Decimal


def today() -> date:
    return timezone.localdate()


def ask(trade: Trade, *lines: Wanted, **values: Any) -> Requisition:
    values.setdefault("needed_by", today() + timedelta(days=30))
    values.setdefault("by", trade.books.by)
    return create_requisition(trade.books.company, site=trade.books.site, lines=lines, **values)


def approved(trade: Trade, *lines: Wanted) -> Requisition:
    requisition = submit_requisition(ask(trade, *lines), by=trade.books.by)
    return approve_requisition(requisition, by=make_user(company=trade.books.company))


def test_lines_are_estimated_by_the_supplier_else_by_the_item(trade: Trade) -> None:
    item, other = trade.item(purchase_price=D(9)), trade.item(purchase_price=D("1.25"))
    terms(trade, item, ("0", "24"), unit=trade.box_of(item, 12), is_preferred=True)
    requisition = ask(
        trade, Wanted(item, D(6)), Wanted(other, D(4)), Wanted(other, D(1), unit_price=D(3))
    )
    lines = list(requisition.lines.all())
    assert [line.unit_price for line in lines] == [2, D("1.25"), 3]
    assert [line.position for line in lines] == [10, 20, 30]
    assert requisition.number.startswith("PR-") and requisition.status == "draft"


def test_who_asks_or_changes_does_not_approve(trade: Trade) -> None:
    asker, changer = trade.books.by, make_user(company=trade.books.company)
    requisition = ask(trade, Wanted(trade.item(), D(1)))
    requisition = update_requisition(requisition, note="for the line", by=changer)
    requisition = submit_requisition(requisition, by=asker)
    for person in (asker, changer):
        with pytest.raises(BusinessError) as refusal:
            approve_requisition(requisition, by=person)
        assert (refusal.value.code, refusal.value.field) == ("same_person", "approved_by")
    requisition.refresh_from_db()
    assert (requisition.status, requisition.approved_by) == ("submitted", None)
    other = make_user(company=trade.books.company)
    assert approve_requisition(requisition, by=other).approved_by == other


def test_a_limit_is_a_persons_or_a_roles(trade: Trade) -> None:
    company, by = trade.books.company, trade.books.by
    boss, clerk = make_user(company=company), make_user(company=company)
    group = Group.objects.create(name="heads")
    boss.groups.add(group)
    create_limit(company=company, document="requisition", role=group, amount=D(1000), by=by)
    create_limit(company=company, document="requisition", user=clerk, amount=D(99), by=by)
    requisition = submit_requisition(
        ask(trade, Wanted(trade.item(), D(10), unit_price=D(10))), by=by
    )
    for person in (clerk, make_user(company=company)):
        with pytest.raises(BusinessError) as refusal:
            approve_requisition(requisition, by=person)
        assert (refusal.value.code, refusal.value.field) == ("over_limit", "approved_by")
    assert approve_requisition(requisition, by=boss).status == "approved"


def test_approved_lines_become_orders_by_supplier(trade: Trade) -> None:
    item, own, named = trade.item(), trade.item(), trade.item()
    second = trade.books.partner("SUP2")
    terms(trade, item, ("0", "2.50"), is_preferred=True)
    type(own).objects.filter(pk=own.pk).update(default_supplier=second, purchase_price=D(7))
    own.refresh_from_db()
    requisition = approved(
        trade,
        Wanted(item, D(10), unit_price=D(99)),
        Wanted(own, D(3)),
        Wanted(named, D(1), partner=second),
    )
    orders = order_requisitions([requisition], by=trade.books.by)
    requisition.refresh_from_db()
    assert requisition.status == "ordered"
    told = {
        order.partner.code: [
            (line.item_id, line.quantity, line.unit_price, line.requisition_line.position)
            for line in order.lines.all()
        ]
        for order in orders
    }
    assert told == {
        "SUP": [(item.pk, 10, D("2.50"), 10)],
        "SUP2": [(own.pk, 3, 7, 20), (named.pk, 1, 0, 30)],
    }
    assert {order.status for order in orders} == {"draft"}
    with pytest.raises(InvalidTransition):
        order_requisitions([requisition], by=trade.books.by)
    assert PurchaseOrder.objects.count() == 2


def test_a_change_of_the_draft_keeps_the_source(trade: Trade) -> None:
    item, other = trade.item(default_supplier=trade.supplier), trade.item()
    requisition = approved(trade, Wanted(item, D(10)), Wanted(item, D(2)))
    [order] = order_requisitions([requisition], by=trade.books.by)
    order = update_purchase_order(
        order,
        lines=[
            OrderLine(item, D(2), D(1), position=20),
            OrderLine(item, D(12), D(1), position=10),
            OrderLine(other, D(1), D(1)),
        ],
        by=trade.books.by,
    )
    told = {
        line.position: line.requisition_line and line.requisition_line.position
        for line in order.lines.all()
    }
    assert told == {10: 10, 20: 20, 30: None}
    assert_reconciled()


def test_what_has_no_supplier_or_is_too_little_is_not_ordered(trade: Trade) -> None:
    item, bare = trade.item(), trade.item()
    terms(trade, item, minimum_quantity=D(10), is_preferred=True)
    with pytest.raises(InvalidInput) as refusal:
        order_requisitions([approved(trade, Wanted(bare, D(1)))], by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("no_supplier", "partner")
    small = approved(trade, Wanted(item, D(9)))
    with pytest.raises(InvalidInput) as refusal:
        order_requisitions([small], by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("below_minimum", "quantity")
    small.refresh_from_db()
    assert small.status == "approved" and not PurchaseOrder.objects.exists()


def test_a_rejected_one_is_changed_and_asked_again(trade: Trade) -> None:
    boss = make_user(company=trade.books.company)
    requisition = submit_requisition(ask(trade, Wanted(trade.item(), D(1))), by=trade.books.by)
    with pytest.raises(InvalidInput) as refusal:
        reject_requisition(requisition, reason=" ", by=boss)
    assert refusal.value.field == "reason"
    requisition = reject_requisition(requisition, reason="too dear", by=boss)
    assert requisition.history.first().history_change_reason == "too dear"
    requisition = reopen_requisition(requisition, by=trade.books.by)
    requisition = update_requisition(
        requisition, lines=[Wanted(trade.item(), D(2))], by=trade.books.by
    )
    requisition = submit_requisition(requisition, by=trade.books.by)
    requisition = approve_requisition(requisition, by=boss)  # who rejected it changed nothing
    assert requisition.approved_by == boss
    requisition = cancel_requisition(requisition, reason="no need", by=trade.books.by)
    assert requisition.status == "cancelled"
    with pytest.raises(InvalidTransition):
        submit_requisition(requisition, by=trade.books.by)


@pytest.mark.parametrize(
    "case",
    [
        "no_lines lines",
        "not_positive quantity",
        "negative unit_price",
        "not_stocked item",
        "wrong_partner partner",
        "other_company item",
        "needed_before needed_by",
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(trade: Trade, case: str) -> None:
    code, field = case.split()
    item = trade.item()
    bad = {
        "quantity": lambda: Wanted(item, D(0)),
        "unit_price": lambda: Wanted(item, D(1), unit_price=D(-1)),
        "partner": lambda: Wanted(item, D(1), partner=trade.books.partner(is_supplier=False)),
        "needed_by": lambda: Wanted(item, D(1), needed_by=today() - timedelta(days=9)),
        "item": lambda: Wanted(
            trade.item(kind="service") if code == "not_stocked" else make_books("OTHER").item(),
            D(1),
        ),
    }
    lines = [Wanted(item, D(1)), bad[field]()] if field in bad else []
    with pytest.raises(InvalidInput) as refusal:
        ask(trade, *lines)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert refusal.value.row == (1 if lines else None)
    assert not Requisition.objects.exists()


def test_orders_beyond_a_limit_wait_for_another_person(trade: Trade) -> None:
    company, by = trade.books.company, trade.books.by
    boss = make_user(company=company)
    order = trade.order(OrderLine(trade.item(), D(10), D(10)))
    create_limit(company=company, document="purchase_order", user=boss, amount=D(100), by=by)
    with pytest.raises(BusinessError) as refusal:
        confirm_purchase_order(order, by=by)
    assert (refusal.value.code, refusal.value.field) == ("approval_required", "approved_by")
    with pytest.raises(BusinessError) as refusal:
        approve_purchase_order(order, by=by)
    assert refusal.value.code == "same_person"
    approve_purchase_order(order, by=boss)
    order = update_purchase_order(order, freight_amount=D("0.01"), by=by)
    assert order.approved_by is None
    with pytest.raises(BusinessError) as refusal:
        approve_purchase_order(order, by=boss)
    assert refusal.value.code == "over_limit"
    order = update_purchase_order(order, freight_amount=D(0), by=by)
    approve_purchase_order(order, by=boss)
    assert confirm_purchase_order(order, by=by).status == "confirmed"


def test_a_requisition_lives_through_the_api(trade: Trade) -> None:
    item = trade.item()
    terms(trade, item, ("0", "2"), is_preferred=True)
    asker = ApiClient(trade.books.by)
    made = asker.post(
        "/supply-chain/requisitions/",
        {
            "site": "MAIN",
            "needed_by": (today() + timedelta(days=5)).isoformat(),
            "lines": [{"item": item.code, "quantity": "4"}],
        },
    )
    assert made.status_code == 201, made.body
    path = f"/supply-chain/requisitions/{made.body['id']}"
    assert asker.post(f"{path}/submit/").status_code == 200
    refused = asker.post(f"{path}/approve/")
    assert (refused.status_code, refused.body["errors"][0]["code"]) == (409, "same_person")
    assert (
        ApiClient(make_user(company=trade.books.company)).post(f"{path}/approve/").body["status"]
        == "approved"
    )
    ordered = asker.post(f"{path}/order/")
    assert ordered.status_code == 201, ordered.body
    assert [one["status"] for one in ordered.body] == ["draft"]
