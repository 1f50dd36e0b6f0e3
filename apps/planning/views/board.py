"""The Gantt board: machines by rows, operations as bars; a bar is moved by hand and checked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import BusinessError
from apps.core.models import Site
from apps.masterdata.models import Machine
from apps.masterdata.queries.calendars import calendar_of
from apps.planning.models import Schedule, ScheduledOperation
from apps.planning.services.schedule_moves import move_operation

ROW, BAR, HEAD = 44, 32, 44
SCALES = {"hours": 60.0, "days": 12.0, "weeks": 3.0}  # pixels per hour
MOST_BARS = 2000
# Texts are looked up when shown.
CAUSES = {
    "machine": gettext_noop("waits for {machine}"),
    "material": gettext_noop("waits for {item}"),
    "missing": gettext_noop("{item} is missing"),
    "time": gettext_noop("more work than time"),
}


@require_GET
@never_cache
@login_required
@permission_required(
    ("planning.view_schedule", "planning.view_scheduledoperation"), raise_exception=True
)
def board_page(request: HttpRequest) -> HttpResponse:
    """The published schedule of a site, or the one asked for."""
    schedules = (
        Schedule.objects.visible_to(request.user)
        .filter(status__in=("ready", "published"))
        .select_related("site__company")
    )
    wanted = request.GET.get("schedule", "")
    if wanted.isdigit() and len(wanted) < 19:
        schedule = get_object_or_404(schedules, pk=int(wanted))
    else:
        schedule = schedules.order_by("-status", "-pk").first()
    scale = request.GET.get("scale", "days")
    scale = scale if scale in SCALES else "days"
    context: dict[str, Any] = {
        "section": "schedule",
        "title": _("Schedule"),
        "schedule": schedule,
        "site": schedule.site if schedule else None,
        "others": list(schedules.order_by("-pk")[:12]),
        "scale": scale,
        "scales": [("hours", _("Hours")), ("days", _("Days")), ("weeks", _("Weeks"))],
        "may_move": request.user.has_perm("planning.change_schedule"),
    }
    if schedule is not None:
        context |= _drawing(schedule, SCALES[scale])
    return render(request, "planning/board.html", context)


def _drawing(schedule: Schedule, per_hour: float) -> dict[str, Any]:
    operations = list(
        ScheduledOperation.objects.filter(schedule=schedule)
        .select_related(
            "operation__work_order__item", "machine", "work_centre", "cause_machine", "cause_item"
        )
        .order_by("starts_at", "pk")[:MOST_BARS]
    )
    zone = schedule.site.zone
    first = schedule.starts_at.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    last = max((o.ends_at for o in operations), default=first + timedelta(hours=8))
    hours = max((last - first).total_seconds() / 3600 + 2, 8)
    rows = sorted({_resource(o) for o in operations})
    place = {row: number for number, row in enumerate(rows)}

    def x(moment: datetime) -> float:
        return round((moment - first).total_seconds() / 3600 * per_hour, 1)

    bars = [
        {
            "row": o,
            "order": o.operation.work_order,
            "x": x(o.starts_at),
            "y": HEAD + place[_resource(o)] * ROW + (ROW - BAR) / 2,
            "width": max(x(o.ends_at) - x(o.starts_at), 3),
            "is_late": o.late_minutes > 0,
            "why": _why(o),
            "starts": o.starts_at.astimezone(zone),
            "ends": o.ends_at.astimezone(zone),
        }
        for o in operations
    ]
    late: dict[int, dict[str, Any]] = {}
    for bar in bars:
        if bar["is_late"] or bar["why"]:
            late.setdefault(bar["order"].pk, bar)
    return {
        "bars": bars,
        "rows": [
            (label, HEAD + number * ROW, machine) for number, (label, machine) in enumerate(rows)
        ],
        "nights": _nights(schedule, first, hours, x),
        "ticks": _ticks(first, hours, per_hour, x),
        "late": list(late.values()),
        "width": round(hours * per_hour),
        "height": HEAD + len(rows) * ROW,
        "row_height": ROW,
        "bar_height": BAR,
        "per_hour": per_hour,
        "origin": first,
    }


def _resource(row: ScheduledOperation) -> tuple[str, int]:
    if row.machine is not None:
        return row.machine.code, row.machine_id or 0
    return row.work_centre.code, 0


def _why(row: ScheduledOperation) -> str:
    text = CAUSES.get(row.cause)
    if text is None:
        return ""
    return _(text).format(
        machine=row.cause_machine.code if row.cause_machine else row.work_centre.code,
        item=row.cause_item.code if row.cause_item else "",
    )


def _nights(schedule: Schedule, first: datetime, hours: float, x: Any) -> list[tuple[float, float]]:
    """Where nobody works, as (x, width)."""
    calendar = calendar_of(schedule.site)
    if schedule.ignores_calendar or calendar.is_continuous:
        return []
    end = first + timedelta(hours=hours)
    found, reached = [], first
    for span in calendar.spans(first, end):
        if span.starts_at > reached:
            found.append((x(reached), x(span.starts_at) - x(reached)))
        reached = max(reached, span.ends_at)
    if reached < end:
        found.append((x(reached), x(end) - x(reached)))
    return [(max(start, 0), width) for start, width in found]


def _ticks(first: datetime, hours: float, per_hour: float, x: Any) -> list[tuple[float, str, bool]]:
    """(x, label, whether a day begins)."""
    step = 1 if per_hour >= 40 else 6 if per_hour >= 8 else 24
    moment, found = first.replace(hour=first.hour - first.hour % step), []
    for _n in range(int(hours / step) + 2):
        is_day = moment.hour == 0
        text = f"{moment:%a %d %b}" if is_day or step == 24 else f"{moment:%H:%M}"
        if moment >= first or is_day:
            found.append((max(x(moment), 0), text, is_day))
        moment += timedelta(hours=step)
    return found


@require_POST
@login_required
@permission_required("planning.change_schedule", raise_exception=True)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a bar elsewhere: 200 with its new span, or 409 with the cause."""
    row = get_object_or_404(
        ScheduledOperation.objects.visible_to(request.user).select_related("schedule__site"), pk=pk
    )
    if not Site.objects.visible_to(request.user).filter(pk=row.schedule.site_id).exists():
        return JsonResponse({"detail": _("Not found.")}, status=404)
    try:
        starts_at = datetime.fromisoformat(request.POST.get("starts_at", ""))
        machine = None
        if request.POST.get("machine", "").isdigit():
            machine = get_object_or_404(
                Machine.objects.visible_to(request.user), pk=int(request.POST["machine"][:18])
            )
        moved = move_operation(row, starts_at=starts_at, machine=machine, by=request.user)
    except ValueError:
        return JsonResponse({"detail": _("That is no time.")}, status=400)
    except BusinessError as error:
        return JsonResponse({"code": error.code, "detail": str(error)}, status=error.status)
    return JsonResponse(
        {
            "starts_at": moved.starts_at.isoformat(),
            "ends_at": moved.ends_at.isoformat(),
            "machine": moved.machine_id,
            "detail": _("Moved."),
        }
    )
