"""Dashboards: saved reports side by side, each asked with the viewer's own rights."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.errors import BusinessError
from apps.core.report_files import text_rows
from apps.reporting.datasets import datasets
from apps.reporting.models import Dashboard, SavedReport
from apps.reporting.pivots import pivot_report
from apps.reporting.queries.pivots import Kept, read_pivot
from apps.reporting.queries.scope import Asked, asked_by
from apps.reporting.services.saved_reports import read_question
from apps.reporting.views.pivots import address_in, menu

PERMISSION = "reporting.view_dashboard"
MOST_ROWS = 15


@require_GET
@login_required
@permission_required(PERMISSION, raise_exception=True)
def dashboards_page(request: HttpRequest) -> HttpResponse:
    asked = asked_by(request.user)
    boards = Dashboard.objects.visible_to(request.user).filter(is_active=True)
    reports = SavedReport.objects.visible_to(request.user).filter(is_active=True)
    context = {
        "title": _("Dashboards"),
        "menu": menu(request.user, asked, "dashboards"),
        "boards": boards.select_related("owner").order_by("name")[:100],
        "reports": reports.select_related("owner").order_by("dataset", "name")[:200],
    }
    return render(request, "reporting/dashboards.html", context)


@require_GET
@never_cache
@login_required
@permission_required(PERMISSION, raise_exception=True)
def dashboard_page(request: HttpRequest, pk: int) -> HttpResponse:
    board = Dashboard.objects.visible_to(request.user).filter(pk=pk).first()
    if board is None:
        raise Http404
    asked = asked_by(request.user)
    visible = SavedReport.objects.visible_to(request.user)
    kept: Kept = {}
    tiles = board.tiles.filter(report__in=visible).select_related("report__company__currency")
    context = {
        "title": board.name,
        "menu": menu(request.user, asked, "dashboards"),
        "tiles": [_tile(tile.report, asked, kept) for tile in tiles],
    }
    return render(request, "reporting/dashboard.html", context)


def _tile(saved: SavedReport, asked: Asked, kept: Kept) -> dict[str, Any]:
    shown: dict[str, Any] = {"title": saved.name, "url": saved.get_absolute_url()}
    try:
        wanted = read_question(saved.dataset, saved.question, saved.company, asked)
        address = address_in(datasets()[saved.dataset])
        made = pivot_report(read_pivot(wanted, kept=kept), address, most=MOST_ROWS)
    except BusinessError as error:
        return shown | {"error": error}
    report = made.report
    return shown | {"report": report, "rows": text_rows(report), "left_out": made.left_out}
