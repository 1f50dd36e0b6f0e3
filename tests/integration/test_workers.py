"""Workers die and work side by side: nothing is lost, nothing goes out twice at once."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from apps.core.models import Company, User
from apps.integration.api.representations import represent
from apps.integration.models import WebhookDelivery
from apps.integration.services.deliveries import deliver_due
from apps.integration.services.endpoints import create_endpoint
from apps.integration.services.events import number_events
from tests import factories
from tests.integration.conftest import make_account
from tests.integration.receiver import Receiver
from tests.integration.test_events import make_partner

pytestmark = [pytest.mark.reliability, pytest.mark.django_db(transaction=True)]
_SETTINGS = """
import django
django.setup()
from django.conf import settings
settings.SECRET_KEY = {key!r}  # what the test sealed is opened with it
settings.WEBHOOK_ALLOW_HTTP = True
settings.WEBHOOK_INTERNAL_NETWORKS = ["127.0.0.0/8"]
settings.WEBHOOK_PORTS = [{port}]
"""
_COMMITS_AND_DIES = """
import os
from apps.core.models import Company, User
from apps.masterdata.models import Partner
company, by = Company.objects.get(), User.objects.get(username="worker")
Partner(company=company, code="P", name="P", currency=company.currency).save_by(by)
os._exit(9)
"""
_DELIVERS = """
from apps.integration.api.representations import represent
from apps.integration.services.deliveries import deliver_due
deliver_due(represent)
"""


@pytest.fixture
def by(transactional_db: None) -> User:
    return factories.make_user("worker")


@pytest.fixture
def told(by: User, receiver: Receiver) -> Iterator[Company]:
    company = factories.make_company("ACME", by=by)
    create_endpoint(
        company,
        code="E",
        url=receiver.url,
        events="masterdata.partner.*",
        account=make_account(company, by=by),
        by=by,
    )
    yield company


def run(program: str, port: int, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    text = _SETTINGS.format(port=port, key=settings.SECRET_KEY) + program
    more = {"DJANGO_SETTINGS_MODULE": "mes_erp.settings.local"}
    return subprocess.Popen([sys.executable, "-c", text], env={**environment, **more})


def test_a_kill_between_commit_and_delivery_loses_nothing(
    told: Company, receiver: Receiver, database_environment: dict[str, str]
) -> None:
    assert run(_COMMITS_AND_DIES, receiver.port, database_environment).wait(60) == 9
    assert receiver.messages == []
    assert deliver_due(represent) == 1
    assert receiver.kinds == ["masterdata.partner.created"]


def test_a_worker_killed_while_it_sends_is_followed_by_another(
    told: Company, by: User, receiver: Receiver, database_environment: dict[str, str]
) -> None:
    make_partner(told, by)
    receiver.pause = 60
    worker = run(_DELIVERS, receiver.port, database_environment)
    _wait_for(lambda: receiver.messages)
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    receiver.pause = 0
    assert deliver_due(represent) == 0, "its lease has not run out"
    WebhookDelivery.objects.update(next_attempt_at=timezone.now())
    assert deliver_due(represent) == 1
    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.attempts) == ("delivered", 2)
    first, second = receiver.messages
    assert first.id == second.id == delivery.message_id


def test_two_workers_never_send_the_same_at_the_same_time(
    told: Company, by: User, receiver: Receiver
) -> None:
    for number in range(20):
        make_partner(told, by, f"P{number:02d}")
    number_events()  # else whoever comes second may find nothing to send yet
    receiver.pause = 0.05
    sent: list[int] = []

    def work() -> None:
        try:
            sent.append(deliver_due(represent))
        finally:
            connection.close()

    threads = [Thread(target=work) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(sent) == 20
    assert min(sent) > 0, "both worked"
    times = Counter(message.id for message in receiver.messages)
    assert set(times.values()) == {1}
    assert set(receiver.most_at_once.values()) == {1}


def test_without_the_claim_they_would(told: Company, by: User, receiver: Receiver) -> None:
    """The negative control: who reads first and marks afterwards sends twice."""
    from apps.integration.services import deliveries

    make_partner(told, by)
    number_events()
    receiver.pause = 0.3

    def naive() -> None:
        try:
            row = WebhookDelivery.objects.select_related("event", "endpoint__account").get()
            if row.status == "pending":
                deliveries._attempt(row, represent)
        finally:
            connection.close()

    threads = [Thread(target=naive) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(receiver.most_at_once.values()) == 2


def test_a_late_answer_changes_nothing(told: Company, by: User, receiver: Receiver) -> None:
    """Who was taken for dead comes back after another worker delivered."""
    from apps.integration.services import deliveries
    from apps.integration.services.events import number_events
    from apps.integration.services.sending import Outcome

    make_partner(told, by)
    number_events()
    late = deliveries._claim()
    assert late is not None
    WebhookDelivery.objects.update(next_attempt_at=timezone.now())
    assert deliver_due(represent) == 1
    deliveries._fail(late, Outcome(None, "No answer in time.", 1))
    assert WebhookDelivery.objects.get().status == "delivered"


def _wait_for(condition: Any, seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.05)
