"""The certificate of conformity of a shipment: every field that customers' clauses ask for."""

from __future__ import annotations

from datetime import date
from typing import Any

import pypdfium2
import pytest

from apps.core.errors import BusinessError
from apps.crm.services.sales_orders import OrderLine, confirm_sales_order, create_sales_order
from apps.inventory.models import ExpectedMove, Lot
from apps.inventory.services.lots import hold_lots
from apps.quality.models import Inspection
from apps.quality.services.deciding import decide_inspection
from apps.quality.services.inspection_plans import PlanLine
from apps.quality.services.measuring import Reading, record_results
from apps.supply_chain.models import Shipment
from apps.supply_chain.printouts import certificate_pdf
from apps.supply_chain.services.shipments import ship
from apps.supply_chain.services.shippable_lines import Shipped
from tests.quality.plant import D, make_laboratory
from tests.support.faces import ApiClient, make_member
from tests.support.trade import DAY, Trade


def text_of(pdf: bytes) -> str:
    document = pypdfium2.PdfDocument(pdf)
    text = " ".join(page.get_textpage().get_text_range() for page in document)
    return " ".join(text.split())


@pytest.fixture
def shipment(trade: Trade) -> Shipment:
    """Twelve shafts of an inspected lot went out for line 10 of PO-777."""
    lab, books = make_laboratory(trade), trade.books
    item = trade.item("average", code="SHAFT", tracking="lot", revision="C")
    size = lab.characteristic("SIZE", "numeric")
    lab.plan(item, PlanLine(size, lower=D("9.9"), upper=D("10.1")), sample_size=2)
    trade.stocked(item, "50", "2", lots=["HEAT-1"])
    inspection = Inspection.objects.get()
    values = [Reading(1, size, D("9.98")), Reading(2, size, D("10.03"))]
    record_results(inspection, readings=values, by=books.by)
    decide_inspection(Inspection.objects.get(), by=books.by)
    order = create_sales_order(
        books.company,
        partner=trade.customer,
        site=books.site,
        order_date=DAY,
        due_date=DAY,
        customer_reference="PO-777",
        lines=[OrderLine(item, D(12), D(5))],
        by=books.by,
    )
    confirm_sales_order(order, by=books.by)
    promise = ExpectedMove.objects.get(direction="out")
    return ship(
        books.company,
        partner=trade.customer,
        site=books.site,
        date=date(2026, 3, 12),
        lines=[Shipped(promise, D(12))],
        by=books.by,
    )


def test_it_says_what_was_certified_and_by_whom(trade: Trade, shipment: Shipment) -> None:
    signer = make_member(
        "anna", trade.books.company, permissions=("supply_chain.certify_shipment",)
    )
    signer.first_name, signer.last_name = "Anna", "Keller"
    signer.save()
    answer = ApiClient(signer).client.get(
        f"/api/v1/supply-chain/shipments/{shipment.pk}/certificate/"
    )
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    text = text_of(answer.content)
    for said in (
        shipment.number,
        "PO-777 / 10",
        "SHAFT Rev. C",
        "Lot HEAT-1: 12",
        "found 9.98 to 10.03",
        "conform in all respects",
        "Anna Keller",
    ):
        assert said in text, said


def test_nobody_certifies_what_is_held_or_came_back(trade: Trade, shipment: Shipment) -> None:
    by: Any = trade.books.by
    hold_lots([Lot.objects.get()], reason="complaint", by=by)
    shipment = Shipment.objects.get(pk=shipment.pk)
    with pytest.raises(BusinessError) as caught:
        certificate_pdf(shipment, by=by)
    assert (caught.value.code, caught.value.field) == ("lot_not_free", "lot")
    Shipment.objects.filter(pk=shipment.pk).update(status="reversed")
    with pytest.raises(BusinessError) as caught:
        certificate_pdf(Shipment.objects.get(pk=shipment.pk), by=by)
    assert caught.value.code == "reversed"


def test_it_takes_the_right_to_sign(trade: Trade, shipment: Shipment) -> None:
    looker = make_member("looker", trade.books.company, permissions=("supply_chain.view_shipment",))
    place = f"/api/v1/supply-chain/shipments/{shipment.pk}/certificate/"
    assert ApiClient(looker).client.get(place).status_code == 403
