"""Proof of delivery on a telephone: who took it in, a signature or photo, what was wrong."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.errors import BusinessError
from apps.core.views.page_forms import number, once
from apps.supply_chain.models import Consignment, DeliveryException, ShipmentLine
from apps.supply_chain.services.consignments import Found, deliver_consignment

DELIVER = ("supply_chain.deliver_consignment", "supply_chain.view_consignment")


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(DELIVER, raise_exception=True)
def delivery_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One consignment at the customer's door; afterwards its proof."""
    rows = Consignment.objects.visible_to(request.user)
    consignment = get_object_or_404(rows.select_related("partner", "site", "carrier"), pk=pk)
    lines = list(
        ShipmentLine.objects.filter(shipment__consignments__consignment=consignment)
        .select_related("shipment", "item__unit", "lot")
        .order_by("shipment_id", "pk")
    )
    if request.method == "POST":
        try:
            said = once(request, lambda: _deliver(request, consignment, lines))
            messages.success(request, said)
            return redirect("supply-chain-delivery", consignment.pk)
        except BusinessError as error:
            messages.error(request, str(error))
    context = {
        "section": "picks",
        "title": _("Delivery {number}").format(number=consignment.number),
        "consignment": consignment,
        "lines": [(line, _typed(request, line)) for line in lines],
        "kinds": DeliveryException.Kind.choices,
        "may_deliver": consignment.status == Consignment.Status.DISPATCHED,
        "proof": consignment.proofs.prefetch_related("exceptions__shipment_line__item").first(),
        "typed": {name: request.POST.get(name, "") for name in ("received_by", "note")},
        "key": uuid.uuid4().hex,
    }
    return render(request, "supply_chain/delivery.html", context)


def _typed(request: HttpRequest, line: ShipmentLine) -> dict[str, str]:
    return {name: request.POST.get(f"{name}-{line.pk}", "") for name in ("kind", "wrong", "why")}


def _deliver(request: HttpRequest, consignment: Consignment, lines: list[ShipmentLine]) -> str:
    found = []
    for line in lines:
        typed = _typed(request, line)
        if typed["wrong"].strip():
            quantity: Decimal = number(typed["wrong"].strip(), "quantity")
            found.append(Found(line, typed["kind"], quantity, typed["why"][:200]))
    given: dict[str, Any] = {name: request.POST.get(name, "") for name in ("received_by", "note")}
    proof = deliver_consignment(
        consignment,
        received_by=given["received_by"],
        note=given["note"][:500],
        exceptions=found,
        signature=request.FILES.get("signature"),
        by=request.user,  # type: ignore[arg-type]
    )
    return _("Delivered to {name}.").format(name=proof.received_by)
