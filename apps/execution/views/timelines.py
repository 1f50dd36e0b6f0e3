"""A machine's day: its states, runs and counts; a stop told apart or given another reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.contenttypes.models import ContentType
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import BusinessError, InvalidInput
from apps.core.links import link_to
from apps.execution import timeline_drawing as drawing
from apps.execution.models import MachineInterval
from apps.execution.models.machine_events import MachineState
from apps.execution.oee import Elements, total
from apps.execution.quarters import QUARTER
from apps.execution.queries.oee import elements_by_shift
from apps.execution.queries.timelines import interval_story, quarters, timeline
from apps.execution.services.stop_reasons import classify_stop, split_stop
from apps.execution.views.boards import PERMISSION
from apps.finance.models import JournalEntry
from apps.masterdata.models import Machine, ReasonCode
from apps.masterdata.queries.calendars import calendar_of
from apps.masterdata.shift_spans import SiteCalendar, instant

CLASSIFY = "execution.classify_machineinterval"
DAY = timedelta(days=1)
STRIP = 7
#: A state never shows by its colour alone.
LETTERS = {"running": "R", "setup": "U", "stopped": "S", "idle": "I", "off": "O"}


@dataclass(frozen=True, slots=True)
class DayCell:
    """A day of the strip above the timeline."""

    day: Date
    oee: Decimal | None
    is_shown: bool


@require_GET
@never_cache
@login_required
@permission_required(PERMISSION, raise_exception=True)
def machine_day(request: HttpRequest, pk: int) -> HttpResponse:
    """``?day=`` (of the site), ``?shift=`` zooms in, ``?interval=`` opens one of its states."""
    machine = _machine(request, pk)
    calendar = calendar_of(machine.site)
    now = timezone.now()
    day = _day(request.GET.get("day", ""), calendar.local_date(now))
    shifts = calendar.spans_on(day)
    chosen = next((one for one in shifts if str(one.shift_id) == request.GET.get("shift")), None)
    since, until = (chosen.starts_at, chosen.ends_at) if chosen else _bounds(day, calendar)
    span = drawing.Span(since, until)
    found = timeline(machine, since=since, until=until)
    rows = list(found.intervals)
    bars = [
        (one, span.bar(one.pk, one.starts_at, one.ends_at or min(now, until)), LETTERS[one.state])
        for one in rows
    ]
    words = {"day": day.isoformat()} | ({"shift": str(chosen.shift_id)} if chosen else {})
    context = {
        "section": "boards",
        "title": f"{machine.code} {machine.name}",
        "machine": machine,
        "zone": machine.site.time_zone,
        "day": day,
        "before": (day - DAY).isoformat(),
        "after": (day + DAY).isoformat(),
        "strip": _strip(machine, day, calendar, now),
        "shifts": shifts,
        "chosen": chosen,
        "query": urlencode(words),
        "bars": bars,
        "runs": [
            (one, span.bar(one.pk, one.starts_at, one.ends_at or min(now, until)))
            for one in found.runs
        ],
        "columns": drawing.columns(span, quarters(machine, since=since, until=until), QUARTER),
        "ticks": span.ticks(),
        "drawing": drawing,
        "made": found,
        "now": now,
        "states": [(value, label, LETTERS[value]) for value, label in MachineState.choices],
        "currency": machine.company.currency_id,
        **_open(request, rows),
    }
    return render(request, "execution/boards/machine.html", context)


@require_POST
@login_required
@permission_required((PERMISSION, CLASSIFY), raise_exception=True)
def stop_reason(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a stop its reason, or tell it apart: the form of the machine's day."""
    interval = get_object_or_404(
        MachineInterval.objects.visible_to(request.user)
        .filter(machine__in=Machine.objects.visible_to(request.user))
        .select_related("company", "machine__site"),
        pk=pk,
    )
    zone = ZoneInfo(interval.machine.site.time_zone)
    back = {"day": interval.starts_at.astimezone(zone).date().isoformat(), "interval": interval.pk}
    try:
        note = request.POST.get("note", "").strip()
        first = _reason(request, "reason")
        if request.POST.get("act") == "split":
            at = _local(request.POST.get("at", ""), zone)
            second = _reason(request, "reason_after")
            split_stop(interval, at=at, reasons=(first, second), note=note, by=request.user)
            messages.success(request, _("The stop is told apart; its cost is posted anew."))
        else:
            classify_stop(interval, reason=first, note=note, by=request.user)
            messages.success(request, _("The stop has its reason; its cost is posted anew."))
    except BusinessError as error:
        messages.error(request, str(error))
    page = reverse("machine-day", args=[interval.machine_id])
    return redirect(f"{page}?{urlencode(back)}#interval")


def _machine(request: HttpRequest, pk: int) -> Machine:
    rows = Machine.objects.visible_to(request.user).select_related(
        "site__company", "work_centre", "company"
    )
    found: Machine = get_object_or_404(rows, pk=pk)
    return found


def _open(request: HttpRequest, rows: list[MachineInterval]) -> dict[str, Any]:
    """What the page shows of the interval that is asked for, if the day has it."""
    asked = request.GET.get("interval", "")
    one = next((row for row in rows if str(row.pk) == asked), None)
    if one is None:
        return {}
    entry = None
    if one.entry_id and request.user.has_perm("finance.view_journalentry"):
        entry = link_to(ContentType.objects.get_for_model(JournalEntry).pk, one.entry_id)
    may_classify = one.state == MachineState.STOPPED and request.user.has_perm(CLASSIFY)
    reasons = ReasonCode.objects.none()
    if may_classify:
        reasons = ReasonCode.objects.visible_to(request.user).filter(
            company_id=one.company_id, kind=ReasonCode.Kind.DOWNTIME, is_active=True
        )
    middle = one.starts_at + ((one.ends_at or timezone.now()) - one.starts_at) / 2
    return {
        "story": interval_story(one),
        "entry": entry,
        "may_classify": may_classify,
        "reasons": reasons,
        "middle": middle,
    }


def _strip(machine: Machine, day: Date, calendar: SiteCalendar, now: datetime) -> list[DayCell]:
    days = [day + (n - STRIP // 2) * DAY for n in range(STRIP)]
    rows = elements_by_shift(
        machine.company,
        Machine.objects.filter(pk=machine.pk),
        since=_bounds(days[0], calendar)[0],
        until=_bounds(days[-1], calendar)[1],
        now=now,
    )
    by_day: dict[Date, list[Elements]] = {}
    for row in rows:
        by_day.setdefault(row.day, []).append(row.elements)
    return [DayCell(one, total(by_day.get(one, ())).oee, one == day) for one in days]


def _bounds(day: Date, calendar: SiteCalendar) -> tuple[datetime, datetime]:
    return instant(day, time(), calendar.zone), instant(day + DAY, time(), calendar.zone)


def _day(text: str, today: Date) -> Date:
    try:
        day = Date.fromisoformat(text)
    except ValueError:
        return today
    return day if 1971 <= day.year <= 2200 else today


def _reason(request: HttpRequest, name: str) -> ReasonCode | None:
    key = request.POST.get(name, "")
    if not key:
        return None
    rows = ReasonCode.objects.visible_to(request.user)
    found: ReasonCode | None = (
        rows.filter(pk=int(key)).first() if key.isdigit() and len(key) < 19 else None
    )
    if found is None:
        raise InvalidInput("does_not_exist", _("Choose a reason from the list."), field=name)
    return found


def _local(text: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput("not_a_time", _("Enter a time of the site."), field="at") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)
