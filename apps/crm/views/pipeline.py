"""The pipeline as a board: drag an opportunity to another stage, or move it with the keyboard."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.core.views.report_pages import chosen_company
from apps.crm.models import Opportunity, OpportunityStage
from apps.crm.queries.pipeline import board
from apps.crm.services.opportunities import move_opportunity

VIEW = "crm.view_opportunity"
MOVE = "crm.change_opportunity"


@require_GET
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def board_page(request: HttpRequest) -> HttpResponse:
    """Stages as columns; ``?company=`` chooses among several."""
    companies = list(Company.objects.visible_to(request.user).order_by("code"))
    company = chosen_company(request, companies)
    context = {
        "section": "pipeline",
        "title": _("Pipeline"),
        "companies": companies if len(companies) > 1 else [],
        "company": company,
        "columns": board(company, request.user) if company else [],
        "may_move": request.user.has_perm(MOVE),
    }
    return render(request, "crm/pipeline.html", context)


@require_POST
@login_required
@permission_required((VIEW, MOVE), raise_exception=True)
def move(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one opportunity to ``stage``: as the board's script asks, or a plain form."""
    opportunity = get_object_or_404(Opportunity.objects.visible_to(request.user), pk=pk)
    given = request.POST.get("stage", "")
    stages = OpportunityStage.objects.filter(company=opportunity.company_id)
    stage = get_object_or_404(stages, pk=int(given) if given.isdigit() and len(given) < 19 else 0)
    is_script = request.headers.get("X-Requested-With") == "XMLHttpRequest"
    try:
        move_opportunity(opportunity, stage=stage, version=_version(request), by=request.user)
    except BusinessError as error:
        if is_script:
            return JsonResponse({"code": error.code, "detail": str(error)}, status=error.status)
        messages.error(request, str(error))
    if is_script:
        return JsonResponse({"stage": stage.pk})
    return redirect(f"{request.POST.get('back') or ''}" if _is_own(request) else "crm-pipeline")


def _version(request: HttpRequest) -> int | None:
    seen = request.POST.get("version", "")
    return int(seen) if seen.isdigit() and len(seen) < 10 else None


def _is_own(request: HttpRequest) -> bool:
    """Only the board itself is gone back to."""
    back = request.POST.get("back", "")
    return back.startswith("/crm/pipeline/") and "//" not in back
