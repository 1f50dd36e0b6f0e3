"""Consignments: shipments put together, freight estimated, billed and charged, proof, papers."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pypdfium2
import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.core.models import Attachment
from apps.crm.services.invoicing import invoice_order
from apps.crm.services.sales_orders import OrderLine, confirm_sales_order
from apps.finance.models import Invoice
from apps.finance.services.credit_notes import CreditLine, credit_invoice
from apps.finance.services.invoices import reverse_invoice
from apps.inventory.models import ItemHandling
from apps.masterdata.models import Partner
from apps.supply_chain.export_printouts import commercial_invoice_pdf, export_csv
from apps.supply_chain.models import (
    CarrierService,
    Consignment,
    DeliveryException,
    ProofOfDelivery,
    Shipment,
)
from apps.supply_chain.queries.export_papers import export_papers
from apps.supply_chain.queries.freight import billed_freight, freight_by_shipment
from apps.supply_chain.services.carriers import create_rate, create_trade_data
from apps.supply_chain.services.consignments import (
    Found,
    cancel_consignment,
    deliver_consignment,
    dispatch_consignment,
    plan_consignment,
    update_consignment,
)
from apps.supply_chain.services.freight import BilledFreight, bill_freight
from apps.supply_chain.services.shipments import reverse_shipment
from tests.crm.test_sales_orders import sell, send
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade
from tests.support.unchanged import nothing_written

D = Decimal
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def carrier_of(trade: Trade, code: str = "DHL") -> Partner:
    return trade.books.partner(code, is_carrier=True)


def service_of(trade: Trade, carrier: Partner) -> CarrierService:
    service = CarrierService(
        company=trade.books.company,
        code="PARCEL",
        name="Parcel",
        carrier=carrier,
        currency=trade.books.company.currency,
    ).save_by(trade.books.by)
    rates = [("", "0", "8", "0.60"), ("", "10", "9", "0.50"), ("CH", "0", "30", "1")]
    for country, weight, base, per_kg in rates:
        create_rate(
            company=trade.books.company,
            service=service,
            country=country,
            from_weight=D(weight),
            base_price=D(base),
            price_per_kg=D(per_kg),
            valid_from=DAY,
            by=trade.books.by,
        )
    return service


def shipped(trade: Trade, quantity: str = "4", price: str = "20", **item: Any) -> Shipment:
    """An order over an item that weighs 2.5 kg a piece, shipped."""
    made = trade.item(sales_price=D(price), **item)
    ItemHandling(
        company=trade.books.company, code=made.code, name=made.code, item=made, unit_weight=D("2.5")
    ).save_by(trade.books.by)
    trade.stocked(made, "10", "5", lots=["L1"] if item.get("tracking") == "lot" else [""])
    order = confirm_sales_order(
        sell(trade, OrderLine(made, D(quantity), D(price))), by=trade.books.by
    )
    return send(trade, order, quantity)


def planned(trade: Trade, *shipments: Shipment, **values: Any) -> Consignment:
    values.setdefault("date", DAY)
    return plan_consignment(trade.books.company, shipments=shipments, by=trade.books.by, **values)


def order_of(shipment: Shipment) -> Any:
    return shipment.lines.get().expected_move.source.order


def test_shipments_of_a_customer_go_together_at_the_rate_of_their_weight(trade: Trade) -> None:
    carrier = carrier_of(trade)
    service = service_of(trade, carrier)
    first, second = shipped(trade, "4"), shipped(trade, "1")
    consignment = planned(trade, first, second, service=service)
    assert (consignment.carrier, consignment.gross_weight) == (carrier, D("12.5"))
    assert consignment.freight_estimate == D("15.25")  # 9 + 12.5 × 0.50
    light = update_consignment(consignment, gross_weight=D(5), by=trade.books.by)
    assert light.freight_estimate == 11  # 8 + 5 × 0.60
    abroad = update_consignment(light, country="CH", by=trade.books.by)
    assert abroad.freight_estimate == 35  # 30 + 5
    early = update_consignment(abroad, date=DAY - timedelta(days=1), by=trade.books.by)
    assert (early.freight_estimate, early.freight_currency) == (None, None)


def test_dispatched_its_shipments_carry_the_carriers_number(trade: Trade) -> None:
    carrier = carrier_of(trade)
    first, second = shipped(trade), shipped(trade)
    consignment = planned(trade, first, second)
    with nothing_written(), pytest.raises(BusinessError) as refusal:
        dispatch_consignment(consignment, by=trade.books.by)
    assert refusal.value.code == "no_carrier"
    update_consignment(consignment, carrier=carrier, by=trade.books.by)
    dispatch_consignment(consignment, tracking_number="00340", by=trade.books.by)
    for one in Shipment.objects.all():
        assert (one.carrier, one.tracking_number) == (carrier, "00340")
    with nothing_written(), pytest.raises(BusinessError) as kept:
        reverse_shipment(first, date=DAY, reason="no", by=trade.books.by)
    assert kept.value.code == "consigned"
    cancel_consignment(consignment, reason="stopped", by=trade.books.by)
    assert planned(trade, first).parts.count() == 1
    with pytest.raises(InvalidTransition):
        dispatch_consignment(consignment, by=trade.books.by)


@pytest.mark.parametrize(
    "case",
    [
        "no_lines shipments",
        "other_partner shipments",
        "consigned_before shipments",
        "reversed shipments",
        "wrong_partner carrier",
        "other_carrier service",
        "bad_country country",
        "not_positive gross_weight",
    ],
)
def test_what_can_not_go_is_named_and_not_written(trade: Trade, case: str) -> None:
    code, field = case.split()
    first = shipped(trade)
    if code == "other_partner":
        mine, trade.customer = trade.customer, trade.books.partner("CUS-2")
        other = shipped(trade)
        trade.customer = mine
    if code == "consigned_before":
        planned(trade, first)
    if code == "reversed":
        reverse_shipment(first, date=DAY, reason="no", by=trade.books.by)
    values: dict[str, Any] = {
        "wrong_partner": {"carrier": trade.customer},
        "bad_country": {"country": "de"},
        "not_positive": {"gross_weight": D(0)},
    }.get(code, {})
    if code == "other_carrier":
        service = service_of(trade, carrier_of(trade))
        values = {"carrier": carrier_of(trade, "UPS"), "service": service}
    shipments = {
        "no_lines": [],
        "other_partner": [first, other] if field and code == "other_partner" else [],
    }.get(code, [first])
    with nothing_written(), pytest.raises((InvalidInput, BusinessError)) as refusal:
        planned(trade, *shipments, **values)
    assert (refusal.value.code, refusal.value.field) == (code, field)


def test_the_carriers_bill_is_freight_by_shipment(trade: Trade) -> None:
    carrier = carrier_of(trade)
    first, second = shipped(trade, "4"), shipped(trade, "1")
    consignment = dispatch_consignment(
        planned(trade, first, second, carrier=carrier), by=trade.books.by
    )
    charges = trade.books.balance("2000")
    invoice = bill_freight(
        trade.books.company,
        carrier=carrier,
        reference="DHL-1",
        date=DAY,
        lines=[BilledFreight(consignment, D("16.01"))],
        by=trade.books.by,
    )
    assert trade.books.balance("2000") == charges - D("16.01")
    parts = [(one.number, one.weight, one.billed) for one in freight_by_shipment(consignment)]
    assert parts == [(first.number, 10, D("12.81")), (second.number, D("2.5"), D("3.20"))]
    [line] = invoice.lines.all()
    credit_invoice(
        invoice,
        date=DAY,
        lines=[CreditLine(line, D(1), D("6.01"))],
        reference="C",
        by=trade.books.by,
    )
    assert billed_freight(consignment) == 10
    other = carrier_of(trade, "UPS")
    with nothing_written(), pytest.raises(InvalidInput) as refusal:
        bill_freight(
            trade.books.company,
            carrier=other,
            reference="U-1",
            date=DAY,
            lines=[BilledFreight(consignment, D(1))],
            by=trade.books.by,
        )
    assert (refusal.value.code, refusal.value.row) == ("other_carrier", 0)
    assert_reconciled()


def test_what_is_charged_goes_with_the_customers_invoice_once(trade: Trade) -> None:
    carrier = carrier_of(trade)
    first, second = shipped(trade, "4"), shipped(trade, "1")
    dispatch_consignment(
        planned(trade, first, second, carrier=carrier, charge_amount=D("18.50")),
        by=trade.books.by,
    )
    one = invoice_order(order_of(first), date=DAY, by=trade.books.by)
    assert one.total == D("98.50")  # 4 × 20 and the freight
    assert [line.amount for line in one.lines.order_by("pk")] == [80, D("18.50")]
    two = invoice_order(order_of(second), date=DAY, by=trade.books.by)
    assert two.total == 20
    reverse_invoice(one, date=DAY, reason="wrong", by=trade.books.by)
    again = invoice_order(order_of(first), date=DAY, by=trade.books.by)
    assert again.total == D("98.50")
    assert_reconciled()


def test_nothing_is_charged_before_it_left_or_in_another_currency(trade: Trade) -> None:
    from tests.factories import make_currency

    first = shipped(trade, "4")
    planned(trade, first, charge_amount=D(7))
    assert invoice_order(order_of(first), date=DAY, by=trade.books.by).total == 80
    second = shipped(trade, "1")
    dispatch_consignment(
        planned(trade, second, carrier=carrier_of(trade), charge_amount=D(7)), by=trade.books.by
    )
    trade.customer.currency = make_currency("USD")
    trade.customer.save_by(trade.books.by)
    assert invoice_order(order_of(second), date=DAY, by=trade.books.by).total == 20
    assert Invoice.objects.filter(kind="customer").count() == 2


def test_the_proof_says_who_when_and_what_was_wrong(trade: Trade) -> None:
    first = shipped(trade, "4")
    consignment = dispatch_consignment(
        planned(trade, first, carrier=carrier_of(trade)), by=trade.books.by
    )
    line = first.lines.get()
    when = timezone.now() - timedelta(minutes=5)
    proof = deliver_consignment(
        consignment,
        received_by=" Ann Smith ",
        delivered_at=when,
        note="rain",
        exceptions=[Found(line, "damaged", D(1), "corner"), Found(line, "missing", D(2))],
        signature=ContentFile(PNG, name="signature.png"),
        by=trade.books.by,
    )
    consignment.refresh_from_db()
    assert (consignment.status, proof.received_by, proof.delivered_at) == (
        "delivered",
        "Ann Smith",
        when,
    )
    file = Attachment.objects.get()
    assert (file.target, file.content_type, file.sha256) == (
        consignment,
        "image/png",
        proof.signature_sha256,
    )
    rows = [(one.kind, one.quantity, one.note) for one in proof.exceptions.all()]
    assert rows == [("damaged", 1, "corner"), ("missing", 2, "")]
    with pytest.raises(InvalidTransition):
        deliver_consignment(consignment, received_by="Bob", by=trade.books.by)


@pytest.mark.parametrize(
    "case",
    [
        "required received_by",
        "bad_time delivered_at",
        "early delivered_at",
        "wrong_line shipment_line",
        "more_than_shipped quantity",
        "unknown_kind kind",
        "not_positive quantity",
    ],
)
def test_a_proof_that_can_not_be_is_named_and_not_written(trade: Trade, case: str) -> None:
    code, field = case.split()
    first, other = shipped(trade, "4"), shipped(trade, "1")
    consignment = dispatch_consignment(
        planned(trade, first, carrier=carrier_of(trade)), by=trade.books.by
    )
    line = first.lines.get()
    values: dict[str, Any] = {
        "required": {"received_by": "  "},
        "bad_time": {"delivered_at": timezone.now() + timedelta(hours=1)},
        "early": {"delivered_at": timezone.now().replace(year=2025)},
        "wrong_line": {"exceptions": [Found(other.lines.get(), "missing", D(1))]},
        "more_than_shipped": {
            "exceptions": [Found(line, "missing", D(3)), Found(line, "damaged", D(2))]
        },
        "unknown_kind": {"exceptions": [Found(line, "lost", D(1))]},
        "not_positive": {"exceptions": [Found(line, "missing", D(0))]},
    }[code]
    with nothing_written(), pytest.raises(InvalidInput) as refusal:
        deliver_consignment(consignment, **{"received_by": "Ann", **values}, by=trade.books.by)
    expected = "bad_time" if code == "early" else code
    assert (refusal.value.code, refusal.value.field) == (expected, field)
    assert not ProofOfDelivery.objects.exists() and not DeliveryException.objects.exists()


def test_a_signature_that_is_no_image_is_refused(trade: Trade) -> None:
    consignment = dispatch_consignment(
        planned(trade, shipped(trade), carrier=carrier_of(trade)), by=trade.books.by
    )
    with nothing_written(), pytest.raises(InvalidInput):
        deliver_consignment(
            consignment,
            received_by="Ann",
            signature=ContentFile(b"<script>", name="signature.png"),
            by=trade.books.by,
        )


def exported(trade: Trade, **values: Any) -> Consignment:
    first, second = shipped(trade, "4", tracking="lot"), shipped(trade, "1", "30")
    for one, code in ((first, "84139100"), (second, "731815")):
        create_trade_data(
            company=trade.books.company,
            item=one.lines.get().item,
            hs_code=code,
            origin_country="DE",
            net_weight=D("2.25"),
            description=f"Goods of {code}",
            by=trade.books.by,
        )
    values = {"country": "CH", "incoterm": "DAP", "incoterm_place": "Zurich", **values}
    return planned(trade, first, second, carrier=carrier_of(trade), **values)


def test_export_papers_are_data_to_the_cent(trade: Trade) -> None:
    papers = export_papers(exported(trade))
    assert (papers.currency, papers.total_value, papers.net_weight) == ("EUR", 110, D("11.25"))
    assert papers.gross_weight == D("11.25")
    rows = [
        (one.hs_code, one.origin_country, one.quantity, one.unit_value, one.value, one.net_weight)
        for one in papers.lines
    ]
    assert rows == [
        ("84139100", "DE", 4, 20, 80, 9),
        ("731815", "DE", 1, 30, 30, D("2.25")),
    ]
    assert papers.lines[0].lots == "L1"
    assert len(papers.orders) == 2 and len(papers.shipments) == 2


def test_export_papers_come_as_pdf_and_table(trade: Trade) -> None:
    consignment = exported(trade)
    text = pypdfium2.PdfDocument(commercial_invoice_pdf(consignment))[0]
    said = text.get_textpage().get_text_range()
    for word in ("84139100", "Goods of 731815", "DAP Zurich", "110.00", consignment.number):
        assert word in said
    rows = list(csv.DictReader(io.StringIO(export_csv(consignment).decode("utf-8-sig"))))
    assert [(row["hs_code"], D(row["value"]), row["incoterm"]) for row in rows] == [
        ("84139100", 80, "DAP"),
        ("731815", 30, "DAP"),
    ]


@pytest.mark.parametrize(
    "code", ["trade_data_missing", "country_missing", "incoterm_missing", "no_single_currency"]
)
def test_papers_that_lack_something_name_it(trade: Trade, code: str) -> None:
    from tests.factories import make_currency

    consignment = exported(
        trade,
        **{"country_missing": {"country": ""}, "incoterm_missing": {"incoterm": ""}}.get(code, {}),
    )
    if code == "trade_data_missing":
        from apps.supply_chain.models import ItemTradeData

        row = ItemTradeData.objects.first()
        assert row is not None
        row.delete()
    if code == "no_single_currency":
        order = order_of(Shipment.objects.order_by("pk")[0])
        type(order).objects.filter(pk=order.pk).update(currency=make_currency("USD"))
    with pytest.raises(BusinessError) as refusal:
        export_papers(consignment)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"hs_code": "12AB56"}, "bad_hs_code"),
        ({"hs_code": "12345"}, "bad_hs_code"),
        ({"origin_country": "xx"}, "bad_country"),
        ({"net_weight": D(0)}, "not_positive"),
    ],
)
def test_bad_trade_data_are_named(trade: Trade, values: dict[str, Any], code: str) -> None:
    given = {"hs_code": "123456", "origin_country": "DE", "net_weight": D(1), **values}
    item = trade.item()
    with nothing_written(), pytest.raises(InvalidInput) as refusal:
        create_trade_data(company=trade.books.company, item=item, by=trade.books.by, **given)
    assert (refusal.value.code, refusal.value.field) == (code, next(iter(values)))


def test_it_lives_through_the_api_and_the_page(trade: Trade, client: Any) -> None:
    consignment = exported(trade)
    api = ApiClient(trade.books.by)
    cancel_consignment(consignment, reason="by the API", by=trade.books.by)
    keys = list(Shipment.objects.order_by("pk").values_list("pk", flat=True))
    made = api.post(
        "/supply-chain/consignments/",
        {
            "shipments": keys,
            "date": "2026-03-10",
            "carrier": "DHL",
            "country": "CH",
            "incoterm": "DAP",
            "charge_amount": "5",
        },
    )
    assert made.status_code == 201, made.body
    assert made.body["shipment_ids"] == keys
    path = f"/supply-chain/consignments/{made.body['id']}"
    gone = api.post(f"{path}/dispatch-now/", {"tracking_number": "1Z"})
    assert (gone.status_code, gone.body["status"]) == (200, "dispatched"), gone.body
    papers = api.get(f"{path}/export-papers/").body
    assert (D(papers["total_value"]), len(papers["lines"])) == (110, 2)
    assert api.get(f"{path}/export-csv/").content.startswith(b"\xef\xbb\xbfnumber,")
    billed = api.post(
        "/supply-chain/consignments/bill-freight/",
        {
            "carrier": "DHL",
            "reference": "D-1",
            "date": "2026-03-11",
            "lines": [{"consignment": made.body["id"], "amount": "11.25"}],
        },
    )
    assert billed.status_code == 201, billed.body
    rows = api.get(f"{path}/freight/").body["results"]
    assert [D(row["billed"]) for row in rows] == [9, D("2.25")]
    line = Shipment.objects.get(pk=keys[0]).lines.get()
    proof = api.post(
        f"{path}/deliver/",
        {
            "received_by": "Ann",
            "exceptions": [{"shipment_line": line.pk, "kind": "damaged", "quantity": "1"}],
        },
    )
    assert proof.status_code == 201, proof.body
    assert proof.body["exceptions"][0]["kind"] == "damaged"
    listed = api.get("/supply-chain/proofs-of-delivery/").body["results"]
    assert [row["received_by"] for row in listed] == ["Ann"]
    client.force_login(trade.books.by)
    page = client.get(f"/admin/supply_chain/consignment/{made.body['id']}/change/")
    assert page.status_code == 200 and "Ann" in page.content.decode()
    scan = client.get("/stock/", {"scan": "1Z"}).content.decode()
    assert made.body["number"] in scan
    assert date.fromisoformat(made.body["date"]) == DAY
