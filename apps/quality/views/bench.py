"""The bench: what waits to be inspected, value by value. Works without a script."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import BusinessError
from apps.quality.models import Characteristic, Gauge, Inspection
from apps.quality.queries.benches import find_inspection, waiting_inspections
from apps.quality.queries.measurements import measured
from apps.quality.views.bench_acts import GAUGE, perform

VIEW = "quality.view_inspection"
SHOWN_SAMPLES = 400


def page(permission: str) -> Any:
    """Signed in, allowed, never from a cache."""

    def decorate(view: Any) -> Any:
        allowed = permission_required(permission, raise_exception=True)(view)
        return never_cache(login_required(allowed))

    return decorate


@require_GET
@page(VIEW)
def waiting(request: HttpRequest) -> HttpResponse:
    """All that waits; a scan opens its inspection."""
    text = request.GET.get("scan", "")
    if text:
        found = find_inspection(text[:60], request.user)
        if found is not None:
            return redirect("quality-inspection", found.pk)
        messages.error(request, _("Nothing here has the code {code}.").format(code=text[:60]))
    context = {
        "section": "bench",
        "title": _("Inspections"),
        "inspections": list(waiting_inspections(request.user)),
    }
    return render(request, "quality/bench/waiting.html", context)


@require_GET
@page(VIEW)
def inspection_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One inspection: what is next to measure, what has been found, the decision."""
    rows = Inspection.objects.visible_to(request.user).select_related(
        "item__unit", "lot", "partner", "plan", "location"
    )
    inspection = get_object_or_404(rows, pk=pk)
    state = measured(inspection)
    is_open = inspection.status in Inspection.UNDECIDED
    context = {
        "section": "bench",
        "title": inspection.number,
        "inspection": inspection,
        "state": state,
        "next": state.next_missing() if is_open else None,
        "table": _table(state),
        "failed": state.failed_samples,
        "gauges": _gauges(request, inspection),
        "gauge_id": request.session.get(GAUGE),
        "attributes": [
            line
            for line in state.lines
            if line.characteristic.kind == Characteristic.Kind.ATTRIBUTE
        ],
        "ncrs": list(inspection.nonconformances.order_by("pk")),
        "key": uuid.uuid4().hex,
        "is_open": is_open,
        "may_measure": request.user.has_perm("quality.measure_inspection"),
        "may_decide": request.user.has_perm("quality.decide_inspection"),
    }
    return render(request, "quality/bench/inspection.html", context)


@require_POST
@page(VIEW)
def act(request: HttpRequest, pk: int) -> HttpResponse:
    """One entry: call one service once, say what came of it, and go on."""
    inspection = get_object_or_404(Inspection.objects.visible_to(request.user), pk=pk)
    try:
        messages.success(request, perform(request, inspection))
    except BusinessError as error:
        messages.error(request, str(error))
    return redirect("quality-inspection", inspection.pk)


def _table(state: Any) -> list[tuple[int, list[Any]]]:
    """Rows of the table of results: sample, then a result (or None) for each line."""
    samples = sorted({sample for _line, sample in state.results})[-SHOWN_SAMPLES:]
    return [
        (sample, [state.results.get((line.pk, sample)) for line in state.lines])
        for sample in samples
    ]


def _gauges(request: HttpRequest, inspection: Inspection) -> list[tuple[Gauge, bool]]:
    """Every gauge with whether it may be used today."""
    today = timezone.localdate()
    rows = Gauge.objects.filter(company=inspection.company_id, is_active=True).order_by("code")
    return [(gauge, gauge.is_usable(today)) for gauge in rows]
