"""Two workers at the same schedule: one delivery, one job, one mail."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta
from datetime import time as Time
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from apps.core.models import BackgroundJob, User
from apps.core.services.jobs import run_job
from apps.reporting.models import ReportDelivery, ReportSchedule
from apps.reporting.services import schedules as services
from apps.reporting.services.schedules import create_schedule, deliver_report, queue_due_reports
from tests import factories
from tests.reporting.test_saved_reports import member, saved
from tests.support.reconciled import assert_reconciled

pytestmark = [pytest.mark.reliability, pytest.mark.django_db(transaction=True)]
WORKERS = 2


@pytest.fixture
def schedule(transactional_db: None) -> ReportSchedule:
    books = factories.make_books("ACME", by=factories.make_user("tester"))
    books.post(date(timezone.localdate().year, 1, 1), ("1010", "300"), ("4000", "-300"))
    owner = member(books, "anna")
    User.objects.filter(pk=owner.pk).update(email="anna@example.com")
    owner.refresh_from_db()
    return create_schedule(
        company=books.company,
        code="DAILY",
        name="Ledger, daily",
        report=saved(books, owner),
        frequency="daily",
        at=Time(6),
        file_format="csv",
        recipients=owner.email,
        by=owner,
    )


@pytest.fixture(autouse=True)
def slow_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Long enough under way for the other worker to come."""
    send = services.EmailMessage.send

    def slowly(message: Any, *args: Any, **kwargs: Any) -> int:
        time.sleep(0.3)
        return send(message, *args, **kwargs)

    monkeypatch.setattr(services.EmailMessage, "send", slowly)


def at_once(act: Callable[[], Any]) -> list[Any]:
    """What each worker's ``act`` returned, or the error it ended with."""
    gate, found = Barrier(WORKERS), list[Any]()

    def work() -> None:
        try:
            gate.wait(10)
            found.append(act())
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    threads = [Thread(target=work) for _n in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return found


def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda rows, **_how: rows.all())


def queued(schedule: ReportSchedule) -> ReportDelivery:
    assert schedule.next_due_at is not None
    assert queue_due_reports(schedule.next_due_at + timedelta(minutes=1)) == 1
    return ReportDelivery.objects.select_related("job").get()


def test_two_workers_queue_one_delivery_per_due_time(schedule: ReportSchedule) -> None:
    assert schedule.next_due_at is not None
    for number in range(1, 6):
        moment = schedule.next_due_at + timedelta(minutes=1)
        found = at_once(lambda at=moment: queue_due_reports(at))  # type: ignore[misc]
        assert sorted(found) == [0, 1]
        assert (ReportDelivery.objects.count(), BackgroundJob.objects.count()) == (number, number)
        schedule.refresh_from_db()
    assert ReportDelivery.objects.values("due_at").distinct().count() == 5


def test_two_workers_at_the_same_job_send_one_mail(schedule: ReportSchedule) -> None:
    delivery = queued(schedule)
    found = at_once(lambda: run_job(delivery.job_id or 0))
    assert sorted(job.status for job in found) in (["done", "done"], ["done", "running"])
    assert [message.to for message in mail.outbox] == [["anna@example.com"]]
    delivery.refresh_from_db()
    assert delivery.sent_at is not None
    assert_reconciled()


def test_a_job_that_two_workers_hold_sends_one_mail(schedule: ReportSchedule) -> None:
    """One was thought dead and is only slow: both are in the midst of the work."""
    delivery = queued(schedule)
    assert at_once(lambda: deliver_report(delivery.job, lambda *_told: None)) == [None, None]
    assert len(mail.outbox) == 1


def test_without_the_lock_they_would_send_two(
    schedule: ReportSchedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: who reads first and marks afterwards sends twice."""
    delivery = queued(schedule)
    without_locks(monkeypatch)
    at_once(lambda: deliver_report(delivery.job, lambda *_told: None))
    assert len(mail.outbox) == 2
