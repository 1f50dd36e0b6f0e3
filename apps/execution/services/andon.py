"""Andon: somebody at a machine calls for help; who does not come in time is told on, rung by rung.

Locks: the machine, then the call.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import lock, require_company, require_reason
from apps.core.services.numbering import next_number
from apps.core.services.outbox import enqueue
from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.execution.models import (
    AndonCall,
    AndonCategory,
    AndonEscalation,
    AndonStep,
    WorkOrderOperation,
)
from apps.execution.services.floor_news import tell_floor
from apps.execution.services.machine_locks import lock_machines
from apps.hr.models import Employee
from apps.maintenance.models import Asset, MaintenanceRequest
from apps.maintenance.services.requests import create_request
from apps.masterdata.models import Machine

CLOCK_TOLERANCE = timedelta(minutes=5)
SEND = "execution.send_andon"
Status = AndonCall.Status
_DUE = """
SELECT DISTINCT c.id FROM execution_andoncall c
  JOIN execution_andonstep s ON s.category_id = c.category_id AND s.level > c.level
 WHERE c.status = 'open' AND c.called_at + s.after_minutes * interval '1 minute' <= %s
"""


def call_andon(
    machine: Machine,
    *,
    category: AndonCategory,
    by: User,
    employee: Employee | None = None,
    operation: WorkOrderOperation | None = None,
    note: str = "",
    at: datetime | None = None,
    now: datetime | None = None,
    reason: str = "",
) -> AndonCall:
    """Call for help at ``machine``; the first rung is told at once when it asks for no wait.

    A category that calls maintenance writes a request for the machine's asset, where it has one.
    Raises ``BusinessError`` (``already_called``) while such a call of the machine waits.
    """
    now = now or timezone.now()
    company = machine.company
    require_company(company, category=category, employee=employee, operation=operation)
    if not category.is_active:
        raise InvalidInput("inactive", _("This category is not used any more."), field="category")
    if at is not None and at > now + CLOCK_TOLERANCE:
        raise InvalidInput("in_the_future", _("This is still to come."), field="called_at")
    with unit_of_work():
        lock_machines([machine.pk])
        waiting = AndonCall.objects.filter(
            machine=machine, category=category, status__in=AndonCall.WAITING
        ).first()
        if waiting is not None:
            raise BusinessError(
                "already_called",
                _("{call} waits already: {category} at {machine}.").format(
                    call=waiting, category=category.name, machine=machine.code
                ),
                field="category",
            )
        call = AndonCall(
            company=company,
            number=next_number("execution_andoncall_series", "AN"),
            category=category,
            site_id=machine.site_id,
            machine=machine,
            operation=operation,
            note=note.strip(),
            called_at=at or now,
            called_by=employee,
            request=_ask_maintenance(machine, category, note, at or now, employee, by),
            created_by=by,
        ).save_by(by, reason=reason)
        _climb(call, now)
        tell_floor(company.pk, [machine.pk])
    return call


def _ask_maintenance(
    machine: Machine,
    category: AndonCategory,
    note: str,
    at: datetime,
    employee: Employee | None,
    by: User,
) -> MaintenanceRequest | None:
    asset = Asset.objects.filter(machine=machine, is_active=True).order_by("pk").first()
    if not category.calls_maintenance or asset is None:
        return None
    return create_request(
        machine.company,
        asset=asset,
        title=_("Andon: {category} at {machine}").format(
            category=category.name, machine=machine.code
        )[:160],
        description=note,
        noticed_at=at,
        employee=employee,
        by=by,
    )


def acknowledge_andon(call: AndonCall, *, by: User, at: datetime | None = None) -> AndonCall:
    """Somebody comes: the ladder is climbed no further."""
    with unit_of_work():
        call = lock(call)
        call.transition_to(Status.ACKNOWLEDGED)
        call.acknowledged_at, call.acknowledged_by = _moment(call, at), by
        call.save_by(by)
        tell_floor(call.company_id, [call.machine_id])
    return call


def resolve_andon(
    call: AndonCall, *, resolution: str, by: User, at: datetime | None = None
) -> AndonCall:
    """It is done; say what was. Who resolves what nobody acknowledged came at that moment."""
    resolution = resolution.strip()
    if not resolution:
        raise InvalidInput("resolution_required", _("Say what was done."), field="resolution")
    with unit_of_work():
        call = lock(call)
        call.transition_to(Status.RESOLVED)
        call.resolved_at, call.resolved_by = _moment(call, at), by
        call.resolution = resolution[:500]
        if call.acknowledged_at is None:
            call.acknowledged_at, call.acknowledged_by = call.resolved_at, by
        call.save_by(by)
        tell_floor(call.company_id, [call.machine_id])
    return call


def cancel_andon(call: AndonCall, *, reason: str, by: User) -> AndonCall:
    """It was called by mistake; it counts in no response time."""
    reason = require_reason(reason)
    with unit_of_work():
        call = lock(call)
        call.transition_to(Status.CANCELLED)
        call.save_by(by, reason=reason)
        tell_floor(call.company_id, [call.machine_id])
    return call


def _moment(call: AndonCall, at: datetime | None) -> datetime:
    """Not before the call: clocks of terminals may differ by a little."""
    now = timezone.now()
    if at is not None and at > now + CLOCK_TOLERANCE:
        raise InvalidInput("in_the_future", _("This is still to come."), field="at")
    return max(at or now, call.called_at, call.acknowledged_at or call.called_at)


def escalate_due(*, now: datetime | None = None) -> int:
    """Tell the rungs whose time has come, of every company; how many were told.

    Each rung of a call is told once, however many look at the same time. One statement when
    nothing is due.
    """
    now = now or timezone.now()
    keys = [key for (key,) in fetch_all(_DUE, [now])]
    if not keys:
        return 0
    with unit_of_work():
        calls = list(
            AndonCall.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(pk__in=keys, status=Status.OPEN)
            .select_related("created_by")
            .order_by("pk")
        )
        told = sum(_climb(call, now) for call in calls)
        for company_id in {call.company_id for call in calls}:
            tell_floor(company_id, [c.machine_id for c in calls if c.company_id == company_id])
    return told


def _climb(call: AndonCall, now: datetime) -> int:
    """Tell the rungs of a locked call that are due and were not told."""
    waited = now - call.called_at
    steps = AndonStep.objects.filter(category_id=call.category_id, level__gt=call.level)
    due = [step for step in steps if timedelta(minutes=step.after_minutes) <= waited]
    for step in due:
        row = AndonEscalation.objects.create(
            company_id=call.company_id,
            call=call,
            level=step.level,
            role_id=step.role_id,
            user_id=step.user_id,
            escalated_at=now,
        )
        enqueue(SEND, escalation_id=row.pk)
    if due:
        call.level = max(step.level for step in due)
        call.save_by(call.created_by, reason=_("Escalated to level {n}").format(n=call.level))
    return len(due)


def send_andon(escalation_id: int) -> bool:
    """Write to those of one rung, unless that was done; whether it was done now."""
    with unit_of_work():
        row = AndonEscalation.objects.select_for_update(of=("self",)).get(pk=escalation_id)
        if row.sent_at is not None:
            return False
        row.sent_at = timezone.now()
        row.save()
    call = row.call
    machine = call.machine
    subject = _("Andon {level}: {category} at {machine}").format(
        level=row.level, category=call.category.name, machine=machine.code
    )
    text = _(
        "{number}: {category} was called at {machine} {name} at {time} and is {status}.\n{note}"
    )
    called_at = call.called_at.astimezone(call.site.zone)
    body = text.format(
        number=call.number,
        category=call.category.name,
        machine=machine.code,
        name=machine.name,
        time=f"{called_at:%Y-%m-%d %H:%M}",
        status=call.get_status_display(),
        note=call.note,
    )
    sender = call.company.email or settings.DEFAULT_FROM_EMAIL
    for person in told_people(row):
        send_mail(subject, body, sender, [person.email])
    return True


def told_people(row: AndonEscalation) -> list[User]:
    """Active members of the company with an e-mail address who may go to the call's site."""
    wanted = Q(pk=row.user_id) if row.user_id else Q()
    if row.role_id:
        wanted |= Q(groups=row.role_id)
    people = User.objects.filter(
        wanted, is_active=True, memberships__company_id=row.company_id
    ).exclude(email="")
    found = people.distinct().order_by("pk")
    calls = AndonCall.objects.filter(pk=row.call_id)
    return [person for person in found if calls.visible_to(person).exists()]
