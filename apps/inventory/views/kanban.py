"""Kanban on a telephone: which cards are empty, and one card to be turned. Without a script."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from apps.core.errors import BusinessError, InvalidInput
from apps.core.views.page_forms import once
from apps.inventory.models import KanbanCard
from apps.inventory.services.kanban import empty_kanban_card, fill_kanban_card

VIEW = "inventory.view_kanbancard"
TURN = "inventory.turn_kanbancard"
_ROWS = ("company", "loop__item__unit", "loop__supply", "loop__line", "transfer")


@require_GET
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def empty_cards(request: HttpRequest) -> HttpResponse:
    """What is to be brought to the lines, the longest empty first."""
    rows = KanbanCard.objects.visible_to(request.user).filter(status=KanbanCard.Status.EMPTY)
    context = {
        "section": "kanban",
        "title": _("Kanban"),
        "cards": rows.select_related(*_ROWS).order_by("emptied_at", "pk")[:100],
    }
    return render(request, "inventory/kanban.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(TURN, raise_exception=True)
def card_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One card: empty, or brought."""
    rows = KanbanCard.objects.visible_to(request.user).select_related(*_ROWS)
    card = get_object_or_404(rows, pk=pk)
    if request.method == "POST":
        try:
            messages.success(request, once(request, lambda: _act(request, card)))
            return redirect("inventory-kanban")
        except BusinessError as error:
            messages.error(request, str(error))
    context = {
        "section": "kanban",
        "title": card.number,
        "card": card,
        "key": uuid.uuid4().hex,
    }
    return render(request, "inventory/kanban_card.html", context)


def _act(request: HttpRequest, card: KanbanCard) -> str:
    item = card.loop.item.code
    match request.POST.get("act", ""):
        case "empty":
            empty_kanban_card(card, by=request.user)
            return _("{card}: {item} is asked for.").format(card=card.number, item=item)
        case "fill":
            fill_kanban_card(card, by=request.user)
            return _("{card}: {item} is at {place}.").format(
                card=card.number, item=item, place=card.loop.line.code
            )
    raise InvalidInput("unknown_act", _("There is no such step."), field="act")
