"""The shift hand-over on the terminal: what the shift leaves, and both signatures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date as Date
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.printouts import pdf_response
from apps.core.services.reauthentication import WrongPassword, prove_identity
from apps.core.views.page_forms import day
from apps.execution.handover_printout import handover_pdf
from apps.execution.models import ShiftHandover
from apps.execution.services.shift_handovers import (
    hand_over,
    prepare_handover,
    take_back,
    take_over,
    write_notes,
)
from apps.execution.views.shop_sessions import MACHINE, terminal_employee
from apps.masterdata.models import Machine, Shift, WorkCentre
from apps.masterdata.queries.calendars import calendar_of

VIEW = "execution.view_shifthandover"
SIGN = "execution.sign_shifthandover"
LOOK_BACK = timedelta(days=2)
MOST_SHOWN = 20


def _page(view: Any) -> Any:
    allowed = permission_required(VIEW, raise_exception=True)(view)
    return never_cache(login_required(allowed))


@require_http_methods(["GET", "POST"])
@_page
def handovers(request: HttpRequest) -> HttpResponse:
    """The last shifts of a work centre; POST prepares the hand-over of one."""
    centres = WorkCentre.objects.visible_to(request.user).filter(is_active=True)
    centres = centres.select_related("site__company", "company").order_by("site__code", "code")
    given = request.POST if request.method == "POST" else request.GET
    centre = _centre(request, centres, given.get("work_centre", ""))
    if request.method == "POST":
        try:
            row = _prepare(request, centre)
        except BusinessError as error:
            messages.error(request, str(error))
        else:
            return redirect("shop-handover-page", row.pk)
    rows = ShiftHandover.objects.visible_to(request.user).filter(work_centre=centre)
    context = {
        "section": "shop",
        "title": _("Shift hand-over"),
        "centres": centres,
        "centre": centre,
        "spans": _spans(centre) if centre else [],
        "rows": rows.select_related("shift").order_by("-starts_at")[:MOST_SHOWN],
        "may_add": request.user.has_perm("execution.add_shifthandover"),
        "employee": terminal_employee(request),
    }
    return render(request, "execution/shop/handovers.html", context)


@require_GET
@_page
def handover_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One hand-over: its figures, its notes, who signs."""
    row = _row(request, pk)
    notes = {note.machine_id: note.text for note in row.notes.all()}
    machines = Machine.objects.filter(work_centre=row.work_centre_id, is_active=True)
    context = {
        "section": "shop",
        "title": row.number,
        "row": row,
        "content": row.content,
        "machines": [(one, notes.get(one.pk, "")) for one in machines.order_by("code")],
        "may_write": request.user.has_perm("execution.add_shifthandover"),
        "may_sign": request.user.has_perm(SIGN),
        "employee": terminal_employee(request),
    }
    return render(request, "execution/shop/handover.html", context)


@require_POST
@_page
def handover_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Write notes, sign, countersign or take back; then the page again."""
    row = _row(request, pk)
    act = _ACTS.get(request.POST.get("act", ""))
    try:
        if act is None:
            raise InvalidInput("unknown_act", _("There is no such button."), field="act")
        permission, do, said = act
        if not request.user.has_perm(permission):
            raise BusinessError("not_allowed", _("You may not do this."))
        do(request, row)
        messages.success(request, str(said()))
    except BusinessError as error:
        messages.error(request, str(error))
    return redirect("shop-handover-page", row.pk)


@require_GET
@_page
def handover_print(request: HttpRequest, pk: int) -> HttpResponse:
    """The shift report as a PDF."""
    row = _row(request, pk)
    return pdf_response(handover_pdf(row), name=f"{row.number}.pdf")


def _row(request: HttpRequest, pk: int) -> ShiftHandover:
    rows = ShiftHandover.objects.visible_to(request.user).select_related(
        "company", "site", "work_centre", "shift"
    )
    found: ShiftHandover = get_object_or_404(rows, pk=pk)
    return found


def _centre(request: HttpRequest, centres: Any, text: str) -> WorkCentre | None:
    """The one asked for, else that of the terminal's machine, else the first."""
    if text.isascii() and text.isdigit() and len(text) < 19:
        return centres.filter(pk=int(text)).first()
    machine_id = request.session.get(MACHINE)
    own = centres.filter(machines=machine_id).first() if machine_id else None
    return own or centres.first()


def _spans(centre: WorkCentre) -> list[Any]:
    """The shifts of the last days up to now, the newest first."""
    now = timezone.now()
    return list(reversed(calendar_of(centre.site).spans(now - LOOK_BACK, now)))


def _prepare(request: HttpRequest, centre: WorkCentre | None) -> ShiftHandover:
    if not request.user.has_perm("execution.add_shifthandover"):
        raise BusinessError("not_allowed", _("You may not do this."))
    key = request.POST.get("shift", "")
    rows = Shift.objects.visible_to(request.user)
    shift = rows.filter(pk=int(key)).first() if key.isdigit() and len(key) < 19 else None
    if centre is None or shift is None:
        raise InvalidInput("does_not_exist", _("This is not here any more."), field="shift")
    on: Date = day(request.POST.get("day", ""), "day")
    return prepare_handover(centre, shift=shift, day=on, by=request.user)


def _write(request: HttpRequest, row: ShiftHandover) -> None:
    machines = Machine.objects.filter(work_centre=row.work_centre_id, is_active=True)
    texts = {one: request.POST.get(f"machine-{one.pk}", "") for one in machines}
    note = request.POST.get("note", "")[:4000]
    write_notes(row, note=note, machines=texts, by=request.user)


def _signer(request: HttpRequest) -> tuple[User, Any]:
    """Who signs need not be signed in at the terminal: name and password tell."""
    name = request.POST.get("username", "").strip() or request.user.get_username()
    user = User.objects.filter(username=name, is_active=True).first()
    password = request.POST.get("password", "")
    if user is None:
        raise WrongPassword("wrong_password", _("This is not your password."), field="password")
    return user, prove_identity(user, password, request=request)


def _sign(service: Callable[..., ShiftHandover]) -> Callable[[HttpRequest, ShiftHandover], None]:
    def do(request: HttpRequest, row: ShiftHandover) -> None:
        user, proof = _signer(request)
        sees = ShiftHandover.objects.visible_to(user).filter(pk=row.pk).exists()
        if not sees or not user.has_perm(SIGN):
            raise BusinessError("not_allowed", _("You may not do this."))
        service(row, proof=proof, by=user)

    return do


def _back(request: HttpRequest, row: ShiftHandover) -> None:
    take_back(row, by=request.user)


_ACTS: dict[str, tuple[str, Callable[[HttpRequest, ShiftHandover], None], Callable[[], str]]] = {
    "notes": ("execution.add_shifthandover", _write, lambda: _("Saved.")),
    "sign": (VIEW, _sign(hand_over), lambda: _("Signed: the next shift can take over.")),
    "countersign": (VIEW, _sign(take_over), lambda: _("Signed: the shift is closed.")),
    "back": (SIGN, _back, lambda: _("It is a draft again.")),
}
