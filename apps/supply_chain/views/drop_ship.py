"""What suppliers could ship to customers themselves: choose promises and a supplier, one order
for each customer.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site
from apps.core.transactions import unit_of_work
from apps.core.views.page_forms import by_code, number, once
from apps.inventory.models import ExpectedMove
from apps.masterdata.models import Partner
from apps.supply_chain.queries.drop_ship import ShippablePromise, shippable_promises
from apps.supply_chain.services.drop_shipments import ToShip, order_drop_shipment

ORDER = "supply_chain.add_purchaseorder"


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(ORDER, raise_exception=True)
def drop_ship_page(request: HttpRequest) -> HttpResponse:
    """Open promises; what was refused is shown with what was chosen."""
    acting = request.user.acting  # type: ignore[union-attr]
    company = None if acting is None else Company.objects.get(pk=acting.company_id)
    if company is None:
        raise PermissionDenied
    if request.method == "POST":
        try:
            messages.success(request, once(request, lambda: _order(request, company)))
            return redirect("purchasing-drop-ship")
        except BusinessError as error:
            messages.error(request, str(error))
    posted = request.POST if request.method == "POST" else None
    context = {
        "section": "drop-ship",
        "title": _("Shipped by suppliers"),
        "company": company,
        "rows": [_shown(one, posted) for one in _visible(request, company)],
        "suppliers": Partner.objects.filter(
            company=company, is_supplier=True, is_active=True
        ).order_by("code"),
        "supplier": request.POST.get("supplier", ""),
        "key": uuid.uuid4().hex,
    }
    return render(request, "supply_chain/drop_ship.html", context)


def _visible(request: HttpRequest, company: Company) -> list[ShippablePromise]:
    sites = set(
        Site.objects.visible_to(request.user).filter(company=company).values_list("pk", flat=True)
    )
    return [one for one in shippable_promises(company) if one.site_id in sites]


def _shown(one: ShippablePromise, posted: Any) -> dict[str, Any]:
    typed = f"{one.open.normalize():f}"
    is_chosen = False
    if posted is not None:
        is_chosen = posted.get(f"promise-{one.id}") == "1"
        typed = posted.get(f"quantity-{one.id}", typed)
    return {"row": one, "typed": typed, "is_chosen": is_chosen}


def _order(request: HttpRequest, company: Company) -> str:
    """A draft for each customer and site, all or none."""
    rows = {one.id: one for one in _visible(request, company)}
    chosen = [rows[key] for key in rows if request.POST.get(f"promise-{key}") == "1"]
    if not chosen:
        raise InvalidInput("no_lines", _("Tick what is to be shipped."), field="lines")
    supplier = by_code(Partner.objects, company, request.POST.get("supplier", ""), "supplier")
    moves = ExpectedMove.objects.select_related("partner", "site").in_bulk(
        [one.id for one in chosen]
    )
    groups: dict[tuple[int, int], list[ToShip]] = {}
    for one in chosen:
        typed = request.POST.get(f"quantity-{one.id}", "").strip()
        quantity = number(typed, "quantity") if typed else None
        groups.setdefault((one.customer_id, one.site_id), []).append(
            ToShip(moves[one.id], quantity)
        )
    with unit_of_work():
        made = [
            order_drop_shipment(
                company,
                partner=supplier,
                lines=lines,
                by=request.user,  # type: ignore[arg-type]
            )
            for _group, lines in sorted(groups.items(), key=lambda pair: pair[0])
        ]
    return _("Drafted: {numbers}").format(numbers=", ".join(one.number for one in made))
