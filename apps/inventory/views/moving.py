"""Moving stock from place to place, one-handed: a transfer in one form. Works without a script."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.views.page_forms import by_code, number, once
from apps.inventory.models import Location, StockDocument
from apps.inventory.queries.scans import Scanned, read_scanned
from apps.inventory.services.stock_documents import draft_stock_document, post_stock_document
from apps.inventory.services.stock_lines import StockLine
from apps.inventory.views.scan import MOVE, acting_company

FIELDS = ("item", "lot", "quantity", "from", "to")


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(MOVE, raise_exception=True)
def move_page(request: HttpRequest) -> HttpResponse:
    """Scan what, from where and to where; what was refused is shown with what was typed."""
    company = acting_company(request)
    given = request.POST if request.method == "POST" else request.GET
    typed = {name: given.get(name, "").strip()[:300] for name in FIELDS}
    if request.method == "POST" and company is not None:
        try:
            said = once(request, lambda: _move(request, company, typed))
            messages.success(request, said)
            kept = urlencode({"from": typed["from"], "to": typed["to"]})
            return redirect(f"{reverse('inventory-move')}?{kept}")
        except BusinessError as error:
            messages.error(request, str(error))
    context = {
        "section": "move",
        "title": _("Move"),
        "typed": typed,
        "key": uuid.uuid4().hex,
    }
    return render(request, "inventory/move.html", context)


def _move(request: HttpRequest, company: Company, typed: dict[str, str]) -> str:
    if not typed["item"]:
        raise InvalidInput("required", _("Scan or type the item."), field="item")
    found = read_scanned(company, typed["item"], user=request.user)
    line = StockLine(
        item=_item(found),
        quantity=_quantity(found, typed["quantity"]),
        from_location=_place(request, company, typed["from"], "from"),
        to_location=_place(request, company, typed["to"], "to"),
        lot_code=typed["lot"] or found.lot_code,
    )
    document = draft_stock_document(
        company,
        kind=StockDocument.Kind.TRANSFER,
        site=line.from_location.site,  # type: ignore[union-attr]
        date=timezone.localdate(),
        lines=[line],
        by=request.user,
    )
    post_stock_document(document, by=request.user)
    return _("{number}: {quantity} {item} moved from {source} to {target}.").format(
        number=document.number,
        quantity=f"{line.quantity.normalize():f}",
        item=line.item.code,
        source=line.from_location.code,  # type: ignore[union-attr]
        target=line.to_location.code,  # type: ignore[union-attr]
    )


def _item(found: Scanned) -> Any:
    if found.item is None:
        raise InvalidInput(
            "does_not_exist",
            _("Nothing here has the code {code}.").format(code=found.text[:60]),
            field="item",
        )
    return found.item


def _quantity(found: Scanned, text: str) -> Decimal:
    """What was typed, in stock units; else what the symbol says."""
    if not text and found.quantity is not None:
        return found.quantity
    return number(text, "quantity")


def _place(request: HttpRequest, company: Company, code: str, field: str) -> Location:
    place: Location = by_code(Location.objects.visible_to(request.user), company, code, field)
    if not place.is_physical:
        raise InvalidInput(
            "wrong_place",
            _("{place} is no place for “{kind}”.").format(
                place=place.code, kind=StockDocument.Kind.TRANSFER.label
            ),
            field=field,
        )
    return place
