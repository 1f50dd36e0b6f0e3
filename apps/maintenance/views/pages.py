"""The board of open orders, the calendar, an asset with its history and cost, one order."""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.models import Company
from apps.core.queries.attachments import attachments_of
from apps.maintenance.models import (
    Asset,
    CapacityReservation,
    MaintenanceOrder,
    MaintenancePlan,
    MaintenanceRequest,
    MeterTotal,
)
from apps.maintenance.queries.assets import annual_costs, asset_tree, bad_actors
from apps.maintenance.queries.orders import issued_parts, order_costs, waiting_charges
from apps.maintenance.queries.performance import backlog, reliability_of
from apps.maintenance.queries.plans import outlook

VIEW_ORDERS = "maintenance.view_maintenanceorder"
VIEW_ASSETS = "maintenance.view_asset"
VIEW_COST = "maintenance.view_maintenancelabour"
SPAN = timedelta(days=365)
AHEAD = timedelta(days=42)
MOST_ROWS = 200
Status = MaintenanceOrder.Status


def _page(permission: str) -> Any:
    def decorate(view: Any) -> Any:
        allowed = permission_required(permission, raise_exception=True)(view)
        return require_GET(never_cache(login_required(allowed)))

    return decorate


@_page(VIEW_ORDERS)
def board(request: HttpRequest) -> HttpResponse:
    """Open orders by status, the urgent and overdue first; new requests on top."""
    user, today = request.user, timezone.localdate()
    rows = (
        MaintenanceOrder.objects.visible_to(user)
        .filter(status__in=MaintenanceOrder.OPEN)
        .select_related("asset", "employee")
    )
    orders = sorted(rows[: MOST_ROWS * 2], key=lambda one: _urgency(one, today))
    requests = []
    if user.has_perm("maintenance.view_maintenancerequest"):
        found = MaintenanceRequest.objects.visible_to(user).filter(
            status__in=(MaintenanceRequest.Status.NEW, MaintenanceRequest.Status.APPROVED)
        )
        requests = list(found.select_related("asset").order_by("-is_down", "pk")[:MOST_ROWS])
    assets = Asset.objects.visible_to(user).values_list("pk", flat=True)
    context = {
        "section": "maintenance",
        "title": _("Maintenance"),
        "columns": [
            (Status(status).label, [one for one in orders if one.status == status])
            for status in MaintenanceOrder.OPEN
        ],
        "requests": requests,
        "backlog": backlog(assets, today),
        "down": [one for one in orders if one.downtime_starts_at and not one.downtime_ends_at],
        "today": today,
    }
    return render(request, "maintenance/board.html", context)


def _urgency(order: MaintenanceOrder, today: Any) -> tuple[Any, ...]:
    ranks = {"urgent": 0, "high": 1, "normal": 2, "low": 3}
    return (ranks[order.priority], order.due_on or today + SPAN, order.pk)


@_page("maintenance.view_maintenanceplan")
def calendar(request: HttpRequest) -> HttpResponse:
    """Six weeks: orders with a day, capacity taken, and plans that will be due."""
    user, now = request.user, timezone.now()
    today = timezone.localdate()
    until = today + AHEAD
    orders = (
        MaintenanceOrder.objects.visible_to(user)
        .filter(status__in=MaintenanceOrder.OPEN)
        .filter(Q(planned_start__date__lte=until) | Q(planned_start=None, due_on__lte=until))
        .select_related("asset")[:MOST_ROWS]
    )
    entries: list[dict[str, Any]] = [
        {
            "day": timezone.localdate(one.planned_start) if one.planned_start else one.due_on,
            "at": one.planned_start,
            "order": one,
            "asset": one.asset,
            "title": one.title,
            "minutes": one.planned_minutes,
            "late": one.due_on is not None and one.due_on < today,
        }
        for one in orders
    ]
    entries += _plans_due(user, now, until)
    entries.sort(key=lambda one: (one["day"], one["at"] or now, one["asset"].code))
    taken = (
        CapacityReservation.objects.visible_to(user)
        .filter(ends_at__gte=now, starts_at__lte=now + AHEAD)
        .select_related("machine", "order")
        .order_by("starts_at")[:MOST_ROWS]
    )
    context = {
        "section": "calendar",
        "title": _("Maintenance calendar"),
        "days": [(day, list(rows)) for day, rows in groupby(entries, key=lambda one: one["day"])],
        "taken": taken,
        "today": today,
    }
    return render(request, "maintenance/calendar.html", context)


def _plans_due(user: Any, now: Any, until: Any) -> list[dict[str, Any]]:
    plans = {
        plan.pk: plan
        for plan in MaintenancePlan.objects.visible_to(user)
        .filter(is_active=True)
        .select_related("asset")
    }
    visible = set(Asset.objects.visible_to(user).values_list("pk", flat=True))
    return [
        {
            "day": one.due.on,
            "at": None,
            "plan": plans[one.due.plan_id],
            "asset": plans[one.due.plan_id].asset,
            "title": plans[one.due.plan_id].name,
            "minutes": plans[one.due.plan_id].planned_minutes,
            "total": one.due.total if one.due.by_meter else None,
            "late": one.due.on < one.today,
        }
        for company in Company.objects.visible_to(user)
        for one in outlook(company, now, plan_ids=plans)
        if one.due.suppressed_by is None
        and not one.has_open_order
        and one.due.on <= until
        and plans[one.due.plan_id].asset_id in visible
    ]


@_page(VIEW_ASSETS)
def assets(request: HttpRequest) -> HttpResponse:
    """The dearest assets of a year, and all by code; ``?q=`` finds one."""
    user, now = request.user, timezone.now()
    text = request.GET.get("q", "").strip()[:60]
    rows = Asset.objects.visible_to(user).filter(is_active=True).select_related("parent", "site")
    if text and text.isprintable():
        exact = rows.filter(Q(code__iexact=text) | Q(serial_number=text)).first()
        if exact is not None:
            return redirect("maintenance-asset", exact.pk)
        rows = rows.filter(Q(code__icontains=text) | Q(name__icontains=text))
    dearest = []
    if user.has_perm(VIEW_COST):
        for company in Company.objects.visible_to(user).select_related("currency"):
            ids = rows.filter(company=company).values_list("pk", flat=True)
            found = bad_actors(company, ids, now - SPAN, now)[:10]
            dearest += [(company.currency_id, found)] if found else []
    context = {
        "section": "assets",
        "title": _("Assets"),
        "assets": rows.order_by("code")[:MOST_ROWS],
        "text": text,
        "dearest": dearest,
    }
    return render(request, "maintenance/assets.html", context)


@_page(VIEW_ASSETS)
def asset_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One asset: where it belongs, where its meters stand, what happened, what it cost."""
    user, now = request.user, timezone.now()
    found = Asset.objects.visible_to(user).select_related(
        "company__currency", "site", "machine", "work_centre", "parent", "cost_object"
    )
    asset = get_object_or_404(found, pk=pk)
    sees_orders, sees_cost = user.has_perm(VIEW_ORDERS), user.has_perm(VIEW_COST)
    orders = (
        list(asset.orders.select_related("failure_mode").order_by("-pk")[:50])
        if sees_orders
        else []
    )
    costs = order_costs([one.pk for one in orders]) if sees_cost else {}
    context = {
        "section": "assets",
        "title": asset.code,
        "asset": asset,
        "currency": asset.company.currency_id,
        "tree": asset_tree(asset),
        "totals": MeterTotal.objects.filter(meter__asset=asset).select_related("meter"),
        "orders": [(one, costs.get(one.pk)) for one in orders],
        "figures": reliability_of([asset.pk], now - SPAN, now, now=now)[0].figures,
        "years": annual_costs(asset, before=timezone.localdate() + timedelta(days=1))
        if sees_cost
        else None,
        "sees_orders": sees_orders,
        "may_request": user.has_perm("maintenance.add_maintenancerequest"),
    }
    return render(request, "maintenance/asset.html", context)


@_page(VIEW_ORDERS)
def order_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One order, as scanned from its job card; work on it is filled in in the back office."""
    user = request.user
    found = MaintenanceOrder.objects.visible_to(user).select_related(
        "company__currency", "asset", "site", "employee", "request", "plan"
    )
    order = get_object_or_404(found, pk=pk)
    issued = issued_parts(order)
    sees_cost = user.has_perm(VIEW_COST)
    context = {
        "section": "maintenance",
        "title": order.number,
        "order": order,
        "tasks": order.tasks.select_related("answered_by"),
        "parts": [
            (part, issued.get(part.item_id, (None, None))[0])
            for part in order.parts.select_related("item__unit")
        ],
        "cost": order_costs([order.pk])[order.pk] if sees_cost else None,
        "waiting": waiting_charges(order) if sees_cost else [],
        "currency": order.company.currency_id,
        "files": attachments_of(order)[:50] if user.has_perm("core.view_attachment") else [],
        "is_open": order.status in MaintenanceOrder.OPEN,
    }
    return render(request, "maintenance/order.html", context)
