"""Quotations: versions, discount by two persons, validity, breaks, the order that comes of them."""

from __future__ import annotations

from decimal import Decimal

import pypdfium2
import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.crm.models import Quotation, QuotationLine, SalesOrder
from apps.crm.printouts import quotation_pdf
from apps.crm.services.quotation_lines import ExtraCost, QuotedLine
from apps.crm.services.quotation_orders import order_quotation
from apps.crm.services.quotations import (
    approve_discount,
    approve_quotation,
    expire_quotations,
    lose_quotation,
    revise_quotation,
    send_quotation,
    update_quotation,
)
from apps.crm.tasks import expire_offers
from tests.crm.sales import in_days, limited_seller, outcome, quote, sent, today
from tests.factories import make_currency
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled
from tests.support.trade import Trade, statements

D = Decimal


def test_prices_discounts_and_costs_of_a_line(trade: Trade) -> None:
    item = trade.item(sales_price=D(100), purchase_price=D(60))
    offer = quote(
        trade,
        QuotedLine(item, D(2), discount_percent=D("12.5")),
        QuotedLine(item, D(1), unit_price=D(80)),
        QuotedLine(item, D(1), unit_price=D(120)),
        QuotedLine(item, D(2), unit=trade.box_of(item, 12), margin_percent=D(25), price_step=D(1)),
        QuotedLine(item, D(1), margin_percent=D(50), extra_costs=[ExtraCost("Packing", D(5))]),
    )
    rows = list(offer.lines.all())
    assert [(r.list_price, r.discount_percent, r.unit_price, r.price_source) for r in rows] == [
        (100, D("12.5"), D("87.5"), "item"),
        (100, 20, 80, "item"),
        (120, 0, 120, "item"),
        (960, 0, 960, "cost"),
        (130, 0, 130, "cost"),
    ]
    assert [r.unit_cost for r in rows] == [60, 60, 60, 60, 65]
    assert [(c.element, c.amount) for c in rows[4].cost_sheet.all()] == [
        ("material", 60), ("other", 5),
    ]  # fmt: skip
    assert offer.number == offer.base_number and offer.revision == 1
    assert_reconciled()


def test_a_foreign_offer_takes_cost_at_the_days_rate(trade: Trade) -> None:
    trade.books.rate("USD", in_days(-400), "0.5")
    item = trade.item(purchase_price=D(65))
    offer = quote(
        trade, QuotedLine(item, D(1), margin_percent=D(35)), currency=make_currency("USD")
    )
    assert offer.lines.get().unit_price == 200


def test_a_change_after_it_was_sent_is_a_new_version(trade: Trade) -> None:
    item = trade.item(sales_price=D(10))
    first = sent(trade, quote(trade, QuotedLine(item, D(5))))
    with pytest.raises(BusinessError) as refusal:
        update_quotation(first, lines=[QuotedLine(item, D(6))], by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("wrong_status", "status")
    second = revise_quotation(first, by=trade.books.by)
    assert (second.number, second.revision, second.status) == (
        f"{first.number}-2", 2, "draft",
    )  # fmt: skip
    with pytest.raises(BusinessError) as refusal:
        revise_quotation(first, by=trade.books.by)
    assert refusal.value.code == "already_revised"
    second = update_quotation(second, lines=[QuotedLine(item, D(6))], by=trade.books.by)
    first.refresh_from_db()
    assert first.status == "sent"  # until the new one goes out, the customer may take the old
    sent(trade, second)
    first.refresh_from_db()
    assert (first.status, first.lines.get().quantity) == ("replaced", 5)
    with pytest.raises(InvalidTransition):
        order_quotation(first, by=trade.books.by)
    text = pypdfium2.PdfDocument(quotation_pdf(second))[0].get_textpage().get_text_range()
    for word in (second.number, "Version", f"replaces {first.number}"):
        assert word in text, (word, text)
    order = order_quotation(second, by=trade.books.by)
    assert (order.quotation_id, order.lines.get().quantity) == (second.pk, 6)
    assert_reconciled()


def test_a_discount_over_the_limit_is_another_persons(trade: Trade) -> None:
    item = trade.item(sales_price=D(100))
    seller = limited_seller(trade, "10")
    within = quote(trade, QuotedLine(item, D(1), discount_percent=D(10)), by=seller)
    assert approve_quotation(within, by=seller).status == "approved"
    offer = quote(
        trade,
        QuotedLine(item, D(1)),
        QuotedLine(item, D(1), discount_percent=D("10.5")),
        by=seller,
    )
    with pytest.raises(BusinessError) as refusal:
        approve_quotation(offer, by=seller)
    assert (refusal.value.code, refusal.value.field, refusal.value.row) == (
        "discount_needs_approval", "discount_percent", 1,
    )  # fmt: skip
    with pytest.raises(BusinessError) as refusal:
        approve_discount(offer, by=seller)
    assert (refusal.value.code, refusal.value.field) == ("two_persons", "discount_percent")
    offer.refresh_from_db()
    assert (offer.status, offer.discount_approved_by, offer.version) == ("draft", None, 1)
    offer = approve_discount(offer, by=trade.books.by)
    offer = update_quotation(
        offer, lines=[QuotedLine(item, D(1), discount_percent=D(90))], by=seller
    )
    assert offer.discount_approved_by is None  # another offer, another approval
    offer = approve_discount(offer, by=trade.books.by)
    assert approve_quotation(offer, by=seller).status == "approved"


def test_the_database_too_wants_two_persons(trade: Trade) -> None:
    offer = quote(trade, QuotedLine(trade.item(sales_price=D(1)), D(1)))
    offer.discount_approved_by = trade.books.by
    with pytest.raises(IntegrityError, match="two_persons"), transaction.atomic():
        offer.save_by(trade.books.by)


def test_past_its_validity_nothing_is_ordered(trade: Trade) -> None:
    offer = quote(
        trade, QuotedLine(trade.item(sales_price=D(1)), D(1)),
        quotation_date=in_days(-10), valid_until=today(),
    )  # fmt: skip
    offer = sent(trade, offer)
    with pytest.raises(BusinessError) as refusal:
        order_quotation(offer, order_date=in_days(1), by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("quotation_expired", "valid_until")
    offer.refresh_from_db()
    assert offer.status == "sent" and not SalesOrder.objects.exists()
    assert expire_quotations(trade.books.company, at=today(), by=trade.books.by) == []
    [gone] = expire_quotations(trade.books.company, at=in_days(1), by=trade.books.by)
    assert (gone.pk, gone.status) == (offer.pk, "expired")
    again = revise_quotation(gone, by=trade.books.by)
    assert again.valid_until == in_days(10)


def test_offers_end_by_themselves(trade: Trade) -> None:
    item = trade.item(sales_price=D(1))
    late, good = (
        sent(
            trade,
            quote(
                trade,
                QuotedLine(item, D(1)),
                quotation_date=in_days(-10),
                valid_until=today(),
            ),
        )
        for _n in range(2)
    )
    Quotation.objects.filter(pk=late.pk).update(valid_until=in_days(-1))  # days went by
    assert (expire_offers(), expire_offers()) == (1, 0)
    late.refresh_from_db()
    good.refresh_from_db()
    assert (late.status, good.status) == ("expired", "sent")
    change = late.history.latest()
    assert (change.history_user, change.history_change_reason) == (
        late.created_by,
        "Validity ended",
    )


def test_the_end_of_offers_is_scheduled() -> None:
    tasks = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert expire_offers.name in tasks


def test_breaks_have_their_own_cost_and_price(trade: Trade) -> None:
    item = trade.item(purchase_price=D(10))
    offer = sent(
        trade,
        quote(
            trade,
            QuotedLine(item, D(10), margin_percent=D(50), breaks=[D(100), D(50)]),
        ),
    )
    line = offer.lines.get()
    assert [(b.min_quantity, b.unit_price) for b in line.breaks.all()] == [(50, 20), (100, 20)]
    line.breaks.filter(min_quantity=100).update(unit_price=18)
    with pytest.raises(BusinessError) as refusal:
        order_quotation(offer, quantities={10: D(9)}, by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("below_quoted", "quantities")
    with pytest.raises(InvalidInput):
        order_quotation(offer, quantities={99: D(9)}, by=trade.books.by)
    order = order_quotation(offer, quantities={10: D(120)}, by=trade.books.by)
    assert [(one.quantity, one.unit_price) for one in order.lines.all()] == [(120, 18)]


@pytest.mark.parametrize(
    ("change", "status", "attr", "code"),
    [
        ({"margin_percent": "100"}, 422, "margin_percent", "out_of_range"),
        ({"discount_percent": "101"}, 422, "discount_percent", "out_of_range"),
        ({"discount_percent": "1", "unit_price": "1"}, 422, "discount_percent",
         "price_or_discount"),
        ({"quantity": "0"}, 400, "lines.0.quantity", "not_positive"),
        ({"break_quantities": ["5", "5"]}, 422, "breaks", "duplicate_break"),
        ({"item": "NIL"}, 400, "lines.0.item", "does_not_exist"),
        ({"unit_cost": "1"}, 400, "lines.0.unit_cost", "read_only"),
        ({"item": "FREE", "margin_percent": "10"}, 422, "margin_percent", "no_cost"),
    ],
)  # fmt: skip
def test_bad_lines_are_named_and_nothing_is_written(
    trade: Trade, change: dict, status: int, attr: str, code: str
) -> None:
    trade.item(code="PUMP", sales_price=D(10), purchase_price=D(5))
    trade.item(code="FREE", sales_price=D(10))
    body = {
        "partner": "CUS", "site": "MAIN",
        "lines": [{"item": "PUMP", "quantity": "5", **change}],
    }  # fmt: skip
    answer = ApiClient(trade.books.by).post("/crm/quotations/", body)
    assert (answer.status_code, codes(answer)) == (status, [(attr, code)]), answer.content
    assert not Quotation.objects.exists() and not QuotationLine.objects.exists()


def test_lost_with_a_reason_of_its_kind(trade: Trade) -> None:
    offer = sent(trade, quote(trade, QuotedLine(trade.item(sales_price=D(1)), D(1))))
    with pytest.raises(InvalidInput) as refusal:
        lose_quotation(offer, outcome_reason=outcome(trade, "FAST", "won"), by=trade.books.by)
    assert (refusal.value.code, refusal.value.field) == ("wrong_reason", "outcome_reason")
    lost = lose_quotation(offer, outcome_reason=outcome(trade, "DEAR", "lost"), by=trade.books.by)
    assert (lost.status, lost.closed_on) == ("lost", today())
    newer = sent(trade, revise_quotation(lost, by=trade.books.by))
    lost.refresh_from_db()
    assert (lost.status, newer.revision) == ("replaced", 2)


def test_only_the_approved_is_sent(trade: Trade) -> None:
    offer = quote(trade, QuotedLine(trade.item(sales_price=D(1)), D(1)))
    with pytest.raises(InvalidTransition):
        send_quotation(offer, by=trade.books.by)


def test_statements_do_not_grow_with_lines(trade: Trade) -> None:
    items = [trade.item(sales_price=D(5), purchase_price=D(2)) for _n in range(20)]
    quote(trade, QuotedLine(items[0], D(1)))
    few, _q = statements(lambda: quote(trade, *(QuotedLine(item, D(1)) for item in items[:2])))
    many, _q = statements(lambda: quote(trade, *(QuotedLine(item, D(1)) for item in items)))
    # sheets of several items are named item by item only when they are new to the reader
    assert many - few <= 2 * 18
