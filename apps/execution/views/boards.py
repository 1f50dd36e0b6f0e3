"""Wall boards: the machines of a site or a work centre as they are, refreshed by themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.models import Site
from apps.execution.queries.andon import waiting_by_machine
from apps.execution.queries.boards import board
from apps.masterdata.models import Machine, WorkCentre

#: A board of a rotation is shown so long.
LEAST_SECONDS, MOST_SECONDS = 5, 3600
PERMISSION = "execution.view_machineinterval"


def _page(view: Any) -> Any:
    allowed = permission_required(PERMISSION, raise_exception=True)(view)
    return require_GET(never_cache(login_required(allowed)))


@_page
def choice(request: HttpRequest) -> HttpResponse:
    """The sites with machines, and their work centres; the only one opens at once."""
    machines = (
        Machine.objects.visible_to(request.user)
        .filter(is_active=True)
        .select_related("site", "work_centre")
        .order_by("site__code", "work_centre__code")
    )
    sites: dict[Any, dict[Any, int]] = {}
    for machine in machines:
        centres = sites.setdefault(machine.site, {})
        centres[machine.work_centre] = centres.get(machine.work_centre, 0) + 1
    if len(sites) == 1:
        return redirect("board", next(iter(sites)).pk)
    shown = [(site, sorted(centres.items(), key=_code)) for site, centres in sites.items()]
    context = {"section": "boards", "title": _("Boards"), "sites": shown}
    return render(request, "execution/boards/choice.html", context)


def _code(pair: tuple[WorkCentre, int]) -> str:
    return pair[0].code


@_page
def board_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The board of one site; ``?work_centre=`` narrows it."""
    context = _context(request, pk)
    site = context["board"].site
    rows = WorkCentre.objects.filter(site=site, is_active=True, machines__is_active=True)
    centres = list(rows.distinct().order_by("code"))
    rotate = _seconds(request.GET.get("rotate", ""))
    context |= {
        "section": "boards",
        "title": site.name,
        "centres": centres,
        "is_big": request.GET.get("big") == "1",
        "rotate": rotate,
        "next": _next(request, centres, context["centre"]) if rotate else "",
    }
    return render(request, "execution/boards/board.html", context)


def _seconds(text: str) -> int:
    """How long each board of a rotation is shown; 0: it stays."""
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        return 0
    return min(max(int(text), LEAST_SECONDS), MOST_SECONDS) if int(text) else 0


def _next(request: HttpRequest, centres: list[WorkCentre], centre: WorkCentre | None) -> str:
    """The query of the next line's board, round and round."""
    places = [one.pk for one in centres]
    if not places:
        return ""
    at = places.index(centre.pk) + 1 if centre and centre.pk in places else 0
    words = {name: request.GET[name] for name in ("big", "rotate") if name in request.GET}
    return urlencode({"work_centre": places[at % len(places)], **words})


@_page
def tiles_fragment(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of a board that changes."""
    return render(request, "execution/boards/_tiles.html", _context(request, pk))


def _context(request: HttpRequest, site_id: int) -> dict[str, Any]:
    site = get_object_or_404(
        Site.objects.visible_to(request.user).select_related("company__currency"), pk=site_id
    )
    machines = Machine.objects.visible_to(request.user)
    chosen = request.GET.get("work_centre", "")
    centre = None
    if chosen.isdigit() and len(chosen) < 19:
        centre = get_object_or_404(WorkCentre, pk=int(chosen), site=site)
        machines = machines.filter(work_centre=centre)
    seen, calls = board(site, machines), waiting_by_machine(site.pk)
    # whoever calls for help comes before all others
    tiles = sorted(seen.tiles, key=lambda tile: tile.machine_id not in calls)
    return {
        "board": replace(seen, tiles=tiles),
        "waiting_calls": calls,
        "centre": centre,
        "zone": site.time_zone,
    }
