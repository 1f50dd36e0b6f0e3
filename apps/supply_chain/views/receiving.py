"""Taking goods in at the door, one-handed: scan into one form, post it with one press.

What is typed stays in the form until it is posted, so nothing is half received. Works without a
script; the button that Enter presses is the one that reads the scan.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from apps.core.errors import BusinessError, InvalidInput
from apps.core.money import ZERO
from apps.core.views.page_forms import by_code, day, number, once
from apps.inventory.models import Location
from apps.inventory.queries.scans import Scanned, read_scanned
from apps.inventory.views.scan import acting_company
from apps.supply_chain.models import PurchaseOrder
from apps.supply_chain.queries.expected_orders import OpenLine, expected_orders, open_lines
from apps.supply_chain.serials import delivered_pieces, read_pieces
from apps.supply_chain.services.receipts import Delivered, receive

RECEIVE = ("supply_chain.add_receipt", "supply_chain.view_purchaseorder")
MOST_ORDERS = 100
_LONGEST = {"serials": 20_000, "lot": 60, "supplier_lot": 60}


@dataclass(slots=True)
class Card:
    """An open line with what is typed for it; ``is_hit`` when it was scanned last."""

    one: OpenLine
    typed: dict[str, str] = field(default_factory=dict)
    is_hit: bool = False

    FIELDS = ("quantity", "lot", "supplier_lot", "expires", "serials", "refused")

    def name(self, part: str) -> str:
        return f"{part}-{self.one.line.pk}"

    @property
    def is_typed(self) -> bool:
        return any(self.typed.values())


@require_GET
@never_cache
@login_required
@permission_required(RECEIVE, raise_exception=True)
def expected_page(request: HttpRequest) -> HttpResponse:
    """The orders that goods are awaited for, the most urgent first."""
    company = acting_company(request)
    orders = expected_orders(company, user=request.user)[:MOST_ORDERS] if company else []
    context = {"section": "receiving", "title": _("Receive"), "orders": orders}
    return render(request, "supply_chain/expected.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(RECEIVE, raise_exception=True)
def receive_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What came for one order; a refusal leaves what was typed."""
    rows = PurchaseOrder.objects.visible_to(request.user)
    order = get_object_or_404(rows.select_related("company", "partner", "site"), pk=pk)
    cards = [Card(one) for one in open_lines(order)]
    for card in cards:
        for part in Card.FIELDS:
            typed = request.POST.get(card.name(part), "").strip()
            card.typed[part] = typed[: _LONGEST.get(part, 24)]
    if request.method == "POST":
        try:
            if request.POST.get("act") == "receive":
                messages.success(request, once(request, lambda: _receive(request, order, cards)))
                return redirect(_next_page(order))
            _scan(request, order, cards)
        except BusinessError as error:
            messages.error(request, str(error))
    context = {
        "section": "receiving",
        "title": order.number,
        "order": order,
        "cards": sorted(cards, key=lambda card: not card.is_hit),
        "places": _places(request, order),
        "place": request.POST.get("place", "")[:60],
        "note": request.POST.get("note", "")[:60],
        "key": request.POST.get("key", "")[:100] or uuid.uuid4().hex,
        "may_receive": order.status == PurchaseOrder.Status.CONFIRMED and bool(cards),
    }
    return render(request, "supply_chain/receive.html", context)


def _next_page(order: PurchaseOrder) -> str:
    if open_lines(order):
        return reverse("supply-chain-receive", args=[order.pk])
    return reverse("supply-chain-expected")


def _places(request: HttpRequest, order: PurchaseOrder) -> list[Location]:
    """Where it may be put down: the docks first, then every other place in use."""
    rows = Location.objects.visible_to(request.user).filter(
        site=order.site, kind=Location.Kind.INTERNAL, is_active=True, package=None, held_by=None
    )
    return sorted(rows, key=lambda row: (row.use != Location.Use.RECEIVING, row.code))


def _scan(request: HttpRequest, order: PurchaseOrder, cards: list[Card]) -> None:
    """Put what was scanned into the line that it is of."""
    text = request.POST.get("scan", "").strip()
    if not text:
        raise InvalidInput("required", _("Scan or type the item."), field="scan")
    found = read_scanned(order.company, text, user=request.user)
    card = next((c for c in cards if found.item and c.one.line.item_id == found.item.pk), None)
    if card is None:
        raise InvalidInput(
            "not_expected",
            _("{order} expects nothing of {item}.").format(
                order=order.number, item=found.item.code if found.item else found.text[:60]
            ),
            field="scan",
        )
    card.is_hit = True
    if card.one.in_pieces:
        _add_piece(card, found)
        return
    if found.quantity is not None:
        card.typed["quantity"] = f"{found.quantity.normalize():f}"
    elif not card.typed["quantity"]:
        card.typed["quantity"] = f"{card.one.open.normalize():f}"
    card.typed["lot"] = found.lot_code or card.typed["lot"]
    if found.expires_on is not None:
        card.typed["expires"] = found.expires_on.isoformat()


def _add_piece(card: Card, found: Scanned) -> None:
    """Another serial number, with the weight that its label says."""
    if not found.lot_code:
        return
    weight = f" {found.weight.normalize():f}" if found.weight and card.one.weight else ""
    known = [row.split(" ")[0] for row in card.typed["serials"].splitlines()]
    if found.lot_code in known:
        raise InvalidInput(
            "scanned_twice", _("{lot} is in the list already.").format(lot=found.lot_code),
            field="scan",
        )  # fmt: skip
    card.typed["serials"] = f"{card.typed['serials']}\n{found.lot_code}{weight}".strip()


def _receive(request: HttpRequest, order: PurchaseOrder, cards: list[Card]) -> str:
    places = Location.objects.visible_to(request.user)
    place = by_code(places, order.company, request.POST.get("place", "")[:60], "place")
    lines = [line for card in cards if card.is_typed for line in _delivered(card, place)]
    receipt = receive(
        order,
        lines=lines,
        date=timezone.now().astimezone(order.site.zone).date(),
        delivery_note=request.POST.get("note", "").strip()[:60],
        by=request.user,  # type: ignore[arg-type]
    )
    return _("{receipt}: {count} lines received for {order}.").format(
        receipt=receipt.number, count=len(lines), order=order.number
    )


def _delivered(card: Card, place: Location) -> list[Delivered]:
    """What was typed for a line. Raises ``InvalidInput`` naming the field."""
    typed, line = card.typed, card.one.line
    refused = number(typed["refused"], "refused") if typed["refused"] else ZERO
    expires = day(typed["expires"], "expires") if typed["expires"] else None
    if not card.one.in_pieces:
        quantity = number(typed["quantity"], "quantity") if typed["quantity"] else ZERO
        return [
            Delivered(
                line,
                quantity,
                place,
                lot_code=typed["lot"],
                supplier_lot=typed["supplier_lot"],
                expires_on=expires,
                quantity_rejected=refused,
            )
        ]
    pieces = read_pieces(typed["serials"], is_weighed=card.one.weight is not None)
    return delivered_pieces(
        line,
        pieces,
        place,
        supplier_lot=typed["supplier_lot"],
        expires_on=expires,
        refused=refused,
    )
