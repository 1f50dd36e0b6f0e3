"""Pages of shipping: what suppliers could ship, and the proof of delivery on a telephone."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.core.models import Attachment
from apps.supply_chain.models import Consignment, ProofOfDelivery, PurchaseOrder
from apps.supply_chain.queries.drop_ship import shippable_promises
from apps.supply_chain.services.consignments import dispatch_consignment
from apps.supply_chain.services.shippable_lines import Shipped
from tests.supply_chain.test_consignments import PNG, carrier_of, planned, shipped
from tests.supply_chain.test_shipments import promised, send
from tests.support.faces import make_member
from tests.support.trade import Trade

D = Decimal
DROP_SHIP = "/purchasing/drop-ship/"


@pytest.fixture
def signed_in(trade: Trade) -> Client:
    client = Client()
    client.force_login(trade.books.by, "apps.core.backends.PermissionBackend")
    return client


def key_of(page: Any) -> str:
    return page.content.decode().split('name="key" value="')[1].split('"')[0]


def test_promises_become_an_order_for_each_customer(trade: Trade, signed_in: Client) -> None:
    item = trade.item(purchase_price=D(7))
    trade.stocked(item, "10", "5")
    [mine] = promised(trade, (item, "4"))
    other = trade.books.partner("CUS-2")
    [theirs] = promised(trade, (trade.item(purchase_price=D(3)), "2"), partner=other)
    shown = shippable_promises(trade.books.company)
    assert [(one.open, one.free, one.is_short) for one in shown] == [
        (4, 10, False),
        (2, 0, True),
    ]
    page = signed_in.get(DROP_SHIP)
    sent = {
        "key": key_of(page),
        "supplier": "SUP",
        f"promise-{mine.pk}": "1",
        f"quantity-{mine.pk}": "3",
        f"promise-{theirs.pk}": "1",
        f"quantity-{theirs.pk}": "2",
    }
    assert signed_in.post(DROP_SHIP, sent).status_code == 302
    made = [
        (order.ships_to.code, line.quantity, line.unit_price)
        for order in PurchaseOrder.objects.filter(ships_to__isnull=False).order_by("pk")
        for line in order.lines.all()
    ]
    assert sorted(made) == [("CUS", 3, 7), ("CUS-2", 2, 3)]
    [left] = shippable_promises(trade.books.company)
    assert (left.id, left.open) == (mine.pk, 1)
    signed_in.post(DROP_SHIP, sent)  # the same form again
    assert PurchaseOrder.objects.filter(ships_to__isnull=False).count() == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Tick what is to be shipped"),
        ({"promise": "1", "supplier": "NOBODY"}, "NOBODY"),
        ({"promise": "1", "supplier": "SUP", "quantity": "5"}, "5 ordered"),
        ({"promise": "1", "supplier": "SUP", "quantity": "many"}, "Enter a number"),
    ],
)
def test_what_can_not_be_ordered_is_told(
    trade: Trade, signed_in: Client, given: dict[str, str], said: str
) -> None:
    [mine] = promised(trade, (trade.item(purchase_price=D(7)), "4"))
    sent = {"key": key_of(signed_in.get(DROP_SHIP))}
    for name, value in given.items():
        sent[name if name == "supplier" else f"{name}-{mine.pk}"] = value
    answer = signed_in.post(DROP_SHIP, sent)
    assert answer.status_code == 200 and said in answer.content.decode()
    assert not PurchaseOrder.objects.exists()


def test_who_may_not_order_is_refused(trade: Trade) -> None:
    client = Client()
    user = make_member("viewer", trade.books.company, permissions=("supply_chain.view_shipment",))
    client.force_login(user, "apps.core.backends.PermissionBackend")
    assert client.get(DROP_SHIP).status_code == 403
    assert client.post(DROP_SHIP, {"key": "x"}).status_code == 403


def dispatched(trade: Trade) -> Consignment:
    consignment = planned(trade, shipped(trade, "4"), carrier=carrier_of(trade))
    return dispatch_consignment(consignment, by=trade.books.by)


def test_a_delivery_is_proved_at_the_door(trade: Trade, signed_in: Client) -> None:
    consignment = dispatched(trade)
    [part] = consignment.parts.all()
    line = part.shipment.lines.get()
    url = f"/shipping/deliveries/{consignment.pk}/"
    wrong = {f"wrong-{line.pk}": "9", f"kind-{line.pk}": "damaged", f"why-{line.pk}": "corner"}
    sent = {"key": key_of(signed_in.get(url)), "received_by": "Ann Smith", **wrong}
    refused = signed_in.post(url, sent)
    assert refused.status_code == 200
    assert "4 were shipped" in refused.content.decode()
    assert 'value="Ann Smith"' in refused.content.decode()
    assert not ProofOfDelivery.objects.exists()
    sent |= {
        "key": key_of(refused),
        f"wrong-{line.pk}": "1",
        "signature": SimpleUploadedFile("sign.png", PNG, content_type="image/png"),
    }
    assert signed_in.post(url, sent).status_code == 302
    proof = ProofOfDelivery.objects.get()
    assert proof.signature_sha256 == Attachment.objects.get().sha256
    page = signed_in.get(url).content.decode()
    assert "Ann Smith" in page and "corner" in page and 'name="received_by"' not in page


def test_another_companys_delivery_does_not_exist(trade: Trade) -> None:
    from tests.factories import make_books

    consignment = dispatched(trade)
    elsewhere = make_books("ELSE")
    client = Client()
    user = make_member(
        "driver",
        elsewhere.company,
        permissions=("supply_chain.deliver_consignment", "supply_chain.view_consignment"),
    )
    client.force_login(user, "apps.core.backends.PermissionBackend")
    url = f"/shipping/deliveries/{consignment.pk}/"
    assert client.get(url).status_code == 404
    assert client.post(url, {"key": "x", "received_by": "Eve"}).status_code == 404
    assert not ProofOfDelivery.objects.exists()


def test_a_link_to_a_customers_goods_begins_with_what_is_open(
    trade: Trade, signed_in: Client
) -> None:
    """Ship, on an order, leads here: its lines are there, and what is left of them."""
    item, other = trade.item(), trade.item()
    trade.stocked(item, "10", "1")
    promises = promised(trade, (item, "4"), (other, "2.5"))
    send(trade, Shipped(promises[0], D(1)))
    address = f"/admin/supply_chain/shipment/add/?partner={trade.customer.pk}"
    page = signed_in.get(f"{address}&site={trade.books.site.pk}").context["inline_admin_formsets"][
        0
    ]
    begun = [
        (form.initial.get("expected_move"), form.initial.get("quantity"))
        for form in page.formset.forms
    ]
    assert begun == [(promises[0].pk, "3"), (promises[1].pk, "2.5")]
    sent = {
        "partner": trade.customer.pk, "site": trade.books.site.pk, "date": "2026-03-10",
        "lines-TOTAL_FORMS": "2", "lines-INITIAL_FORMS": "0",
        "lines-0-expected_move": promises[0].pk, "lines-0-quantity": "3",
        "lines-1-expected_move": "", "lines-1-quantity": "",
    }  # fmt: skip
    answer = signed_in.post(address, sent)
    assert answer.status_code == 302, answer.context["errors"]
    promises[0].refresh_from_db()
    assert promises[0].quantity_done == 4
    empty = signed_in.get("/admin/supply_chain/shipment/add/").context["inline_admin_formsets"][0]
    assert [form.initial for form in empty.formset.forms] == [{}]
