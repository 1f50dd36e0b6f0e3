"""The plan on pages: items and their grids, what each order is for, messages, load."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.core.errors import BusinessError
from apps.core.models import Site
from apps.masterdata.models import Item
from apps.planning.models import ActionMessage, PlannedItem, PlannedOrder, PlanningRun
from apps.planning.queries.capacity import capacity_load
from apps.planning.queries.grids import DAY, MONTH, WEEK, item_grid
from apps.planning.queries.pegging import PegMap, demands_of, end_demands, supplies_of
from apps.planning.reasons import reason_of
from apps.planning.services.messages import complete_message, dismiss_message

VIEW = "planning.view_plannedorder"
MOST_ITEMS = 100
MOST_MESSAGES = 200
WEEKS = 12
#: The tallest of load and capacity leaves this much above it.
HEADROOM = Decimal("1.08")


def _page(*permissions: str) -> Any:
    def decorate(view: Any) -> Any:
        allowed = permission_required(permissions, raise_exception=True)(view)
        return require_GET(never_cache(login_required(allowed)))

    return decorate


def _site(request: HttpRequest) -> Site | None:
    """The site asked for, else the first that the user may see."""
    sites = Site.objects.visible_to(request.user).filter(is_active=True).order_by("code")
    wanted = request.GET.get("site", "")
    if wanted.isdigit() and len(wanted) < 19:
        return get_object_or_404(sites, pk=int(wanted))
    return sites.first()


def _base(request: HttpRequest, section: str, title: str, site: Site | None) -> dict[str, Any]:
    sites = Site.objects.visible_to(request.user).filter(is_active=True).order_by("code")
    return {
        "section": section,
        "title": title,
        "site": site,
        "sites": list(sites[:50]),
        "currency": site.company.currency_id if site else "",
    }


def _current(site: Site | None) -> PlanningRun | None:
    if site is None:
        return None
    rows = PlanningRun.objects.filter(company_id=site.company_id, is_current=True)
    return rows.filter(site=site).first() or rows.filter(site__isnull=True).first()


@_page(VIEW, "planning.view_planneditem")
def overview(request: HttpRequest) -> HttpResponse:
    """The plan of a site: how old, how much, and its items; those with messages first."""
    site = _site(request)
    text = request.GET.get("q", "").strip()[:60]
    rows = PlannedItem.objects.visible_to(request.user).filter(site=site).select_related("item")
    if text:
        rows = rows.filter(item__code__icontains=text)
    counts = dict(
        ActionMessage.objects.filter(site=site, status="open")
        .values_list("item_id")
        .annotate(n=Count("id"))
    )
    urgent = [row for row in rows.filter(item_id__in=list(counts)[:500]).order_by("item__code")]
    others = rows.exclude(item_id__in=list(counts)[:500]).order_by("low_level_code", "item__code")
    shown = [*urgent, *others[: MOST_ITEMS + 1]][: MOST_ITEMS + 1]
    kinds = list(
        ActionMessage.objects.visible_to(request.user)
        .filter(site=site, status="open")
        .values("kind")
        .annotate(n=Count("id"), amount=Sum("amount"))
        .order_by("kind")
    )
    labels = dict(ActionMessage.Kind.choices)
    context = _base(request, "planning", _("Plan"), site) | {
        "run": _current(site),
        "text": text,
        "rows": [(row, counts.get(row.item_id, 0)) for row in shown[:MOST_ITEMS]],
        "more": len(shown) > MOST_ITEMS,
        "kinds": [(labels[k["kind"]], k["kind"], k["n"], k["amount"]) for k in kinds],
    }
    return render(request, "planning/overview.html", context)


@_page(VIEW, "planning.view_planneditem", "planning.view_pegging")
def item_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The MRP grid of an item, its planned orders and its messages."""
    site = _site(request)
    item = get_object_or_404(
        Item.objects.visible_to(request.user).select_related("unit", "company"), pk=pk
    )
    if site is None or site.company_id != item.company_id:
        raise Http404
    by = request.GET.get("by", WEEK)
    grid = item_grid(item, site, by=by if by in (DAY, WEEK, MONTH) else WEEK)
    orders = PlannedOrder.objects.filter(item=item, site=site).select_related(
        "work_order", "purchase_order", "stock_document"
    )
    found = ActionMessage.objects.filter(item=item, site=site, status="open").order_by("date")
    context = _base(request, "planning", f"{item.code} · {_('Plan')}", site) | {
        "item": item,
        "grid": grid,
        "by": by,
        "orders": list(orders.order_by("due_date", "pk")[:200]),
        "notes": [(m, reason_of(m)) for m in found[:20]],
    }
    return render(request, "planning/item.html", context)


@_page(VIEW, "planning.view_pegging")
def order_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What a planned order is for, what it needs, and whose orders stand at the end."""
    order = get_object_or_404(
        PlannedOrder.objects.visible_to(request.user).select_related(
            "item__unit", "site__company", "work_order", "purchase_order", "stock_document"
        ),
        pk=pk,
    )
    pegs = PegMap(order.company_id)
    up, down = demands_of(order, pegs), supplies_of(order, pegs)
    ends = end_demands(order, pegs)
    ids = {one.item_id for one in (*up, *down, *ends)}
    items = {item.pk: item for item in Item.objects.filter(pk__in=ids).select_related("unit")}
    context = _base(request, "planning", str(order), order.site) | {
        "order": order,
        "up": [(one, items[one.item_id]) for one in up],
        "down": [(one, items[one.item_id]) for one in down],
        "ends": [(one, items[one.item_id]) for one in ends],
        "document": order.work_order or order.purchase_order or order.stock_document,
    }
    return render(request, "planning/order.html", context)


@_page("planning.view_actionmessage")
def inbox(request: HttpRequest) -> HttpResponse:
    """Open messages of a site with reason and money, the most urgent first."""
    site = _site(request)
    kind = request.GET.get("kind", "")
    rows = (
        ActionMessage.objects.visible_to(request.user)
        .filter(site=site, status="open")
        .select_related("item__unit", "planner")
        .order_by("date", "pk")
    )
    if kind in ActionMessage.Kind.values:
        rows = rows.filter(kind=kind)
    found = list(rows[: MOST_MESSAGES + 1])
    context = _base(request, "messages", _("Messages"), site) | {
        "rows": [(message, reason_of(message)) for message in found[:MOST_MESSAGES]],
        "more": len(found) > MOST_MESSAGES,
        "kind": kind,
        "kinds": ActionMessage.Kind.choices,
        "may_answer": request.user.has_perm("planning.answer_actionmessage"),
    }
    return render(request, "planning/messages.html", context)


@require_POST
@login_required
@permission_required("planning.answer_actionmessage", raise_exception=True)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Done, or dismissed with a reason."""
    message = get_object_or_404(ActionMessage.objects.visible_to(request.user), pk=pk)
    said = request.POST.get("answer", "")
    try:
        if request.POST.get("act") == "dismiss":
            dismiss_message(message, answer=said, by=request.user)
        else:
            complete_message(message, answer=said, by=request.user)
        messages.success(request, _("Answered."))
    except BusinessError as error:
        messages.error(request, str(error))
    response = redirect("planning-messages")
    response["Location"] += f"?site={message.site_id}"
    return response


@_page(VIEW)
def load(request: HttpRequest) -> HttpResponse:
    """Hours asked of each work centre against what it has, week by week."""
    site = _site(request)
    run = _current(site)
    since = run.planned_on if run else timezone.now().date()
    found = capacity_load(site, since, weeks=WEEKS) if site else []
    most = max((max(w.total, w.capacity) for c in found for w in c.weeks), default=0) or 1
    most *= HEADROOM
    context = _base(request, "load", _("Load"), site) | {
        "centres": [
            (
                centre,
                [
                    {
                        "load": week,
                        "open": round(float(week.open / most) * 100, 2),
                        "planned": round(float(week.planned / most) * 100, 2),
                        "top": round(100 - float(week.total / most) * 100, 2),
                        "below": round(100 - float(week.open / most) * 100, 2),
                        "line": round(100 - float(week.capacity / most) * 100, 2),
                        "x": number * 40,
                    }
                    for number, week in enumerate(centre.weeks)
                ],
            )
            for centre in found
        ],
        "width": WEEKS * 40,
    }
    return render(request, "planning/load.html", context)
