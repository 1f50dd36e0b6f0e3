"""``/me/``: clock in and out, one's time, leave and pay slips. Works without a script."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import InvalidInput
from apps.core.printouts import pdf_response
from apps.hr.attendance import minutes_by_day
from apps.hr.models import ClockEvent, Employee, LeaveRequest, LeaveType, PayRun, PaySlip
from apps.hr.printouts import pay_slip_pdf
from apps.hr.queries.attendance import clocked, last_event
from apps.hr.queries.leave import leave_balances
from apps.hr.queries.own import own_employee, require_employee
from apps.hr.services.clock_events import clock
from apps.hr.services.leave import ask_leave, cancel_leave
from apps.hr.views.pages import act_once, page

Kind = ClockEvent.Kind
SHOWN = 12
DAYS_SHOWN = 7
#: What may be tapped after the last event; nobody's first is coming in.
NEXT = {
    Kind.OUT: (Kind.IN,),
    Kind.IN: (Kind.PAUSE, Kind.OUT),
    Kind.PAUSE: (Kind.RESUME, Kind.OUT),
    Kind.RESUME: (Kind.PAUSE, Kind.OUT),
}


@require_GET
@page
def home(request: HttpRequest) -> HttpResponse:
    """Everything of one's own on one page."""
    employee = own_employee(request.user)  # type: ignore[arg-type]
    context: dict[str, Any] = {
        "section": "me",
        "title": _("My time and pay"),
        "employee": employee,
        "key": uuid.uuid4().hex,
    }
    if employee is not None:
        context |= _own(employee)
    return render(request, "hr/me.html", context)


def _own(employee: Employee) -> dict[str, Any]:
    last = last_event(employee)
    today = timezone.now().astimezone(employee.site.zone).date()
    state = Kind(last.kind) if last else Kind.OUT
    return {
        "last": last,
        "last_at": last and date_format(last.at.astimezone(employee.site.zone), "D H:i"),
        "is_in": state != Kind.OUT,
        "is_paused": state == Kind.PAUSE,
        "buttons": [(kind.value, kind.label) for kind in NEXT[state]],
        "days": _days(employee, today),
        "cards": employee.time_cards.order_by("-starts_on")[:SHOWN],
        "balances": [
            (kind, f"{number_format(days.normalize(), use_l10n=True)}")
            for kind, days in leave_balances(employee)
        ],
        "leave_types": LeaveType.objects.filter(company=employee.company_id, is_active=True),
        "requests": employee.leave_requests.select_related("leave_type").order_by("-starts_on")[
            :SHOWN
        ],
        "slips": employee.pay_slips.filter(status__in=PayRun.VALID)
        .select_related("run")
        .order_by("-pay_date")[:SHOWN],
        "currency": employee.company.currency_id,
        "today": today,
    }


def _days(employee: Employee, today: date) -> list[tuple[date, str]]:
    """The last days with their hours as clocked."""
    first = today - timedelta(days=DAYS_SHOWN - 1)
    minutes = minutes_by_day(clocked(employee, first, today))
    days = [today - timedelta(days=n) for n in range(DAYS_SHOWN)]
    return [(day, hours_text(minutes.get(day))) for day in days]


def hours_text(minutes: Any) -> str:
    """``7:45``; a dash for none."""
    if not minutes:
        return "–"
    whole = round(minutes)
    return f"{whole // 60}:{whole % 60:02d}"


@require_POST
@page
def clock_now(request: HttpRequest) -> HttpResponse:
    """Come, pause, go on or leave, now."""

    def act() -> str:
        employee = require_employee(request.user)  # type: ignore[arg-type]
        event = clock(employee, kind=request.POST.get("kind", ""), by=request.user)  # type: ignore[arg-type]
        at = date_format(event.at.astimezone(employee.site.zone), "H:i")
        return f"{event.get_kind_display()} {at}"

    act_once(request, act)
    return redirect("me")


@require_POST
@page
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for leave."""

    def act() -> str:
        employee = require_employee(request.user)  # type: ignore[arg-type]
        kind = LeaveType.objects.filter(
            company=employee.company_id, code=request.POST.get("leave_type", ""), is_active=True
        ).first()
        if kind is None:
            raise InvalidInput("required", _("Choose a kind of leave."), field="leave_type")
        made = ask_leave(
            company=employee.company,
            employee=employee,
            leave_type=kind,
            starts_on=_day(request, "starts_on"),
            ends_on=_day(request, "ends_on"),
            note=request.POST.get("note", "")[:200],
            by=request.user,  # type: ignore[arg-type]
        )
        return _("{number} is asked for.").format(number=made.number)

    act_once(request, act)
    return redirect("me")


@require_POST
@page
def give_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back one's own request that has not been taken."""
    own = LeaveRequest.objects.filter(
        employee__user=request.user.pk,
        status__in=(LeaveRequest.Status.ASKED, LeaveRequest.Status.APPROVED),
    )
    leave = get_object_or_404(own.select_related("employee", "leave_type"), pk=pk)

    def act() -> str:
        cancel_leave(leave, by=request.user, reason=_("Given up"))  # type: ignore[arg-type]
        return _("{number} is given up.").format(number=leave.number)

    act_once(request, act)
    return redirect("me")


@require_GET
@page
def pay_slip(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own pay slip as a PDF."""
    own = PaySlip.objects.filter(employee__user=request.user.pk, status__in=PayRun.VALID)
    slip = get_object_or_404(own.select_related("run__company__currency", "employee"), pk=pk)
    return pdf_response(pay_slip_pdf(slip), name=f"{slip.number}.pdf")


def _day(request: HttpRequest, name: str) -> date:
    try:
        return date.fromisoformat(request.POST.get(name, ""))
    except ValueError as error:
        raise InvalidInput("invalid", _("Enter a date."), field=name) from error
