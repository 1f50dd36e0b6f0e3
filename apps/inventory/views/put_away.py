"""Putting away what came in: what waits at the docks, where each belongs, one scan to confirm."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from apps.core.errors import BusinessError
from apps.core.views.page_forms import number, once
from apps.inventory.models import Location, StockBalance
from apps.inventory.queries.put_away import suggest_put_away, waiting_goods
from apps.inventory.services.put_away import PutAway, put_away
from apps.inventory.views.packages import place_or_package
from apps.inventory.views.scan import acting_company

PUT_AWAY = "inventory.put_away_stockdocument"


@require_GET
@never_cache
@login_required
@permission_required(PUT_AWAY, raise_exception=True)
def waiting_page(request: HttpRequest) -> HttpResponse:
    """What waits at the docks, the oldest first."""
    company = acting_company(request)
    docks = Location.objects.visible_to(request.user).filter(
        use=Location.Use.RECEIVING, is_active=True
    )
    context = {
        "section": "put-away",
        "title": _("Put away"),
        "waiting": waiting_goods(company, user=request.user) if company else [],
        "has_docks": docks.exists(),
    }
    return render(request, "inventory/waiting.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(PUT_AWAY, raise_exception=True)
def put_away_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One of them: the places that suit, why, and the scan of the place that took it."""
    places = Location.objects.visible_to(request.user)
    rows = StockBalance.objects.visible_to(request.user).filter(location__in=places)
    row = get_object_or_404(
        rows.select_related("company", "item__unit", "item__category", "location__site", "lot"),
        pk=pk,
    )
    typed = {name: request.POST.get(name, "").strip()[:60] for name in ("quantity", "to")}
    if request.method == "POST":
        try:
            messages.success(request, once(request, lambda: _act(request, row, typed)))
            return redirect("inventory-put-away")
        except BusinessError as error:
            messages.error(request, str(error))
    free: Decimal = row.available
    suggestions = []
    if free > 0 and row.location.site is not None:
        suggestions = suggest_put_away(row.company, row.item, free, site=row.location.site)
    context = {
        "section": "put-away",
        "title": row.item.code,
        "row": row,
        "free": free,
        "suggestions": suggestions,
        "typed": typed,
        "key": uuid.uuid4().hex,
    }
    return render(request, "inventory/put_away.html", context)


def _act(request: HttpRequest, row: StockBalance, typed: dict[str, str]) -> str:
    target = place_or_package(request, row.company, typed["to"], "to")
    line = PutAway(
        item=row.item,
        quantity=number(typed["quantity"], "quantity"),
        source=row.location,
        target=target,
        lot=row.lot,
    )
    document = put_away(row.company, [line], by=request.user)
    return _("{number}: {quantity} {item} put away at {place}.").format(
        number=document.number,
        quantity=f"{line.quantity.normalize():f}",
        item=row.item.code,
        place=target.code,
    )
