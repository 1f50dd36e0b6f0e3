"""The board, the customer at a glance, the reports: seen, moved, refused, exported."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from apps.crm.services.activities import plan_activity
from apps.crm.services.quotation_lines import QuotedLine
from tests.crm.sales import in_days, opportunity, quote, sent, stage, today
from tests.factories import make_company
from tests.support.faces import make_member
from tests.support.trade import Trade

D = Decimal


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    return client


def test_the_board_moves_a_card_and_says_why_not(trade: Trade) -> None:
    talk, offer = stage(trade), stage(trade, "OFFER", 20, "60")
    one = opportunity(trade, name="Ten <pumps>", value=D(500))
    client = signed_in(trade.books.by)
    page = client.get("/crm/pipeline/").content.decode()
    assert "Ten &lt;pumps&gt;" in page and "weighted 100" in page
    url = f"/crm/pipeline/{one.pk}/move/"
    script = {"X-Requested-With": "XMLHttpRequest"}
    moved = client.post(url, {"stage": offer.pk, "version": one.version}, headers=script)
    assert (moved.status_code, moved.json()) == (200, {"stage": offer.pk})
    one.refresh_from_db()
    assert one.stage == offer
    stale = client.post(url, {"stage": talk.pk, "version": 1}, headers=script)
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_version")
    by_hand = client.post(url, {"stage": talk.pk, "back": "//evil.example"})
    assert (by_hand.status_code, by_hand["Location"]) == (302, "/crm/pipeline/")
    one.refresh_from_db()
    assert one.stage == talk
    assert client.post(url, {"stage": "x"}).status_code == 404
    assert client.get(url).status_code == 405


def test_the_board_is_closed_to_others(trade: Trade) -> None:
    stage(trade)
    one = opportunity(trade)
    watcher = make_member("watcher", trade.books.company, permissions=("crm.view_opportunity",))
    client = signed_in(watcher)
    assert b"draggable" not in client.get("/crm/pipeline/").content.replace(
        b'draggable="false"', b""
    )
    assert client.post(f"/crm/pipeline/{one.pk}/move/", {"stage": 1}).status_code == 403
    stranger = make_member(
        "stranger", make_company("AWAY", by=trade.books.by),
        permissions=("crm.view_opportunity", "crm.change_opportunity"),
    )  # fmt: skip
    client = signed_in(stranger)
    assert client.post(f"/crm/pipeline/{one.pk}/move/", {"stage": one.stage_id}).status_code == 404
    assert b"There is no stage yet" in client.get("/crm/pipeline/").content
    assert signed_in(make_member("none")).get("/crm/pipeline/").status_code == 403


def test_a_customer_at_a_glance(trade: Trade) -> None:
    stage(trade)
    opportunity(trade, name="Ten pumps")
    item = trade.item(sales_price=D(10))
    offer = sent(trade, quote(trade, QuotedLine(item, D(1))))
    plan_activity(offer, subject="Ask Ann", due_date=in_days(-1), by=trade.books.by)
    trade.books.posted_invoice("customer", trade.customer, today().replace(year=2026), "75")
    client = signed_in(trade.books.by)
    found = client.get("/crm/customers/?q=cus")
    assert found["Location"] == f"/crm/customers/{trade.customer.pk}/"
    page = client.get(found["Location"]).content.decode()
    for word in ("Ten pumps", offer.number, "Ask Ann", "75.00", "CUS Inc"):
        assert word in page, word
    seller = make_member(
        "seller", trade.books.company,
        permissions=("crm.view_salesorder", "masterdata.view_partner"),
    )  # fmt: skip
    page = signed_in(seller).get(found["Location"]).content.decode()
    assert "75.00" not in page and "Ten pumps" not in page


@pytest.mark.parametrize("name", ["pipeline", "outcomes", "quotations", "promises", "margins"])
def test_reports_and_their_files(trade: Trade, name: str) -> None:
    stage(trade)
    opportunity(trade, value=D(5))
    sent(trade, quote(trade, QuotedLine(trade.item(sales_price=D(10)), D(1))))
    client = signed_in(trade.books.by)
    url = f"/crm/reports/{name}/"
    assert client.get(url).status_code == 200
    for kind in ("csv", "xlsx", "pdf"):
        answer = client.get(f"{url}?as={kind}")
        assert answer.status_code == 200 and answer.content
    assert client.get(f"{url}?as=exe").status_code == 422
    assert client.get(f"{url}?date_from=x").status_code == 422
    assert client.get(f"{url}?date_from=2026-02-01&date_to=2026-01-01").status_code == 422
    assert signed_in(make_member("none", trade.books.company)).get(url).status_code == 403


def test_a_formula_in_a_name_is_text_in_the_file(trade: Trade) -> None:
    trade.customer.name = '=cmd|"/c calc"!A1'
    trade.customer.code = "+CUS"
    trade.customer.save_by(trade.books.by)
    sent(trade, quote(trade, QuotedLine(trade.item(sales_price=D(10)), D(1))))
    text = signed_in(trade.books.by).get("/crm/reports/quotations/?as=csv").content.decode()
    assert "'+CUS =cmd" in text
    assert not any(cell.strip('"').startswith(("=", "+")) for cell in text.split(","))
