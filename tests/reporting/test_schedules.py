"""Reports by e-mail: due at the time of the site, once, with the rights of the owner."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import BackgroundJob, User
from apps.core.services.jobs import run_job
from apps.reporting.due_times import next_due
from apps.reporting.models import ReportDelivery, ReportSchedule
from apps.reporting.services.schedules import (
    create_schedule,
    queue_due_reports,
    retry_delivery,
    update_schedule,
)
from tests.factories import Books
from tests.reporting.test_saved_reports import member, saved
from tests.support.faces import ApiClient
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")


def due(frequency: str, after: datetime, at: str = "06:30", **values: Any) -> datetime:
    values = {"weekday": None, "day": None, "zone": BERLIN} | values
    return next_due(frequency=frequency, at=time.fromisoformat(at), after=after, **values)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_due_times_are_those_of_the_site() -> None:
    assert due("daily", utc("2026-01-10T05:29")) == utc("2026-01-10T05:30")
    assert due("daily", utc("2026-01-10T05:30")) == utc("2026-01-11T05:30"), "never the same twice"
    assert due("daily", utc("2026-07-10T05:00")) == utc("2026-07-11T04:30"), "summer"
    assert due("weekly", utc("2026-01-10T05:30"), weekday=0) == utc("2026-01-12T05:30")
    assert due("monthly", utc("2026-01-31T06:00"), day=31) == utc("2026-02-28T05:30")
    assert due("monthly", utc("2026-02-28T05:30"), day=31) == utc("2026-03-31T04:30")


def test_the_hour_that_is_missing_and_the_one_that_comes_twice() -> None:
    assert due("daily", utc("2026-03-28T12:00"), "02:30") == utc("2026-03-29T01:30")
    assert due("daily", utc("2026-10-24T12:00"), "02:30") == utc("2026-10-25T00:30")
    assert due("daily", utc("2026-10-25T00:30"), "02:30") == utc("2026-10-26T01:30")


def scheduled(books: Books, owner: User, **values: Any) -> ReportSchedule:
    report = values.pop("report", None) or saved(books, owner)
    values = {
        "company": books.company,
        "code": "DAILY",
        "name": "Sales, daily",
        "report": report,
        "frequency": "daily",
        "at": time(6),
        "file_format": "csv",
        "recipients": owner.email,
    } | values
    return create_schedule(by=owner, **values)


@pytest.fixture
def owner(books: Books) -> User:
    books.post(date(timezone.localdate().year, 1, 1), ("1010", "300"), ("4000", "-300"))
    user = member(books, "anna")
    User.objects.filter(pk=user.pk).update(email="Anna@example.com")
    return User.objects.get(pk=user.pk)


def run_due(schedule: ReportSchedule) -> tuple[ReportDelivery, BackgroundJob]:
    schedule.refresh_from_db()
    assert schedule.next_due_at is not None
    moment = schedule.next_due_at + timedelta(minutes=1)
    assert queue_due_reports(moment) == 1
    assert queue_due_reports(moment) == 0, "once per due time"
    delivery = ReportDelivery.objects.latest("pk")
    assert delivery.job_id is not None
    job = run_job(delivery.job_id)
    delivery.refresh_from_db()
    return delivery, job


def test_a_report_is_sent_once_per_due_time(books: Books, owner: User) -> None:
    schedule = scheduled(books, owner)
    delivery, job = run_due(schedule)
    assert (job.status, delivery.message) == ("done", "")
    [message] = mail.outbox
    assert message.to == ["anna@example.com"]
    [(name, content, kind)] = message.attachments
    assert name.endswith(".csv") and kind == "text/csv"
    assert "Total,300.00" in (content if isinstance(content, str) else content.decode("utf-8-sig"))
    assert "/reporting/pivot/ledger/" in message.body
    BackgroundJob.objects.filter(pk=job.pk).update(status="queued")
    assert run_job(job.pk).status == "done"
    assert len(mail.outbox) == 1, "a second process finds it sent"
    with pytest.raises(BusinessError) as refused:
        retry_delivery(delivery, by=owner)
    assert refused.value.code == "was_sent"
    assert_reconciled()


@pytest.mark.parametrize("kind", ["xlsx", "pdf"])
def test_other_files(books: Books, owner: User, kind: str) -> None:
    run_due(scheduled(books, owner, file_format=kind))
    [message] = mail.outbox
    assert message.attachments[0][0].endswith(kind)


def test_what_piled_up_is_sent_once(books: Books, owner: User) -> None:
    schedule = scheduled(books, owner)
    first = schedule.next_due_at
    assert first is not None
    assert queue_due_reports(first + timedelta(days=5, minutes=1)) == 1
    schedule.refresh_from_db()
    assert schedule.next_due_at == first + timedelta(days=6)


def test_rights_are_those_of_the_owner_at_that_moment(books: Books, owner: User) -> None:
    schedule = scheduled(books, owner)
    owner.user_permissions.clear()
    delivery, job = run_due(schedule)
    assert job.status == "failed"
    assert delivery.sent_at is None
    assert "There is no dataset ledger that anna may see." in delivery.message
    assert not mail.outbox
    page = ApiClient(books.by).client.get("/admin/reporting/reportdelivery/").content.decode()
    assert "There is no dataset ledger" in page, "the failure is seen"


def test_an_owner_who_left_sends_nothing(books: Books, owner: User) -> None:
    schedule = scheduled(books, owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    delivery, job = run_due(schedule)
    assert (job.status, delivery.sent_at, len(mail.outbox)) == ("failed", None, 0)


def test_a_mail_server_that_refuses_is_seen_and_tried_again(
    books: Books, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = scheduled(books, owner)

    def refuse(*_args: Any, **_values: Any) -> None:
        raise OSError("no route to mail.example.com")

    with monkeypatch.context() as patch:
        patch.setattr("apps.reporting.services.schedules.EmailMessage.send", refuse)
        delivery, job = run_due(schedule)
    assert job.status == "failed"
    assert "no route to mail.example.com" in delivery.message
    assert delivery.sent_at is None
    again = retry_delivery(delivery, by=owner)
    assert again.job_id is not None
    assert run_job(again.job_id).status == "done"
    again.refresh_from_db()
    assert (again.message, len(mail.outbox)) == ("", 1)


def test_bad_schedules_are_refused_by_field(books: Books, owner: User, settings: Any) -> None:
    report = saved(books, owner)
    for values, wanted in (
        ({"frequency": "weekly"}, ("weekday", "never_due")),
        ({"frequency": "monthly"}, ("day", "never_due")),
        ({"frequency": "monthly", "day": 32}, ("day", "never_due")),
        ({"ends_on": date(2020, 1, 1)}, ("ends_on", "never_due")),
        ({"recipients": ""}, ("recipients", "recipients")),
        ({"recipients": "anna"}, ("recipients", "bad_address")),
        ({"recipients": "eve@elsewhere.test"}, ("recipients", "stranger")),
        ({"report": saved(books, code="MINE")}, ("report", "does_not_exist")),
    ):
        with pytest.raises(InvalidInput) as caught:
            scheduled(books, owner, **{"report": report, **values})
        assert (caught.value.field, caught.value.code) == wanted
    assert not ReportSchedule.objects.exists()
    settings.REPORT_DOMAINS = ["elsewhere.test"]
    made = scheduled(books, owner, report=report, recipients="eve@elsewhere.test; Anna@example.com")
    assert made.recipients == "eve@elsewhere.test, anna@example.com"
    changed = update_schedule(made, by=owner, frequency="weekly", weekday=2)
    assert changed.next_due_at is not None
    assert changed.next_due_at.weekday() == 2
    with pytest.raises(BusinessError):
        update_schedule(made, by=member(books, "ben"), name="Mine")
