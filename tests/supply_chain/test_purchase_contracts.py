"""Contracts: released by orders at their prices, never beyond what is agreed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import BusinessError, InvalidInput
from apps.supply_chain.models import PurchaseContract, PurchaseOrder
from apps.supply_chain.queries.contracts import Released, contracts_in_force, released_of
from apps.supply_chain.services.purchase_contracts import (
    Agreed,
    Release,
    activate_contract,
    close_contract,
    create_contract,
    release_contract,
)
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    cancel_purchase_order,
    close_purchase_order,
    confirm_purchase_order,
    reopen_purchase_order,
    update_purchase_order,
)
from tests.factories import make_currency
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade

D = Decimal
LATER = date(2026, 6, 1)


def contract(trade: Trade, *lines: Agreed, **values: Any) -> PurchaseContract:
    values = {"valid_from": date(2026, 1, 1), "valid_until": date(2026, 12, 31), **values}
    made = create_contract(
        trade.books.company, partner=trade.supplier, lines=lines, by=trade.books.by, **values
    )
    return activate_contract(made, by=trade.books.by)


def released(made: PurchaseContract) -> Released:
    [one] = released_of([made.pk])
    return one


def test_releases_take_the_agreed_price_and_are_counted(trade: Trade) -> None:
    item = trade.item(purchase_price=D(9))
    box = trade.box_of(item, 12)
    made = contract(trade, Agreed(item, D(24), D(10), box), kind="scheduling")
    order = trade.order(
        OrderLine(item, D(2), due_date=DAY),
        OrderLine(item, D(12), unit=item.unit, due_date=LATER),
        contract=made,
    )
    assert [(line.unit_id, line.unit_price, line.due_date) for line in order.lines.all()] == [
        (box.pk, 24, DAY),
        (item.unit_id, 2, LATER),
    ]
    one = released(made)
    assert (one.agreed, one.released, one.open, one.releases, one.value) == (10, 3, 7, 1, 72)
    assert [c.number for c in contracts_in_force(trade.books.company, at=DAY)] == [made.number]
    assert contracts_in_force(trade.books.company, at=date(2027, 1, 1)) == []


def test_more_than_is_open_is_refused_and_nothing_written(trade: Trade) -> None:
    item = trade.item()
    made = contract(trade, Agreed(item, D(2), D(10)))
    first = trade.order(OrderLine(item, D(6)), contract=made)
    with pytest.raises(BusinessError) as refusal:
        trade.order(OrderLine(item, D(3)), OrderLine(item, D(2)), contract=made)
    error = refusal.value
    assert (error.code, error.field, error.row) == ("over_release", "quantity", 1)
    assert D(error.details["open"]) == 4 and PurchaseOrder.objects.count() == 1
    with pytest.raises(BusinessError):
        update_purchase_order(first, lines=[OrderLine(item, D(11))], by=trade.books.by)
    update_purchase_order(first, lines=[OrderLine(item, D(10))], by=trade.books.by)
    assert released(made).open == 0
    cancel_purchase_order(first, reason="no need", by=trade.books.by)
    assert released(made).open == 10


def test_a_closed_order_releases_what_came_of_it(trade: Trade) -> None:
    item = trade.item()
    made = contract(trade, Agreed(item, D(2), D(10)))
    order = confirm_purchase_order(
        trade.order(OrderLine(item, D(10)), contract=made), by=trade.books.by
    )
    trade.receive(order, "4")
    order = close_purchase_order(order, by=trade.books.by)
    assert (released(made).released, released(made).value) == (4, 8)
    trade.order(OrderLine(item, D(6)), contract=made)
    with pytest.raises(BusinessError) as refusal:
        reopen_purchase_order(order, reason="the rest comes", by=trade.books.by)
    assert refusal.value.code == "over_release"
    order.refresh_from_db()
    assert order.status == "closed"
    assert_reconciled()


def test_the_value_agreed_limits_all_releases(trade: Trade) -> None:
    item, other = trade.item(), trade.item()
    made = contract(trade, Agreed(item, D(2)), Agreed(other, D(5)), value_agreed=D(100))
    trade.order(OrderLine(item, D(20)), contract=made)
    with pytest.raises(BusinessError) as refusal:
        trade.order(OrderLine(item, D(1)), OrderLine(other, D(12)), contract=made)
    assert (refusal.value.code, refusal.value.field) == ("over_value", "contract")
    trade.order(OrderLine(other, D(12)), contract=made)
    assert sum(one.value for one in released_of([made.pk])) == 100


def test_a_draft_put_under_a_contract_takes_its_prices(trade: Trade) -> None:
    item = trade.item()
    made = contract(trade, Agreed(item, D(2), D(10)))
    order = trade.order(OrderLine(item, D(4), D(9)))
    order = update_purchase_order(order, contract=made, by=trade.books.by)
    assert order.lines.get().unit_price == 2 and released(made).released == 4
    with pytest.raises(BusinessError) as refusal:
        update_purchase_order(order, order_date=date(2025, 12, 1), by=trade.books.by)
    assert refusal.value.code == "contract_not_in_force"
    order = update_purchase_order(order, contract=None, by=trade.books.by)
    assert order.lines.get().unit_price == 2 and released(made).released == 0


@pytest.mark.parametrize(
    "case",
    [
        "not_in_contract item",
        "other_supplier contract",
        "other_currency currency",
        "contract_not_in_force contract",
        "closed contract",
    ],
)
def test_what_does_not_fit_the_contract_is_named(trade: Trade, case: str) -> None:
    code, field = case.split()
    item = trade.item()
    values: dict[str, Any] = {}
    terms = {"valid_from": date(2026, 5, 1)} if code == "contract_not_in_force" else {}
    made = contract(trade, Agreed(item, D(2)), **terms)
    if code == "closed":
        code, made = "contract_not_in_force", close_contract(made, by=trade.books.by)
    if code == "other_supplier":
        values["partner"] = trade.books.partner("SUP2")
    if code == "other_currency":
        values["currency"] = make_currency("USD")
    ordered = trade.item() if code == "not_in_contract" else item
    with pytest.raises((InvalidInput, BusinessError)) as refusal:
        trade.order(OrderLine(ordered, D(1)), contract=made, **values)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not PurchaseOrder.objects.exists()


@pytest.mark.parametrize(
    "case",
    [
        "no_lines lines",
        "item_twice item",
        "negative unit_price",
        "not_positive quantity",
        "not_positive value_agreed",
        "ends_before valid_until",
        "wrong_partner partner",
    ],
)
def test_a_bad_contract_is_named_and_not_written(trade: Trade, case: str) -> None:
    code, field = case.split()
    item = trade.item()
    lines = {
        "lines": [],
        "item": [Agreed(item, D(1)), Agreed(item, D(2))],
        "unit_price": [Agreed(item, D(-1))],
        "quantity": [Agreed(item, D(1), D(0))],
    }.get(field, [Agreed(item, D(1))])
    values: dict[str, Any] = {"partner": trade.supplier}
    if field == "partner":
        values["partner"] = trade.books.partner(is_supplier=False)
    if field == "value_agreed":
        values["value_agreed"] = D(0)
    until = date(2025, 12, 31) if field == "valid_until" else date(2026, 12, 31)
    with pytest.raises(InvalidInput) as refusal:
        create_contract(
            trade.books.company, lines=lines, valid_from=date(2026, 1, 1), valid_until=until,
            by=trade.books.by, **values,
        )  # fmt: skip
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not PurchaseContract.objects.exists()


def test_a_line_of_another_contract_is_not_released(trade: Trade) -> None:
    item = trade.item()
    made, other = contract(trade, Agreed(item, D(2), D(10))), contract(trade, Agreed(item, D(3)))
    day = date(2030, 1, 1)
    with pytest.raises(InvalidInput) as refusal:
        release_contract(
            made, site=trade.books.site, lines=[Release(other.lines.get(), D(1), day)],
            by=trade.books.by,
        )  # fmt: skip
    assert (refusal.value.code, refusal.value.field) == ("wrong_contract", "contract_line")


def test_a_contract_lives_through_the_api_and_the_pages(trade: Trade, client: Any) -> None:
    item, api = trade.item(), ApiClient(trade.books.by)
    made = api.post(
        "/supply-chain/purchase-contracts/",
        {
            "partner": "SUP",
            "valid_from": "2026-01-01",
            "valid_until": "2099-12-31",
            "lines": [{"item": item.code, "unit_price": "2", "quantity": "10"}],
        },
    )
    assert made.status_code == 201, made.body
    path = f"/supply-chain/purchase-contracts/{made.body['id']}"
    assert api.post(f"{path}/activate/").status_code == 200
    line = {"contract_line": made.body["lines"][0]["id"], "quantity": "4"}
    body = {"site": "MAIN", "lines": [{**line, "due_date": "2099-01-01"}]}
    order = api.post(f"{path}/release/", body)
    assert order.status_code == 201, order.body
    refused = api.post(
        f"{path}/release/",
        {"site": "MAIN", "lines": [{**line, "quantity": "7", "due_date": "2099-01-01"}]},
    )
    assert (refused.status_code, refused.body["errors"][0]["code"]) == (409, "over_release")
    [row] = api.get(f"{path}/released/").body["results"]
    assert (D(row["released"]), D(row["open"])) == (4, 6)
    client.force_login(trade.books.by)
    page = client.get(
        f"/admin/supply_chain/purchasecontract/{made.body['id']}/change/"
    ).content.decode()
    assert "Value released" in page
    assert made.body["number"] in client.get("/purchasing/reports/contracts/").content.decode()
