"""``/roster/``: the team's week. Who may change it saves the whole grid at once."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Site
from apps.core.transactions import unit_of_work
from apps.hr.models import Employee
from apps.hr.queries.rosters import DAYS, week_grid
from apps.hr.services.rosters import Planned, plan_roster
from apps.hr.views.pages import act_once, page
from apps.masterdata.models import Shift

VIEW, CHANGE = "hr.view_rosterentry", "hr.change_rosterentry"
FREE = "free"
PREFIX = "cell"


@require_GET
@page
@permission_required(VIEW, raise_exception=True)
def week(request: HttpRequest) -> HttpResponse:
    """Seven days of everybody the user may see."""
    monday = _monday(request.GET.get("week", ""))
    sites = list(Site.objects.visible_to(request.user).filter(is_active=True))
    chosen = next((s for s in sites if str(s.pk) == request.GET.get("site")), None)
    rows = week_grid(request.user, monday, site=chosen.pk if chosen else None)
    shifts = Shift.objects.visible_to(request.user).filter(is_active=True).order_by("starts_at")
    by_site: dict[int, list[Shift]] = {}
    for shift in shifts:
        by_site.setdefault(shift.site_id, []).append(shift)
    context = {
        "section": "roster",
        "title": _("Roster"),
        "monday": monday,
        "days": [monday + timedelta(days=n) for n in range(DAYS)],
        "rows": [(row, by_site.get(row.employee.site_id, [])) for row in rows],
        "sites": sites if len(sites) > 1 else [],
        "site": chosen,
        "previous": monday - timedelta(days=DAYS),
        "next": monday + timedelta(days=DAYS),
        "today": timezone.localdate(),
        "may_change": request.user.has_perm(CHANGE),  # type: ignore[union-attr]
        "key": uuid.uuid4().hex,
    }
    return render(request, "hr/roster.html", context)


@require_POST
@page
@permission_required(CHANGE, raise_exception=True)
def save(request: HttpRequest) -> HttpResponse:
    """Plan what was changed in the grid: all of it, or nothing."""
    monday = _monday(request.POST.get("week", ""))

    def act() -> str:
        changed = _changed(request, monday)
        if not changed:
            raise BusinessError("nothing_changed", _("Nothing was changed."))
        with unit_of_work():
            companies = {row.employee.company_id: row.employee.company for row in changed}
            for pk, company in sorted(companies.items()):
                mine = [row for row in changed if row.employee.company_id == pk]
                plan_roster(company, mine, by=request.user)  # type: ignore[arg-type]
        n = len(changed)
        return ngettext("{n} day planned.", "{n} days planned.", n).format(n=n)

    act_once(request, act)
    query = f"?week={monday:%Y-%m-%d}"
    if request.POST.get("site", "").isdigit():
        query += f"&site={request.POST['site']}"
    return redirect(reverse("roster") + query)


def _changed(request: HttpRequest, monday: date) -> list[Planned]:
    """Cells (``cell-<employee>-<day>``) whose choice is not what the page showed."""
    wanted: dict[tuple[int, date], str] = {}
    for name, value in request.POST.items():
        prefix, _dash, rest = name.partition("-")
        who, _dash, day = rest.partition("-")
        if prefix != PREFIX or not who.isdigit() or value == request.POST.get(f"was-{rest}", ""):
            continue
        try:
            wanted[int(who), date.fromisoformat(day)] = value
        except ValueError as error:
            raise InvalidInput("invalid", _("Reload the page and try again.")) from error
    user: Any = request.user
    employees = (
        Employee.objects.visible_to(user)
        .select_related("company")
        .in_bulk({who for who, _day in wanted})
    )
    shifts = Shift.objects.visible_to(user).in_bulk(
        {int(value) for value in wanted.values() if value.isdigit()}
    )
    rows = []
    for (who, day), value in wanted.items():
        if who not in employees or not monday <= day < monday + timedelta(days=DAYS):
            raise InvalidInput("invalid", _("Reload the page and try again."))
        shift = shifts.get(int(value)) if value.isdigit() else None
        if value.isdigit() and shift is None:
            raise InvalidInput("does_not_exist", _("There is no such shift."), field="shift")
        rows.append(Planned(employees[who], day, shift))
    return rows


def _monday(text: str) -> date:
    try:
        day = date.fromisoformat(text) if text else timezone.localdate()
        return day - timedelta(days=day.weekday())
    except (ValueError, OverflowError):
        today = timezone.localdate()
        return today - timedelta(days=today.weekday())
