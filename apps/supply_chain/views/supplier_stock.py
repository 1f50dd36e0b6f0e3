"""Goods of suppliers that lie with us: how much of whose, and taking them over."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site
from apps.core.transactions import unit_of_work
from apps.core.views.page_forms import by_code, number, once
from apps.inventory.models import Location, StockBalance
from apps.supply_chain.services.supplier_stock import TakenOver, take_over

TAKE_OVER = "supply_chain.add_receipt"
MOST = 200


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(TAKE_OVER, raise_exception=True)
def supplier_stock_page(request: HttpRequest) -> HttpResponse:
    """What lies here and is not ours; a refusal is shown with what was typed."""
    acting = request.user.acting  # type: ignore[union-attr]
    company = None if acting is None else Company.objects.get(pk=acting.company_id)
    if company is None:
        raise PermissionDenied
    if request.method == "POST":
        try:
            messages.success(request, once(request, lambda: _take_over(request, company)))
            return redirect("purchasing-supplier-stock")
        except BusinessError as error:
            messages.error(request, str(error))
    posted = request.POST if request.method == "POST" else {}
    context = {
        "section": "supplier-stock",
        "title": _("Goods of suppliers"),
        "rows": [
            {"row": row, "typed": posted.get(f"quantity-{row.pk}", "")}
            for row in _visible(request, company)
        ],
        "place": posted.get("place", ""),
        "key": uuid.uuid4().hex,
    }
    return render(request, "supply_chain/supplier_stock.html", context)


def _visible(request: HttpRequest, company: Company) -> list[StockBalance]:
    sites = Site.objects.visible_to(request.user).filter(company=company)
    rows = StockBalance.objects.filter(
        company=company, location__owner__isnull=False, location__site__in=sites, quantity__gt=0
    ).select_related("item__unit", "location__owner", "location__site", "lot")
    return list(rows.order_by("location__owner__code", "item__code", "pk")[:MOST])


def _take_over(request: HttpRequest, company: Company) -> str:
    """A receipt for each supplier and site, all or none."""
    place: Location = by_code(
        Location.objects.visible_to(request.user),
        company,
        request.POST.get("place", "").strip(),
        "place",
    )
    groups: dict[tuple[Any, Any], list[TakenOver]] = {}
    for row in _visible(request, company):
        typed = request.POST.get(f"quantity-{row.pk}", "").strip()
        if typed:
            key = (row.location.owner_id, row.location.site_id)
            groups.setdefault(key, []).append(TakenOver(row, number(typed, "quantity"), place))
    if not groups:
        raise InvalidInput("no_lines", _("Say how much is taken over."), field="lines")
    with unit_of_work():
        made = [
            take_over(
                company,
                lines,
                date=timezone.now().astimezone(place.site.zone).date()
                if place.site
                else timezone.localdate(),
                by=request.user,  # type: ignore[arg-type]
            )
            for _key, lines in sorted(groups.items())
        ]
    return _("Taken over: {numbers}").format(numbers=", ".join(one.number for one in made))
