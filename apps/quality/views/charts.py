"""Control charts and the look-back of a gauge, as pages."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import BusinessError
from apps.quality.chart_drawing import LevelToDraw, Plot, PointToDraw, draw
from apps.quality.models import ControlChart, Gauge, Nonconformance, SpcSignal
from apps.quality.queries.benches import visible_charts
from apps.quality.queries.chart_views import ChartView, chart_view
from apps.quality.queries.look_backs import look_back
from apps.quality.services.signalling import freeze_limits
from apps.quality.views.bench import page

VIEW = "quality.view_controlchart"
FREEZE = "quality.freeze_controlchart"
MOST_SIGNALS = 30


@require_GET
@page(VIEW)
def charts(request: HttpRequest) -> HttpResponse:
    """Every chart that is watched."""
    context = {
        "section": "charts",
        "title": _("Control charts"),
        "charts": list(visible_charts(request.user)),
    }
    return render(request, "quality/charts/list.html", context)


@require_GET
@page(VIEW)
def chart_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One chart: points, limits, signals, capability."""
    chart = _chart(request, pk)
    view = chart_view(chart)
    signals = SpcSignal.objects.filter(chart=chart).select_related("nonconformance", "inspection")
    context = {
        "section": "charts",
        "title": chart.code,
        "chart": chart,
        "view": view,
        "plots": _plots(view) if view.points else [],
        "signals": list(signals.order_by("-pk")[:MOST_SIGNALS]),
        "blocking": list(
            Nonconformance.objects.filter(
                pk__in=signals.values("nonconformance"),
                blocks_start=True,
                status__in=Nonconformance.UNDECIDED,
            )
        ),
        "may_freeze": request.user.has_perm(FREEZE),
    }
    return render(request, "quality/charts/chart.html", context)


@require_POST
@page(FREEZE)
def freeze(request: HttpRequest, pk: int) -> HttpResponse:
    """Freeze the limits of the first points."""
    chart = _chart(request, pk)
    text = request.POST.get("points", "").strip()
    try:
        points = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
        made = freeze_limits(
            chart, points=points, reason=request.POST.get("reason", "")[:200], by=request.user
        )
        messages.success(
            request,
            _("Limits {revision} are frozen, from {count} points.").format(
                revision=made.revision, count=made.points
            ),
        )
    except BusinessError as error:
        messages.error(request, str(error))
    return redirect("quality-chart", chart.pk)


@require_GET
@page("quality.view_gauge")
def look_back_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What a gauge has measured since it was last good."""
    gauge = get_object_or_404(Gauge.objects.visible_to(request.user), pk=pk)
    context = {"section": "", "title": gauge.code, "gauge": gauge, "found": look_back(gauge)}
    return render(request, "quality/charts/look_back.html", context)


def _chart(request: HttpRequest, pk: int) -> ControlChart:
    rows = ControlChart.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("item", "characteristic__unit"), pk=pk)


def _plots(view: ChartView) -> list[Plot]:
    chart = view.chart
    own = chart.kind in (ControlChart.Kind.P, ControlChart.Kind.U)
    names: dict[str, tuple[Any, Any]] = {
        "xbar_r": (_("Mean X̄"), _("Range R")),
        "xbar_s": (_("Mean X̄"), _("Standard deviation s")),
        "i_mr": (_("Individual value"), _("Moving range")),
    }
    first, second = names.get(chart.kind, (chart.get_kind_display(), ""))
    points = [
        PointToDraw(
            p.number,
            p.value,
            f"{p.number} · {p.inspection}: {p.value:.6g} {' '.join(p.rules)}".strip(),
            bool(p.rules),
            p.lower,
            p.upper,
        )
        for p in view.points
    ]
    levels = [LevelToDraw(view.center, f"CL {view.center:.6g}", "center")] if view.center else []
    if not own and view.lower is not None and view.upper is not None:
        levels += [
            LevelToDraw(view.lower, f"LCL {view.lower:.6g}", "limit"),
            LevelToDraw(view.upper, f"UCL {view.upper:.6g}", "limit"),
        ]
    plots = [draw(str(first), points, levels, has_own_limits=own)]
    if chart.is_measured and view.spread_center is not None:
        spread = [
            PointToDraw(
                p.number,
                p.spread,
                f"{p.number} · {p.inspection}: {p.spread or 0:.6g}",
                bool(p.spread_rules),
            )
            for p in view.points
        ]
        plots.append(
            draw(
                str(second),
                spread,
                [
                    LevelToDraw(view.spread_center, f"CL {view.spread_center:.6g}", "center"),
                    LevelToDraw(view.spread_lower, f"LCL {view.spread_lower or 0:.6g}", "limit"),
                    LevelToDraw(view.spread_upper, f"UCL {view.spread_upper or 0:.6g}", "limit"),
                ],
            )
        )
    return plots
