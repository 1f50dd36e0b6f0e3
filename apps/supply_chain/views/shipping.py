"""Sending out what was picked: the carrier, the tracking number, one press."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.errors import BusinessError
from apps.core.views.page_forms import by_code, once
from apps.inventory.models import PickList
from apps.inventory.queries.picks import goods_of
from apps.masterdata.models import Partner
from apps.supply_chain.services.pick_list_shipments import ship_pick_list

SHIP = ("supply_chain.add_shipment", "inventory.view_picklist")


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(SHIP, raise_exception=True)
def ship_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What goes out for a pick list; afterwards its shipments can be scanned and printed."""
    rows = PickList.objects.visible_to(request.user)
    pick_list = get_object_or_404(rows.select_related("company", "carrier", "staging"), pk=pk)
    typed = {n: request.POST.get(n, "").strip()[:60] for n in ("carrier", "tracking_number")}
    if request.method == "POST":
        try:
            messages.success(request, once(request, lambda: _ship(request, pick_list, typed)))
            return redirect(f"{reverse('inventory-scan')}")
        except BusinessError as error:
            messages.error(request, str(error))
    loose, packed = goods_of(pick_list)
    may_ship = pick_list.status in (PickList.Status.PICKED, PickList.Status.PACKED)
    context = {
        "section": "picks",
        "title": _("Ship {number}").format(number=pick_list.number),
        "pick_list": pick_list,
        "loose": loose,
        "packed": packed,
        "may_ship": may_ship,
        "carriers": Partner.objects.filter(
            company=pick_list.company, is_carrier=True, is_active=True
        ).order_by("code"),
        "typed": typed,
        "key": uuid.uuid4().hex,
    }
    return render(request, "supply_chain/ship.html", context)


def _ship(request: HttpRequest, pick_list: PickList, typed: dict[str, str]) -> str:
    carrier = None
    if typed["carrier"]:
        carrier = by_code(Partner.objects, pick_list.company, typed["carrier"], "carrier")
    made = ship_pick_list(
        pick_list,
        date=timezone.localdate(),
        carrier=carrier,
        tracking_number=typed["tracking_number"],
        by=request.user,
    )
    return _("Shipped: {numbers}.").format(numbers=", ".join(one.number for one in made))
