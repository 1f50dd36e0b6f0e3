"""The genealogy of a lot as a graph, and its recall: who has it, what is left, hold it all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import BusinessError
from apps.execution.graph_layout import BOX_HEIGHT, BOX_WIDTH, lay_out
from apps.execution.models import WorkOrder
from apps.execution.queries.genealogy import Trace, TracedEdge, TracedLot, trace
from apps.execution.queries.recalls import recall
from apps.execution.services.recalls import hold_affected_lots
from apps.inventory.models import Lot

VIEW = "execution.view_genealogyedge"
RECALL = "inventory.view_stockmove"
HOLD = "inventory.change_lot_status"
DEPTHS = (1, 2, 3, 5, 10)
USUAL_DEPTH = 3
MOST_BOXES = 120
MOST_FOUND = 50


@dataclass(frozen=True, slots=True)
class Box:
    lot: TracedLot
    x: int
    y: int
    is_root: bool


@dataclass(frozen=True, slots=True)
class Line:
    """A curve from a parent's right edge to a child's left edge."""

    path: str
    label_x: int
    label_y: int
    edge: TracedEdge
    unit: str


@dataclass(frozen=True, slots=True)
class Drawing:
    boxes: list[Box]
    lines: list[Line]
    width: int
    height: int
    hidden: int
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


@require_GET
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def search(request: HttpRequest) -> HttpResponse:
    """Find a lot by its code, its supplier's, or its item."""
    text = request.GET.get("q", "").strip()[:60]
    found: list[Lot] = []
    if text and text.isprintable():
        rows = Lot.objects.visible_to(request.user).select_related("item", "supplier")
        exact = list(rows.filter(Q(code__iexact=text) | Q(supplier_lot=text))[: MOST_FOUND + 1])
        if len(exact) == 1:
            return redirect("trace-lot", exact[0].pk)
        like = (
            Q(code__icontains=text) | Q(supplier_lot__icontains=text) | Q(item__code__iexact=text)
        )
        found = exact or list(rows.filter(like).order_by("-pk")[: MOST_FOUND + 1])
    context = {
        "section": "trace",
        "title": _("Trace"),
        "text": text,
        "found": found[:MOST_FOUND],
        "more": len(found) > MOST_FOUND,
    }
    return render(request, "execution/trace/search.html", context)


@require_GET
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def lot_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Both ways from one lot, and what a recall of it would find."""
    lot = _lot(request, pk)
    asked = request.GET.get("depth", "")
    depth = int(asked) if asked.isdigit() and int(asked[:3]) in DEPTHS else USUAL_DEPTH
    up, down = trace(lot, "up", depth), trace(lot, "down", depth)
    orders = _orders(request, up, down)
    may_recall = request.user.has_perm(RECALL)
    context = {
        "section": "trace",
        "title": f"{lot.code} · {_('Trace')}",
        "lot": lot,
        "depth": depth,
        "depths": DEPTHS,
        "drawing": _draw(up, down),
        "lots": {one.id: one for one in (*up.lots, *down.lots)},
        "came_from": _table(up, orders),
        "went_into": _table(down, orders),
        "recall": recall(lot) if may_recall else None,
        "may_hold": request.user.has_perm(HOLD),
        "currency": lot.company.currency_id,
    }
    return render(request, "execution/trace/lot.html", context)


@require_POST
@login_required
@permission_required((VIEW, HOLD), raise_exception=True)
def hold(request: HttpRequest, pk: int) -> HttpResponse:
    """Put the lot and all that was made of it on hold."""
    lot = _lot(request, pk)
    try:
        held = hold_affected_lots(lot, reason=request.POST.get("reason", ""), by=request.user)
        codes = ", ".join(one.code for one in held[:20])
        said = _("On hold now: {lots}.").format(lots=codes) if held else _("All were held before.")
        messages.success(request, said)
    except BusinessError as error:
        messages.error(request, str(error))
    return redirect("trace-lot", lot.pk)


def _lot(request: HttpRequest, pk: int) -> Lot:
    rows = Lot.objects.visible_to(request.user).select_related(
        "item__unit", "company__currency", "supplier"
    )
    found: Lot = get_object_or_404(rows, pk=pk)
    return found


def _orders(request: HttpRequest, *traces: Trace) -> dict[int, str]:
    ids = {key for one in traces for edge in one.edges for key in edge.work_order_ids}
    rows = WorkOrder.objects.visible_to(request.user).filter(pk__in=ids)
    return dict(rows.values_list("pk", "number"))


def _table(found: Trace, orders: dict[int, str]) -> list[dict[str, Any]]:
    """A row per edge, nearest first; the lot on the far side, and how much of what went where."""
    lots = {lot.id: lot for lot in found.lots}
    is_down = found.direction == "down"
    rows = []
    for edge in found.edges:
        far = lots[edge.child_id if is_down else edge.parent_id]
        near = lots[edge.parent_id if is_down else edge.child_id]
        rows.append(
            {
                "far": far,
                "near": near,
                "quantity": edge.quantity,
                "unit": lots[edge.parent_id].unit,
                "orders": [(key, orders[key]) for key in edge.work_order_ids if key in orders],
            }
        )
    return sorted(rows, key=lambda row: (row["far"].depth, row["far"].code))


def _draw(up: Trace, down: Trace) -> Drawing:
    """The nearest lots of both traces; those beyond ``MOST_BOXES`` are only in the tables."""
    lots = {lot.id: lot for lot in (*down.lots, *up.lots)}
    columns = {lot.id: -lot.depth for lot in up.lots} | {lot.id: lot.depth for lot in down.lots}
    nearest = sorted(lots.values(), key=lambda lot: lot.depth)[:MOST_BOXES]
    shown = {lot.id: columns[lot.id] for lot in nearest}
    edges = {(e.parent_id, e.child_id): e for e in (*up.edges, *down.edges)}
    drawn = [e for e in edges.values() if e.parent_id in shown and e.child_id in shown]
    layout = lay_out(shown, edges)
    root = down.lots[0].id
    boxes = [Box(lots[key], p.x, p.y, key == root) for key, p in layout.places.items()]
    lines = []
    for edge in drawn:
        start, end = layout.places[edge.parent_id], layout.places[edge.child_id]
        x1, x2 = start.x + BOX_WIDTH, end.x
        bend = max((x2 - x1) // 2, 40)
        lines.append(
            Line(
                path=f"M{x1} {start.middle} C{x1 + bend} {start.middle} {x2 - bend} {end.middle}"
                f" {x2} {end.middle}",
                label_x=(x1 + x2) // 2,
                label_y=(start.middle + end.middle) // 2 - 6,
                edge=edge,
                unit=lots[edge.parent_id].unit,
            )
        )
    return Drawing(boxes, lines, layout.width, layout.height, len(lots) - len(shown))
