"""The bids for a request side by side; the chosen ones are ordered."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.admin.numbers import number_text
from apps.core.errors import BusinessError
from apps.core.views.page_forms import once
from apps.supply_chain.models import BidLine, RequestForQuotation
from apps.supply_chain.queries.bids import Comparison, Offer, compare_bids
from apps.supply_chain.services.awards import award_request

VIEW = "supply_chain.view_requestforquotation"
BIDS = "supply_chain.view_bid"
AWARD = "supply_chain.award_requestforquotation"


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required((VIEW, BIDS), raise_exception=True)
def bids_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One request: a row for each line, a column for each supplier."""
    rows = RequestForQuotation.objects.visible_to(request.user)
    asked = get_object_or_404(rows.select_related("company__currency", "site"), pk=pk)
    if request.method == "POST":
        if not request.user.has_perm(AWARD):
            raise PermissionDenied
        try:
            messages.success(request, once(request, lambda: _award(request, asked)))
            return redirect("purchasing-bids", asked.pk)
        except BusinessError as error:
            messages.error(request, str(error))
    context: dict[str, Any] = {
        "section": "bids",
        "title": asked.number,
        "asked": asked,
        "company": asked.company,
        "can_award": asked.status == RequestForQuotation.Status.SENT
        and request.user.has_perm(AWARD),
        "key": uuid.uuid4().hex,
    }
    try:
        context |= _table(asked, compare_bids(asked), request.POST)
    except BusinessError as error:
        context["error"] = error
    return render(request, "supply_chain/bids.html", context)


def _table(asked: RequestForQuotation, found: Comparison, posted: Any) -> dict[str, Any]:
    """Cells in the order of the totals; the cheapest offer is chosen to begin with."""
    lines = []
    for line in asked.lines.select_related("item", "unit"):
        by_partner = {one.partner_id: one for one in found.offers[line.pk]}
        chosen = posted.get(f"line-{line.pk}") if posted else None
        if chosen is None:
            cheapest = next((one for one in found.offers[line.pk] if one.is_cheapest), None)
            chosen = str(cheapest.bid_line_id) if cheapest else ""
        lines.append(
            {
                "line": line,
                "quantity": number_text(line.quantity),
                "offers": [_cell(by_partner.get(total.partner_id)) for total in found.totals],
                "chosen": int(chosen) if chosen.isdigit() else None,
            }
        )
    bidding = {total.partner_id for total in found.totals}
    silent = asked.suppliers.exclude(partner__in=bidding).select_related("partner")
    return {
        "lines": lines,
        "totals": found.totals,
        "silent": [one.partner for one in silent],
    }


def _cell(offer: Offer | None) -> tuple[Offer, str] | None:
    """An offer with its price for people."""
    return None if offer is None else (offer, number_text(offer.unit_price, least=2))


def _award(request: HttpRequest, asked: RequestForQuotation) -> str:
    keys = [
        int(value)
        for name, value in request.POST.items()
        if name.startswith("line-") and value.isascii() and value.isdigit() and len(value) < 19
    ]
    chosen = BidLine.objects.filter(bid__request=asked, pk__in=keys).order_by(
        "requested_line__position", "pk"
    )
    orders = award_request(
        asked,
        lines=list(chosen),
        keep_prices=request.POST.get("keep_prices") == "1",
        by=request.user,
    )
    return _("Drafted: {numbers}").format(numbers=", ".join(one.number for one in orders))
