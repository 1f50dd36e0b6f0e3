"""Requests for quotation: bids side by side, the best ordered, its price kept if wanted."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.masterdata.models import Partner
from apps.supply_chain.models import Bid, PurchaseOrder, RequestForQuotation, SupplierItem
from apps.supply_chain.queries.bids import compare_bids
from apps.supply_chain.rfq_printouts import request_pdf
from apps.supply_chain.services.awards import award_request
from apps.supply_chain.services.requests_for_quotation import (
    Price,
    Requested,
    create_request,
    enter_bid,
    send_request,
)
from tests.factories import make_currency
from tests.supply_chain.test_supplier_items import terms
from tests.support.faces import ApiClient
from tests.support.trade import Trade, statements

D = Decimal


def today() -> date:
    return timezone.localdate()


def ask(trade: Trade, *lines: Requested, suppliers: list[Partner]) -> RequestForQuotation:
    request = create_request(
        trade.books.company,
        site=trade.books.site,
        answer_by=today() + timedelta(days=7),
        lines=lines,
        suppliers=suppliers,
        by=trade.books.by,
    )
    return send_request(request, by=trade.books.by)


def wanted(trade: Trade, quantity: str, **values: Any) -> Requested:
    return Requested(
        values.pop("item", None) or trade.item(), D(quantity), today() + timedelta(days=30),
        **values,
    )  # fmt: skip


def bid(
    trade: Trade, request: RequestForQuotation, partner: Partner, *prices: str | None, **values: Any
) -> Bid:
    lines = [
        Price(line, D(price))
        for line, price in zip(request.lines.all(), prices, strict=True)
        if price is not None
    ]
    return enter_bid(request, partner=partner, lines=lines, by=trade.books.by, **values)


@pytest.fixture
def three(trade: Trade) -> list[Partner]:
    return [trade.supplier, trade.books.partner("SUP2"), trade.books.partner("SUP3")]


def test_bids_are_compared_in_company_currency(trade: Trade, three: list[Partner]) -> None:
    dollar = make_currency("USD")
    trade.books.rate("USD", date(2026, 1, 1), "0.9")
    request = ask(trade, wanted(trade, "100"), wanted(trade, "10"), suppliers=three)
    bid(trade, request, three[0], "2", "5", lead_time_days=20, freight_amount=D(30))
    bid(trade, request, three[1], "2.10", "5.50", lead_time_days=10, currency=dollar)
    bid(trade, request, three[2], "1.50", None, lead_time_days=5)
    found = compare_bids(request)
    told = [
        (t.partner_code, t.goods, t.freight, t.landed, t.is_complete, t.is_cheapest, t.is_fastest)
        for t in found.totals
    ]
    assert told == [
        ("SUP3", 150, 0, 150, False, False, False),
        ("SUP2", D("238.50"), 0, D("238.50"), True, True, True),
        ("SUP", 250, 30, 280, True, False, False),
    ]
    first, second = (found.offers[line.pk] for line in request.lines.all())
    assert [(o.partner_code, o.landed, o.is_cheapest, o.is_fastest) for o in first] == [
        ("SUP", 224, False, False),
        ("SUP2", 189, False, False),
        ("SUP3", 150, True, True),
    ]
    assert [(o.freight, o.landed, o.is_cheapest) for o in second] == [
        (6, 56, False),
        (0, D("49.50"), True),
    ]


def test_a_second_bid_replaces_the_first(trade: Trade, three: list[Partner]) -> None:
    request = ask(trade, wanted(trade, "1"), suppliers=three)
    bid(trade, request, three[0], "2", lead_time_days=9)
    again = bid(trade, request, three[0], "1", lead_time_days=8)
    assert Bid.objects.count() == 1 and again.version == 2
    [[offer]] = compare_bids(request).offers.values()
    assert (offer.unit_price, offer.lead_time_days) == (1, 8)


def test_an_award_orders_by_supplier_with_his_share_of_freight(
    trade: Trade, three: list[Partner]
) -> None:
    item = trade.item()
    box = trade.box_of(item, 12)
    request = ask(
        trade, wanted(trade, "10", item=item, unit=box), wanted(trade, "10"), suppliers=three
    )
    first = bid(trade, request, three[0], "24", "8", freight_amount=D(40), lead_time_days=6)
    second = bid(trade, request, three[1], "30", "4", reference="Q-77")
    chosen = [first.lines.all()[0], second.lines.all()[1]]
    orders = award_request(request, lines=chosen, keep_prices=True, by=trade.books.by)
    told = [
        (
            order.partner.code,
            order.freight_amount,
            order.supplier_reference,
            [(line.quantity, line.unit_price, line.bid_line_id) for line in order.lines.all()],
        )
        for order in orders
    ]
    assert told == [
        ("SUP", 30, "", [(10, 24, chosen[0].pk)]),
        ("SUP2", 0, "Q-77", [(10, 4, chosen[1].pk)]),
    ]
    request.refresh_from_db()
    assert request.status == "awarded"
    kept = SupplierItem.objects.get(item=item)
    assert (kept.partner, kept.unit, kept.lead_time_days) == (three[0], box, 6)
    assert [(p.from_quantity, p.unit_price) for p in kept.prices.all()] == [(10, 24)]
    with pytest.raises(InvalidTransition):
        award_request(request, lines=chosen, by=trade.books.by)


def test_a_kept_price_goes_into_the_terms_there_are(trade: Trade, three: list[Partner]) -> None:
    item = trade.item()
    row = terms(trade, item, ("1", "3"))
    request = ask(
        trade, wanted(trade, "2", item=item, unit=trade.box_of(item, 12)), suppliers=three
    )
    line = bid(trade, request, three[0], "30").lines.get()
    award_request(request, lines=[line], keep_prices=True, by=trade.books.by)
    assert [(p.from_quantity, p.unit_price) for p in row.prices.all()] == [
        (1, 3),
        (24, D("2.5")),
    ]


@pytest.mark.parametrize("case", ["nothing_awarded", "wrong_bid", "bid_expired", "other_currency"])
def test_a_bad_award_is_named_and_nothing_is_written(
    trade: Trade, three: list[Partner], case: str
) -> None:
    item = trade.item()
    request = ask(trade, wanted(trade, "1", item=item), suppliers=three)
    values: dict[str, Any] = {}
    if case == "bid_expired":
        values["valid_until"] = today() - timedelta(days=1)
    if case == "other_currency":
        terms(trade, item, currency=make_currency("USD"))
    first = bid(trade, request, three[0], "2", **values).lines.get()
    second = bid(trade, request, three[1], "3").lines.get()
    lines = {"nothing_awarded": [], "wrong_bid": [second, first]}.get(case, [first])
    with pytest.raises(BusinessError) as refusal:
        award_request(request, lines=lines, keep_prices=True, by=trade.books.by)
    assert refusal.value.code == case and refusal.value.field
    request.refresh_from_db()
    assert request.status == "sent" and not PurchaseOrder.objects.exists()
    assert not SupplierItem.objects.exclude(currency="USD").exists()


@pytest.mark.parametrize(
    "case",
    [
        "not_asked partner",
        "wrong_request requested_line",
        "negative unit_price",
        "negative freight_amount",
        "no_lines lines",
    ],
)
def test_a_bad_bid_is_named_and_not_written(trade: Trade, three: list[Partner], case: str) -> None:
    code, field = case.split()
    request = ask(trade, wanted(trade, "1"), suppliers=three[:2])
    other = ask(trade, wanted(trade, "1"), suppliers=three[:2])
    line = request.lines.get()
    prices = {
        "requested_line": [Price(other.lines.get(), D(1))],
        "unit_price": [Price(line, D(-1))],
        "lines": [],
    }.get(field, [Price(line, D(1))])
    with pytest.raises(InvalidInput) as refusal:
        enter_bid(
            request,
            partner=three[2] if field == "partner" else three[0],
            lines=prices,
            freight_amount=D(-1) if field == "freight_amount" else D(0),
            by=trade.books.by,
        )
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not Bid.objects.exists()


@pytest.mark.parametrize(
    "case", ["no_lines lines", "no_suppliers suppliers", "wrong_partner partner",
             "not_positive quantity", "needed_before needed_by"]
)  # fmt: skip
def test_a_bad_request_is_named_and_not_written(
    trade: Trade, three: list[Partner], case: str
) -> None:
    code, field = case.split()
    line = wanted(trade, "1")
    lines = {
        "lines": [],
        "quantity": [wanted(trade, "0")],
        "needed_by": [Requested(trade.item(), D(1), today() - timedelta(days=9))],
    }.get(field, [line])
    suppliers = {"suppliers": [], "partner": [three[0], three[0]]}.get(field, three)
    with pytest.raises(InvalidInput) as refusal:
        ask(trade, *lines, suppliers=suppliers)
    assert (refusal.value.code, refusal.value.field) == (code, field)
    assert not RequestForQuotation.objects.exists()


def test_each_supplier_gets_his_letter_in_his_language(trade: Trade, three: list[Partner]) -> None:
    item = trade.item()
    terms(trade, item, supplier_code="THEIR-7")
    three[1].language = "de"
    three[1].save_by(trade.books.by)
    request = ask(trade, wanted(trade, "5", item=item), suppliers=three)
    pages = [page.extract_text() for page in PdfReader(BytesIO(request_pdf(request))).pages]
    assert len(pages) == 3
    assert "THEIR-7" in pages[0] and "THEIR-7" not in pages[1]
    assert "Request for quotation" in pages[0] and "Anfrage" in pages[1]


def test_a_request_lives_through_the_api_and_the_page(
    trade: Trade, three: list[Partner], client: Any
) -> None:
    item, api = trade.item(), ApiClient(trade.books.by)
    made = api.post(
        "/supply-chain/requests-for-quotation/",
        {
            "site": "MAIN",
            "answer_by": (today() + timedelta(days=7)).isoformat(),
            "lines": [
                {
                    "item": item.code,
                    "quantity": "10",
                    "needed_by": (today() + timedelta(days=30)).isoformat(),
                }
            ],
            "suppliers": [{"partner": "SUP"}, {"partner": "SUP2"}],
        },
    )
    assert made.status_code == 201, made.body
    path = f"/supply-chain/requests-for-quotation/{made.body['id']}"
    assert api.post(f"{path}/send/").status_code == 200
    line = made.body["lines"][0]["id"]
    for code, price in (("SUP", "2"), ("SUP2", "1.90")):
        sent = {"partner": code, "lines": [{"requested_line": line, "unit_price": price}]}
        offered = api.post(f"{path}/bid/", sent)
        assert offered.status_code == 201, offered.body
    totals = api.get(f"{path}/comparison/").body["totals"]
    assert [(one["partner_code"], one["is_cheapest"]) for one in totals] == [
        ("SUP2", True),
        ("SUP", False),
    ]
    client.force_login(trade.books.by)
    page = client.get(f"/purchasing/bids/{made.body['id']}/").content.decode()
    assert "19.00" in page and "cheapest" in page
    best = offered.body["lines"][0]["id"]
    said = client.post(
        f"/purchasing/bids/{made.body['id']}/", {"key": "a1", f"line-{line}": best}, follow=True
    ).content.decode()
    assert PurchaseOrder.objects.get().number in said
    assert PurchaseOrder.objects.get().partner == three[1]


def test_the_statements_do_not_grow_with_bids(trade: Trade) -> None:
    counts = set()
    for size in (2, 12):
        partners = [trade.books.partner(f"S{size}{n}") for n in range(size)]
        request = ask(trade, *(wanted(trade, "1") for _ in range(size)), suppliers=partners)
        for partner in partners:
            bid(trade, request, partner, *["1"] * size)
        request = RequestForQuotation.objects.select_related("company__currency").get(pk=request.pk)
        counts.add(statements(lambda one=request: compare_bids(one))[0])
    assert len(counts) == 1
