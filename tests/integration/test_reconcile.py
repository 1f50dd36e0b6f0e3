"""Each invariant, and an offence that it finds."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.models import Membership, User
from apps.core.reconcile import reconcile
from apps.integration.models import (
    IntegrationEvent,
    ServiceAccount,
    WebhookDelivery,
    WebhookEndpoint,
)
from apps.integration.services.events import number_events
from tests import factories
from tests.factories import Books
from tests.integration.conftest import Subscribe
from tests.integration.test_events import make_partner

CODES = (
    "webhook-event-addressed",
    "webhook-delivery-of-event",
    "webhook-due",
    "service-account-member",
)


def offences(code: str) -> int:
    [finding] = reconcile([code])
    return len(finding.offences)


@pytest.fixture
def told(books: Books, by: User, subscribe: Subscribe) -> WebhookDelivery:
    subscribe("masterdata.partner.created")
    make_partner(books.company, by)
    number_events()
    assert [offences(code) for code in CODES] == [0] * len(CODES)
    return WebhookDelivery.objects.get()


@pytest.mark.breaks("webhook-event-addressed")
def test_an_event_that_nobody_is_told_of(told: WebhookDelivery, books: Books) -> None:
    hours_ago = timezone.now() - timedelta(hours=2)
    WebhookEndpoint.objects.update(watches_since=hours_ago - timedelta(hours=1))
    IntegrationEvent.objects.create(
        company=books.company,
        kind="masterdata.partner.created",
        model="masterdata.partner",
        object_id=1,
        object_version=1,
        occurred_at=hours_ago,
        transaction=1,
    )
    assert offences("webhook-event-addressed") == 1


@pytest.mark.breaks("webhook-delivery-of-event")
def test_a_delivery_of_another_kind(told: WebhookDelivery) -> None:
    WebhookDelivery.objects.update(kind="hr.employee.created")
    assert offences("webhook-delivery-of-event") == 1


@pytest.mark.breaks("webhook-delivery-of-event")
def test_a_delivery_of_no_event(told: WebhookDelivery) -> None:
    WebhookDelivery.objects.update(event=None)
    assert offences("webhook-delivery-of-event") == 1


@pytest.mark.breaks("webhook-due")
def test_a_message_that_waits_too_long(told: WebhookDelivery) -> None:
    WebhookDelivery.objects.update(next_attempt_at=timezone.now() - timedelta(hours=2))
    assert offences("webhook-due") == 1


@pytest.mark.breaks("service-account-member")
def test_an_account_in_two_companies(told: WebhookDelivery, by: User) -> None:
    account = ServiceAccount.objects.get()
    Membership.objects.create(user=account.user, company=factories.make_company("AWAY", by=by))
    assert offences("service-account-member") == 1


@pytest.mark.breaks("service-account-member")
def test_an_account_that_was_raised(told: WebhookDelivery) -> None:
    User.objects.filter(service_account__isnull=False).update(is_superuser=True)
    assert offences("service-account-member") == 1
