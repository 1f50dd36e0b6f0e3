"""Messages arrive at least once, signed, with the same id, at the right endpoint."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, OutboxMessage, User
from apps.core.services.master_data import update_row
from apps.integration.api.representations import represent
from apps.integration.models import (
    IntegrationEvent,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookSecret,
)
from apps.integration.services.deliveries import (
    deliver_due,
    ping_endpoint,
    replay_delivery,
    replay_events,
)
from apps.integration.services.endpoints import (
    create_endpoint,
    resume_endpoint,
    rotate_secret,
    suspend_endpoint,
    update_endpoint,
)
from apps.integration.services.retries import delay_after, schedule
from apps.integration.tasks import deliver_webhooks, warn_of_suspension
from tests import factories
from tests.factories import Books
from tests.integration.conftest import Subscribe, make_account
from tests.integration.receiver import Message, Receiver
from tests.integration.test_events import make_partner
from tests.support.faces import make_member

Status = WebhookDelivery.Status


def verify(message: Message, secret: str) -> bool:
    """As a receiver would that knows nothing of our code: Standard Webhooks, by hand."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    head = f"{message.id}.{message.headers['webhook-timestamp']}."
    digest = hmac.new(key, head.encode() + message.body, hashlib.sha256).digest()
    wanted = "v1," + base64.b64encode(digest).decode()
    return any(
        hmac.compare_digest(wanted, one) for one in message.headers["webhook-signature"].split(" ")
    )


def let_time_pass(**more: Any) -> None:
    now = timezone.now()
    WebhookDelivery.objects.filter(status=Status.PENDING).update(next_attempt_at=now, **more)


def test_a_message_is_the_object_as_the_api_shows_it(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    made = subscribe("masterdata.partner.created")
    partner = make_partner(books.company, by)
    assert deliver_webhooks() == 1
    [message] = receiver.messages
    assert message.headers["content-type"] == "application/json"
    body = message.json
    event = IntegrationEvent.objects.get()
    assert body["type"] == "masterdata.partner.created"
    data = body["data"]
    assert data["company"] == "ACME"
    assert (data["id"], data["version"], data["position"]) == (partner.pk, 1, event.position)
    assert data["transaction"] == str(event.transaction)
    assert data["href"] == f"/api/v1/masterdata/partners/{partner.pk}/"
    from tests.support.faces import ApiClient

    shown = ApiClient(by).get(f"/masterdata/partners/{partner.pk}/").body
    assert data["object"] == shown
    assert verify(message, made.secret)
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.status_code, delivery.attempts) == ("delivered", 204, 1)
    assert deliver_webhooks() == 0


def test_a_changed_body_or_another_secret_does_not_verify(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    made, other = subscribe("masterdata.partner.created"), subscribe("hr.*")
    make_partner(books.company, by)
    deliver_webhooks()
    [message] = receiver.messages
    assert verify(message, made.secret)
    assert not verify(message, other.secret)
    changed = Message(message.path, message.headers, message.body.replace(b"P1", b"P2"))
    assert not verify(changed, made.secret)


def test_a_receiver_that_fails_gets_it_again_with_the_same_id(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    subscribe("masterdata.partner.created")
    receiver.answers = [500, 503, 429, 200]
    make_partner(books.company, by)
    for attempt in range(1, 5):
        assert deliver_webhooks() == 1
        delivery = WebhookDelivery.objects.get()
        assert delivery.attempts == attempt
        if attempt < 4:
            assert delivery.status == Status.PENDING
            wait = delivery.next_attempt_at - delivery.last_attempt_at
            plain = 10 * 4 ** (attempt - 1)
            assert plain * 0.8 - 1 <= wait.total_seconds() <= plain * 1.2 + 5
            assert deliver_webhooks() == 0, "not before its time"
            let_time_pass()
    assert delivery.status == Status.DELIVERED
    assert len({message.id for message in receiver.messages}) == 1


def test_the_schedule_of_attempts() -> None:
    times = [round(at.total_seconds()) for at in schedule()]
    assert times[:7] == [0, 10, 50, 210, 850, 3410, 13650]
    assert times[-1] <= 24 * 3600 < times[-1] + 4 * 3600
    assert len(times) == 12
    assert delay_after(1, chance=0) == timedelta(seconds=8)
    assert delay_after(1, chance=1) == timedelta(seconds=12)
    assert delay_after(500, chance=0.5) == timedelta(hours=4)


def test_retry_after_is_obeyed(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    subscribe("masterdata.partner.created")
    receiver.answers, receiver.headers = [429], {"retry-after": "900"}
    make_partner(books.company, by)
    deliver_webhooks()
    delivery = WebhookDelivery.objects.get()
    assert delivery.next_attempt_at - delivery.last_attempt_at > timedelta(seconds=890)


def test_after_a_day_the_endpoint_is_suspended_and_people_are_warned(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    admin = make_member("admin", books.company, permissions=("integration.resume_webhookendpoint",))
    admin.email = "admin@example.com"
    admin.save()
    endpoint = subscribe("masterdata.partner.created").row
    receiver.answers = [500, 500]
    make_partner(books.company, by)
    deliver_webhooks()
    let_time_pass(first_attempt_at=timezone.now() - timedelta(hours=24))
    deliver_webhooks()
    assert WebhookDelivery.objects.get().status == Status.FAILED
    endpoint.refresh_from_db()
    assert endpoint.is_suspended
    assert "500" in endpoint.suspension_reason
    [asked] = OutboxMessage.objects.filter(task="integration.warn_of_suspension")
    assert warn_of_suspension(**asked.payload) == 1
    [letter] = mail.outbox
    assert letter.to == ["admin@example.com"]
    assert endpoint.code in letter.subject
    assert "500" in letter.body

    make_partner(books.company, by, "P2")
    assert deliver_webhooks() == 0, "kept, not sent"
    resume_endpoint(endpoint, by=by)
    assert deliver_webhooks() == 1
    assert receiver.messages[-1].json["data"]["object"]["code"] == "P2"


def test_who_is_gone_is_suspended_at_once(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    endpoint = subscribe("masterdata.partner.created").row
    receiver.answers = [410]
    make_partner(books.company, by)
    deliver_webhooks()
    endpoint.refresh_from_db()
    assert endpoint.is_suspended


def test_a_receiver_that_is_away_is_not_tried_with_every_message(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    subscribe("masterdata.partner.created")
    receiver.answers = [500] * 10
    for number in range(5):
        make_partner(books.company, by, f"P{number}")
    assert deliver_webhooks() == 1
    assert deliver_webhooks() == 0


def test_what_the_account_may_not_see_is_not_sent(
    books: Books, company: Company, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    blind = make_account(company, code="blind", roles=(), by=by)
    subscribe("masterdata.partner.created", account=blind)
    make_partner(books.company, by)
    deliver_webhooks()
    assert receiver.messages == []
    assert WebhookDelivery.objects.get().status == Status.SKIPPED


def test_companies_stay_apart(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    away = factories.make_company("AWAY", by=by)
    theirs = make_account(away, by=by)
    subscribe("masterdata.*")
    subscribe("masterdata.*", company=away, account=theirs, code="THEIRS")
    make_partner(books.company, by)
    make_partner(away, by)
    deliver_webhooks()
    told = WebhookDelivery.objects.values_list("endpoint__company__code", "event__company__code")
    assert set(told) == {("ACME", "ACME"), ("AWAY", "AWAY")}
    partner = make_partner(away, by, "P9")
    mine = make_account(books.company, code="mine", by=by)
    assert not represent("masterdata.partner", partner.pk, mine.user_id).is_visible
    with pytest.raises(IntegrityError, match=r"company|foreign key"), transaction.atomic():
        WebhookEndpoint.objects.filter(code="THEIRS").update(account=mine)
        connection.check_constraints()


def test_a_deleted_object_is_told_without_body(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    subscribe("masterdata.partner.*")
    partner = make_partner(books.company, by)
    partner.delete()
    deliver_webhooks()
    last = receiver.messages[-1].json
    assert last["type"] == "masterdata.partner.deleted"
    assert last["data"]["object"] is None


def test_a_ping_goes_the_same_way(by: User, subscribe: Subscribe, receiver: Receiver) -> None:
    made = subscribe()
    ping_endpoint(made.row, by=by)
    deliver_webhooks()
    [message] = receiver.messages
    assert message.json["type"] == "integration.ping"
    assert verify(message, made.secret)


def test_replaying_sends_again_under_the_same_id(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    subscribe("masterdata.partner.created")
    partner = make_partner(books.company, by)
    deliver_webhooks()
    update_row(partner, values={"name": "Now"}, by=by)
    delivery = replay_delivery(WebhookDelivery.objects.get(), by=by)
    with pytest.raises(BusinessError, match="waiting"):
        replay_delivery(delivery, by=by)
    deliver_webhooks()
    first, second = receiver.messages
    assert first.id == second.id
    assert second.json["data"]["object"]["name"] == "Now", "shown as it is at delivery"


def test_a_range_is_replayed_to_who_came_later(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    subscribe("masterdata.partner.created")
    for number in range(4):
        make_partner(books.company, by, f"P{number}")
    deliver_webhooks()
    late = subscribe("masterdata.partner.*").row
    positions = sorted(IntegrationEvent.objects.values_list("position", flat=True))
    assert replay_events(late, first=positions[1], last=positions[2], by=by) == 2
    receiver.messages.clear()
    deliver_webhooks()
    assert [m.json["data"]["object"]["code"] for m in receiver.messages] == ["P1", "P2"]
    with pytest.raises(InvalidInput) as refused:
        replay_events(late, first=5, last=4, by=by)
    assert (refused.value.code, refused.value.field) == ("bad_range", "last")


def test_a_renewed_secret_and_the_old_one_sign_together(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver
) -> None:
    made = subscribe("masterdata.partner.created")
    newer = rotate_secret(made.row, by=by)
    make_partner(books.company, by)
    deliver_webhooks()
    [message] = receiver.messages
    assert verify(message, made.secret)
    assert verify(message, newer.secret)
    WebhookSecret.objects.filter(expires_at__isnull=False).update(expires_at=timezone.now())
    make_partner(books.company, by, "P2")
    deliver_webhooks()
    assert not verify(receiver.messages[-1], made.secret)
    assert verify(receiver.messages[-1], newer.secret)


def test_secrets_are_sealed(subscribe: Subscribe, settings: Any, by: User) -> None:
    from apps.integration.services.secrets import signing_secrets

    made = subscribe()
    row = WebhookSecret.objects.get()
    assert made.secret.removeprefix("whsec_") not in row.sealed
    older, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-" + "y" * 50
    with pytest.raises(BusinessError, match="Renew"):
        signing_secrets(made.row)
    settings.SECRET_KEY_FALLBACKS = [older]
    assert signing_secrets(made.row) == [made.secret]


def test_an_object_that_is_too_large_is_left_to_be_fetched(
    books: Books, by: User, subscribe: Subscribe, receiver: Receiver, monkeypatch: Any
) -> None:
    from apps.integration.services import deliveries

    monkeypatch.setattr(deliveries, "LARGEST_BODY", 300)
    subscribe("masterdata.partner.created")
    make_partner(books.company, by)
    deliver_due(represent)
    data = receiver.messages[0].json["data"]
    assert data["object"] is None
    assert data["is_too_large"] is True
    assert data["href"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"events": ""}, ("bad_events", "events")),
        ({"events": "no.such.thing"}, ("unknown_event", "events")),
        ({"events": "crm.%"}, ("unknown_event", "events")),
        ({"url": "https://127.0.0.1/"}, ("url_not_allowed", "url")),
        ({"url": "gopher://x/"}, ("url_not_allowed", "url")),
    ],
)
def test_bad_endpoints_are_refused_and_nothing_is_written(
    values: dict[str, str], expected: tuple[str, str], company: Company, by: User, settings: Any
) -> None:
    settings.WEBHOOK_PORTS = [443]
    account = make_account(company, by=by)
    given = {"url": "https://example.com/", "events": "crm.*", **values}
    with pytest.raises(InvalidInput) as refused:
        create_endpoint(company, code="E", account=account, by=by, **given)
    assert (refused.value.code, refused.value.field) == expected
    assert not WebhookEndpoint.objects.exists()
    assert not WebhookSecret.objects.exists()


def test_nobody_sees_more_through_an_account(company: Company, by: User, settings: Any) -> None:
    account = make_account(company, by=by)
    little = make_member("little", company, permissions=("integration.add_webhookendpoint",))
    with pytest.raises(BusinessError) as refused:
        create_endpoint(
            company,
            code="E",
            url="https://example.com/",
            events="crm.*",
            account=account,
            by=little,
        )
    assert (refused.value.code, refused.value.field) == ("account_exceeds_own", "account")
    assert not WebhookEndpoint.objects.exists()


def test_changes_of_an_endpoint_are_kept(by: User, subscribe: Subscribe) -> None:
    endpoint = subscribe("crm.*").row
    since = endpoint.watches_since
    update_endpoint(endpoint, name="Other", by=by)
    endpoint.refresh_from_db()
    assert endpoint.watches_since == since
    changed = update_endpoint(endpoint, events="hr.*", by=by)
    assert changed.watches_since > since
    assert suspend_endpoint(endpoint, reason="maintenance", by=by)
    assert not suspend_endpoint(endpoint, reason="again", by=by)
    reasons = list(endpoint.history.values_list("history_change_reason", flat=True))
    assert "maintenance" in reasons
