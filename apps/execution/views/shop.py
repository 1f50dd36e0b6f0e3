"""The terminal at a machine: scan, start, count, scrap, pause. Works without a script."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import BusinessError
from apps.engineering.queries.instructions import revisions_to_show, unread_revision
from apps.execution.models import (
    AndonCategory,
    MachineInterval,
    WorkOrder,
    WorkOrderOperation,
)
from apps.execution.queries.andon import waiting_calls
from apps.execution.queries.boards import Tile, board
from apps.execution.queries.dispatch_lists import (
    OperationCard,
    cards_of_order,
    operation_card,
    waiting_operations,
)
from apps.execution.queries.scans import find_scanned
from apps.execution.views.shop_acts import perform
from apps.execution.views.shop_sessions import EMPLOYEE, MACHINE, terminal_employee
from apps.hr.models import Employee
from apps.masterdata.models import Machine, ReasonCode

PERMISSION = "execution.view_workorderoperation"
UNEXPLAINED_FOR = timedelta(hours=12)


def _page(view: Any) -> Any:
    allowed = permission_required(PERMISSION, raise_exception=True)(view)
    return never_cache(login_required(allowed))


@require_GET
@_page
def home(request: HttpRequest) -> HttpResponse:
    """What was scanned, else the machine this terminal stands at, else the choice of one."""
    text = request.GET.get("scan", "")
    if text:
        return _open_scanned(request, text)
    machine_id = request.session.get(MACHINE)
    if machine_id and Machine.objects.visible_to(request.user).filter(pk=machine_id).exists():
        return redirect("shop-machine", machine_id)
    return redirect("shop-machines")


def _open_scanned(request: HttpRequest, text: str) -> HttpResponse:
    found = find_scanned(text, request.user)
    if isinstance(found, WorkOrderOperation):
        return redirect("shop-operation", found.pk)
    if isinstance(found, WorkOrder):
        return redirect("shop-order", found.pk)
    if isinstance(found, Machine):
        return redirect("shop-machine", found.pk)
    if isinstance(found, Employee):
        request.session[EMPLOYEE] = found.pk
        messages.success(request, _("Hello, {name}.").format(name=found.name))
    else:
        messages.error(request, _("Nothing here has the code {code}.").format(code=text[:60]))
    return redirect(reverse("shop"))


@require_GET
@_page
def machines(request: HttpRequest) -> HttpResponse:
    """Where does this terminal stand?"""
    rows = (
        Machine.objects.visible_to(request.user)
        .filter(is_active=True)
        .select_related("work_centre", "site")
        .order_by("site__code", "work_centre__code", "code")
    )
    return render(
        request,
        "execution/shop/machines.html",
        {
            "section": "shop",
            "machines": rows,
            "employee": terminal_employee(request),
            "title": _("Choose a machine"),
        },
    )


@require_GET
@_page
def machine_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One machine: what runs, what waits."""
    machine = _machine(request, pk)
    request.session[MACHINE] = machine.pk
    tile = _tile(machine)
    card = None
    if tile.run is not None:
        card = operation_card(WorkOrderOperation.objects.get(pk=tile.run.operation_id))
    waiting = [one for one in waiting_operations(machine) if card is None or one.id != card.id]
    return _render_work(request, machine, tile, card, waiting=waiting)


@require_GET
@_page
def operation_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One operation, as scanned from its traveler."""
    operation = get_object_or_404(
        WorkOrderOperation.objects.visible_to(request.user).select_related("work_order"), pk=pk
    )
    machine = _machine_for(request, operation)
    if machine is None:
        messages.error(request, _("No machine of this work centre is free to you."))
        return redirect("shop-machines")
    return _render_work(request, machine, _tile(machine), operation_card(operation))


@require_GET
@_page
def order_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The operations of one work order."""
    order = get_object_or_404(WorkOrder.objects.visible_to(request.user), pk=pk)
    context = {
        "section": "shop",
        "order": order,
        "cards": cards_of_order(order),
        "employee": terminal_employee(request),
        "title": order.number,
    }
    return render(request, "execution/shop/order.html", context)


@require_GET
@_page
def now_fragment(request: HttpRequest, pk: int) -> HttpResponse:
    """What the page of a machine refreshes by itself: state and counts, no buttons."""
    machine = _machine(request, pk)
    tile = _tile(machine)
    context = {"machine": machine, "tile": tile, "now": timezone.now()}
    return render(request, "execution/shop/_now.html", context)


@require_POST
@_page
def act(request: HttpRequest) -> HttpResponse:
    """One tap: call one service once, say what came of it, and go back.

    The terminal's script asks for JSON: what was said, or the code of what was refused.
    """
    answers_json = request.accepts("application/json") and not request.accepts("text/html")
    try:
        said = perform(request, employee=terminal_employee(request))
    except BusinessError as error:
        if answers_json:
            return JsonResponse({"code": error.code, "said": str(error)}, status=error.status)
        messages.error(request, str(error))
    else:
        if answers_json:
            return JsonResponse({"said": said, "next": _back(request)})
        messages.success(request, said)
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    """The page to show after a tap."""
    operation, machine = (request.POST.get(name, "") for name in ("operation", "machine"))
    if request.POST.get("act") == "read" and _is_key(operation):
        return reverse("shop-operation", args=[int(operation)])
    if _is_key(machine):
        return reverse("shop-machine", args=[int(machine)])
    return reverse("shop-andon" if request.POST.get("call") else "shop")


def _is_key(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


@require_POST
@_page
def leave(request: HttpRequest) -> HttpResponse:
    """Another person, or another machine."""
    request.session.pop(EMPLOYEE, None)
    if request.POST.get("what") == "machine":
        request.session.pop(MACHINE, None)
    return redirect("shop")


def _render_work(
    request: HttpRequest,
    machine: Machine,
    tile: Tile,
    card: OperationCard | None,
    *,
    waiting: list[OperationCard] | None = None,
) -> HttpResponse:
    user = request.user
    runs_here = card is not None and tile.run is not None and tile.run.operation_id == card.id
    reasons = ReasonCode.objects.filter(company=machine.company_id, is_active=True)
    employee = terminal_employee(request)
    revision_id = card.instruction_revision_id if card is not None else None
    is_unread = unread_revision(revision_id, employee) is not None
    context = {
        "section": "shop",
        "instruction": revisions_to_show([revision_id]).get(revision_id or 0),
        "is_unread": is_unread,
        "may_acknowledge": user.has_perm("engineering.add_acknowledgement"),
        "title": machine.code if card is None else f"{card.scan_text} · {machine.code}",
        "machine": machine,
        "tile": tile,
        "card": card,
        "runs_here": runs_here,
        "can_run": _can_run(tile, card, runs_here=runs_here, is_unread=is_unread),
        "waiting": waiting,
        "employee": employee,
        "now": timezone.now(),
        "key": uuid.uuid4().hex,
        "scrap_reasons": list(reasons.filter(kind=ReasonCode.Kind.SCRAP).order_by("code")),
        "stop_reasons": list(reasons.filter(kind=ReasonCode.Kind.DOWNTIME).order_by("code")),
        "unexplained": _unexplained(machine),
        "calls": waiting_calls(user).filter(machine=machine),
        "andon_categories": AndonCategory.objects.filter(
            company=machine.company_id, is_active=True
        ).order_by("code"),
        "may_call": user.has_perm("execution.add_andoncall"),
        "may_respond": user.has_perm("execution.respond_andoncall"),
        "may_run": user.has_perm("execution.run_workorderoperation"),
        "may_report": user.has_perm("execution.add_productionreport"),
        "may_classify": user.has_perm("execution.classify_machineinterval"),
    }
    return render(request, "execution/shop/machine.html", context)


def _can_run(tile: Tile, card: OperationCard | None, *, runs_here: bool, is_unread: bool) -> bool:
    """Whether the operation runs on the machine, or could be started there now."""
    if card is None or runs_here:
        return runs_here
    return card.can_start and tile.run is None and not is_unread


def _unexplained(machine: Machine) -> MachineInterval | None:
    """The last stop that nobody gave a reason."""
    return (
        MachineInterval.objects.filter(
            machine=machine,
            state="stopped",
            reason__isnull=True,
            starts_at__gte=timezone.now() - UNEXPLAINED_FOR,
        )
        .order_by("-starts_at")
        .first()
    )


def _tile(machine: Machine) -> Tile:
    return board(machine.site, Machine.objects.filter(pk=machine.pk)).tiles[0]


def _machine(request: HttpRequest, pk: int) -> Machine:
    rows = Machine.objects.visible_to(request.user).select_related(
        "company", "site__company", "work_centre"
    )
    return get_object_or_404(rows, pk=pk, is_active=True)


def _machine_for(request: HttpRequest, operation: WorkOrderOperation) -> Machine | None:
    """The machine it runs on, else this terminal's, else the planned or first of its centre."""
    rows = (
        Machine.objects.visible_to(request.user)
        .filter(work_centre=operation.work_centre_id, is_active=True)
        .select_related("company", "site__company", "work_centre")
        .order_by("code")
    )
    choices = list(rows)
    running = set(operation.runs.filter(ends_at__isnull=True).values_list("machine_id", flat=True))
    wanted = [request.session.get(MACHINE), operation.machine_id]

    def rank(machine: Machine) -> tuple[bool, bool, bool]:
        return (machine.pk not in running, machine.pk != wanted[0], machine.pk != wanted[1])

    return min(choices, key=rank, default=None)
