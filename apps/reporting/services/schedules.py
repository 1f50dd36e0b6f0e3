"""Reports by e-mail: when they are due, and one sending per due time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import DatabaseError
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.backends import load_user
from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import BackgroundJob, User
from apps.core.services.documents import lock, require_company
from apps.core.services.jobs import Report, job_handler, start_job
from apps.core.services.master_data import create_row
from apps.core.transactions import unit_of_work
from apps.reporting.due_times import next_due
from apps.reporting.models import ReportDelivery, ReportSchedule
from apps.reporting.models.schedules import Frequency
from apps.reporting.pivots import render, whole_report
from apps.reporting.queries.scope import Asked, asked_by
from apps.reporting.services.recipients import check_recipients
from apps.reporting.services.saved_reports import read_question, require_owner

DELIVER = "reporting.deliver"
BATCH = 100


def create_schedule(*, by: User, reason: str = "", **values: Any) -> ReportSchedule:
    """Send a report from now on. Raises ``InvalidInput`` for a time that never comes, a stranger
    among the recipients, a report that ``by`` could not open."""
    schedule = ReportSchedule(**values, owner=by)
    _check(schedule, by)
    values |= {"recipients": schedule.recipients, "next_due_at": schedule.next_due_at}
    return create_row(ReportSchedule, values={**values, "owner": by}, by=by, reason=reason)


def update_schedule(
    schedule: ReportSchedule,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> ReportSchedule:
    """Change it; only its owner may."""
    require_owner(schedule, by)
    with unit_of_work():
        current = lock(schedule, version=version)
        for name, value in values.items():
            setattr(current, name, value)
        _check(current, current.owner)
        return current.save_by(by, reason=reason)


def queue_due_reports(now: datetime | None = None) -> int:
    """Start a job for each schedule that is due and move it on; the number started.

    Several workers share the work: a schedule is locked while it is moved, and a due time is
    unique. What piled up while nobody worked is sent once.
    """
    now = now or timezone.now()
    with unit_of_work():
        due = list(
            ReportSchedule.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("company", "report", "owner", "site")
            .filter(is_active=True, next_due_at__lte=now)
            .order_by("next_due_at", "pk")[:BATCH]
        )
        for schedule in due:
            delivery = ReportDelivery.objects.create(
                company_id=schedule.company_id,
                schedule=schedule,
                due_at=schedule.next_due_at or now,
            )
            _start(delivery, schedule.owner)
            schedule.next_due_at = due_after(schedule, now)
            schedule.save_by(schedule.owner)
    return len(due)


def retry_delivery(delivery: ReportDelivery, *, by: User) -> ReportDelivery:
    """Send again what failed. Raises ``BusinessError`` when it was sent, or is under way."""
    with unit_of_work():
        delivery = lock(delivery)
        if delivery.sent_at is not None:
            raise BusinessError("was_sent", _("This was sent already."))
        job = delivery.job
        if job is not None and job.status in (job.Status.QUEUED, job.Status.RUNNING):
            raise BusinessError("under_way", _("It is being sent."))
        return _start(delivery, delivery.schedule.owner)


def due_after(schedule: ReportSchedule, moment: datetime) -> datetime | None:
    """When it is due next; None when it has ended by then."""
    zone = zone_of(schedule)
    due = next_due(
        frequency=schedule.frequency,
        at=schedule.at,
        weekday=schedule.weekday,
        day=schedule.day,
        zone=zone,
        after=moment,
    )
    if schedule.ends_on is not None and due.astimezone(zone).date() > schedule.ends_on:
        return None
    return due


def zone_of(schedule: ReportSchedule) -> ZoneInfo:
    return ZoneInfo(schedule.site.time_zone if schedule.site else "UTC")


@job_handler(DELIVER)
def deliver_report(job: BackgroundJob, report: Report) -> None:
    """Render with the owner's rights and send; a second run finds it sent.

    The sending is written down before the mail leaves, in one transaction, so that another
    process waits for it; what fails is kept as the delivery's message.
    """
    key = job.parameters["delivery"]
    try:
        with unit_of_work():
            delivery = ReportDelivery.objects.select_for_update().get(
                pk=key, company_id=job.company_id
            )
            if delivery.sent_at is None:
                _send(delivery)
    except DatabaseError:
        raise
    except Exception as error:
        text = (
            str(error) if isinstance(error, BusinessError) else f"{type(error).__name__}: {error}"
        )
        ReportDelivery.objects.filter(pk=key, sent_at__isnull=True).update(message=text[:2000])
        raise BusinessError("not_sent", text) from error


def owner_asking(owner_id: int, today_in: ZoneInfo | None = None) -> Asked:
    """The owner of a schedule or rule with the rights of this moment. Raises ``BusinessError``."""
    owner = load_user(owner_id)
    if owner is None or not owner.is_active:
        raise BusinessError("owner_gone", _("Its owner may not sign in any more."))
    now = timezone.now()
    return asked_by(owner, now=now, today=timezone.localdate(now, today_in))


def _start(delivery: ReportDelivery, by: User) -> ReportDelivery:
    delivery.job = start_job(
        DELIVER,
        title=str(delivery.schedule),
        company=delivery.schedule.company,
        by=by,
        parameters={"delivery": delivery.pk},
    )
    delivery.save()
    return delivery


def _send(delivery: ReportDelivery) -> None:
    schedule = delivery.schedule
    saved = schedule.report
    asked = owner_asking(schedule.owner_id, zone_of(schedule))
    if not type(saved).objects.visible_to(asked.user).filter(pk=saved.pk).exists():
        raise BusinessError("report_gone", _("Its owner may not see the report any more."))
    wanted = read_question(saved.dataset, saved.question, saved.company, asked)
    content, kind, name = render(whole_report(wanted), wanted, schedule.file_format)
    recipients = check_recipients(schedule.recipients, schedule.company)
    sender = schedule.company.email or settings.DEFAULT_FROM_EMAIL
    domain = sender.rpartition("@")[2].strip(">") or "localhost"
    message = EmailMessage(
        subject=f"{schedule.name} · {asked.today.isoformat()}",
        body=_("{report}, {company}, as of {day}.\n\n{url}\n").format(
            report=saved.name,
            company=saved.company,
            day=asked.today.isoformat(),
            url=f"{settings.PUBLIC_URL}{saved.get_absolute_url()}",
        ),
        from_email=sender,
        to=recipients.split(", "),
        headers={"Message-ID": f"<report-{delivery.pk}@{domain}>"},
    )
    message.attach(name, content, kind.partition(";")[0])
    delivery.sent_at = datetime.now(UTC)
    delivery.recipients, delivery.file_name, delivery.message = recipients, name[:200], ""
    delivery.save()
    message.send()


def _check(schedule: ReportSchedule, owner: User) -> None:
    """Complete ``schedule`` or raise ``InvalidInput``."""
    require_company(schedule.company, report=schedule.report, site=schedule.site)
    if schedule.frequency == Frequency.WEEKLY and schedule.weekday is None:
        raise InvalidInput("never_due", _("On which weekday?"), field="weekday")
    if schedule.frequency == Frequency.MONTHLY and not 1 <= (schedule.day or 0) <= 31:
        raise InvalidInput("never_due", _("On which day of the month, 1 to 31?"), field="day")
    schedule.recipients = check_recipients(schedule.recipients, schedule.company)
    saved = schedule.report
    if not type(saved).objects.visible_to(owner).filter(pk=saved.pk).exists():
        raise InvalidInput("does_not_exist", _("There is no such row."), field="report")
    read_question(saved.dataset, saved.question, saved.company, asked_by(owner))
    schedule.next_due_at = due_after(schedule, timezone.now())
    if schedule.next_due_at is None:
        raise InvalidInput("never_due", _("It ends before it is due."), field="ends_on")
