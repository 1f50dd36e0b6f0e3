"""Calling maintenance from the shop floor: scan, say what is wrong, show it. Works without a
script."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.errors import BusinessError, InvalidInput
from apps.core.views.page_forms import once
from apps.hr.models import Employee
from apps.maintenance.models import Asset, MaintenanceOrder, MaintenanceRequest
from apps.maintenance.models.requests import Priority
from apps.maintenance.services.requests import create_request

PERMISSION = "maintenance.add_maintenancerequest"
MOST_CHOICES = 200
LONGEST_SCAN = 300


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(PERMISSION, raise_exception=True)
def request_page(request: HttpRequest) -> HttpResponse:
    """Choose or scan the asset, then tell; what was refused is shown with what was typed."""
    asset = find_asset(request)
    if request.method == "POST":
        try:
            said = _send(request, asset)
            messages.success(request, said)
            code = asset.code if asset else ""
            return redirect(f"{reverse('maintenance-request')}?asset={code}")
        except BusinessError as error:
            messages.error(request, str(error))
    asked = request.GET.get("asset") or request.GET.get("machine") or ""
    if asked and asset is None and request.method == "GET":
        said = _("Nothing here has the code {code}.").format(code=asked[:60])
        messages.error(request, said)
    choices = Asset.objects.visible_to(request.user).filter(is_active=True)
    context = {
        "section": "request",
        "title": _("Call maintenance"),
        "asset": asset,
        "choices": choices.select_related("parent").order_by("code")[:MOST_CHOICES],
        "given": request.POST if request.method == "POST" else {},
        "priorities": Priority.choices,
        "normal": Priority.NORMAL,
        "key": uuid.uuid4().hex,
        "open_requests": _open_requests(request, asset),
        "open_orders": _open_orders(request, asset),
    }
    return render(request, "maintenance/request.html", context)


def find_asset(request: HttpRequest) -> Asset | None:
    """The asset that was scanned or chosen: by its code, or that of its machine."""
    given = request.POST if request.method == "POST" else request.GET
    text = (given.get("asset") or given.get("machine") or "").strip()[:LONGEST_SCAN]
    if not text or not text.isprintable():
        return None
    if "asset=" in text:  # the QR code of a label, read by a scanner that types
        text = text.rpartition("asset=")[2]
    rows = Asset.objects.visible_to(request.user).filter(is_active=True)
    found = rows.filter(Q(code=text) | Q(machine__code=text)).select_related("company", "site")
    return min(found, key=lambda one: one.code != text, default=None)


def _send(request: HttpRequest, asset: Asset | None) -> str:
    if asset is None:
        raise InvalidInput("asset_required", _("Scan or choose what it is about."), field="asset")
    priority = request.POST.get("priority", Priority.NORMAL)
    if priority not in Priority.values:
        raise InvalidInput("unknown_priority", _("Choose how urgent it is."), field="priority")

    def ask() -> str:
        made = create_request(
            asset.company,
            asset=asset,
            title=request.POST.get("title", "")[:160],
            description=request.POST.get("description", "")[:4000],
            priority=priority,
            is_down=request.POST.get("is_down") == "on",
            employee=Employee.objects.filter(
                user=request.user, company=asset.company_id, is_active=True
            ).first(),
            photo=request.FILES.get("photo"),
            by=request.user,
        )
        return _("{number} is with maintenance.").format(number=made.number)

    return once(request, ask)


def _open_requests(request: HttpRequest, asset: Asset | None) -> list[MaintenanceRequest]:
    if asset is None or not request.user.has_perm("maintenance.view_maintenancerequest"):
        return []
    statuses = (MaintenanceRequest.Status.NEW, MaintenanceRequest.Status.APPROVED)
    return list(asset.requests.filter(status__in=statuses).order_by("-pk")[:10])


def _open_orders(request: HttpRequest, asset: Asset | None) -> list[MaintenanceOrder]:
    if asset is None or not request.user.has_perm("maintenance.view_maintenanceorder"):
        return []
    return list(asset.orders.filter(status__in=MaintenanceOrder.OPEN).order_by("-pk")[:10])
