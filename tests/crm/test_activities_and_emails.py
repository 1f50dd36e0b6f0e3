"""Activities about any document; e-mails kept, sent once after commit, with the printout."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core import mail
from django.db import DatabaseError, transaction

from apps.core.errors import InvalidInput
from apps.core.models import OutboxMessage
from apps.crm.models import EmailDelivery, EmailLog
from apps.crm.services.emails import send_email
from apps.crm.services.quotation_lines import QuotedLine
from apps.crm.tasks import send_email as deliver
from tests.crm.sales import in_days, lead, quote
from tests.factories import make_books
from tests.support.faces import ApiClient, codes, make_member
from tests.support.trade import Trade

D = Decimal


def test_an_activity_about_any_document(trade: Trade) -> None:
    offer = quote(trade, QuotedLine(trade.item(sales_price=D(1)), D(1)))
    api = ApiClient(trade.books.by)
    body = {
        "about": "quotation", "about_id": offer.pk, "kind": "call", "subject": "Ask",
        "due_date": str(in_days(3)),
    }  # fmt: skip
    made = api.post("/crm/activities/", body)
    assert made.status_code == 201, made.content
    assert (made.body["target_model"], made.body["target_id"], made.body["partner_code"]) == (
        "quotation", offer.pk, "CUS",
    )  # fmt: skip
    place = f"/crm/activities/{made.body['id']}"
    done = api.post(f"{place}/finish/", {"outcome": "They like it"})
    assert (done.body["status"], done.body["outcome"]) == ("done", "They like it")
    assert codes(api.post(f"{place}/cancel/", {"reason": "x"}))[0][1] == "invalid_transition"
    listed = api.get(f"/crm/activities/?target_id={offer.pk}&target_type__model=quotation")
    assert len(listed.body["results"]) == 1


def test_what_the_caller_can_not_see_nothing_is_planned_about(trade: Trade) -> None:
    other = make_books("OTHER")
    partner = other.partner()
    member = make_member(
        "planner", trade.books.company,
        permissions=("crm.add_activity", "crm.view_activity", "masterdata.view_partner"),
    )  # fmt: skip
    api = ApiClient(member)
    body = {"about": "partner", "about_id": partner.pk, "subject": "x", "due_date": "2026-01-01"}
    refused = api.post("/crm/activities/", body)
    assert (refused.status_code, codes(refused)) == (400, [("about_id", "does_not_exist")])
    mine = lead(trade)
    refused = api.post("/crm/activities/", {**body, "about": "lead", "about_id": mine.pk})
    assert refused.status_code == 400  # no right to see leads


def test_an_email_is_kept_and_sent_once_with_the_document(trade: Trade) -> None:
    offer = quote(trade, QuotedLine(trade.item(sales_price=D(1)), D(1)))
    api = ApiClient(trade.books.by)
    body = {
        "about": "quotation", "about_id": offer.pk, "to": ["ann@example.com"],
        "subject": "Your offer", "body": "Dear Ann,\nplease find it attached.",
        "is_printout_attached": True,
    }  # fmt: skip
    made = api.post("/crm/emails/send/", body)
    assert made.status_code == 201, made.content
    [message] = OutboxMessage.objects.filter(task="crm.send_email")
    assert not mail.outbox
    assert deliver(**message.payload) is True
    assert deliver(**message.payload) is False
    [letter] = mail.outbox
    assert (letter.subject, letter.to) == ("Your offer", ["ann@example.com"])
    assert letter.attachments[0][0] == f"{offer.number}.pdf"
    assert EmailDelivery.objects.count() == 1
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        EmailLog.objects.update(body="other")
    got = api.post(
        "/crm/emails/receive/",
        {"about": "quotation", "about_id": offer.pk, "sender": "ann@example.com",
         "subject": "Re: Your offer", "body": "Thanks"},
    )  # fmt: skip
    assert got.status_code == 201, got.content
    assert [row["direction"] for row in api.get("/crm/emails/").body["results"]] == [
        "received", "sent",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"to": ["nobody"]}, "to"),
        ({"to": []}, "to"),
        ({"subject": "a\nBcc: evil@example.com"}, "subject"),
        ({"subject": " "}, "subject"),
    ],
)
def test_a_bad_email_is_neither_kept_nor_sent(trade: Trade, values: dict, field: str) -> None:
    given = {"to": ["ann@example.com"], "subject": "x", "body": "y", **values}
    with pytest.raises(InvalidInput) as refusal:
        send_email(lead(trade), by=trade.books.by, **given)
    assert refusal.value.field == field
    assert not EmailLog.objects.exists() and not OutboxMessage.objects.exists()
