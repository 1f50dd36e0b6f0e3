"""Picking and packing by scan: the next line large, the rest below. Works without a script."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.views.page_forms import number, once
from apps.inventory.models import Lot, Package, PickLine, PickList
from apps.inventory.queries.packages import scanned_packages
from apps.inventory.queries.picks import goods_of
from apps.inventory.queries.scans import read_scanned
from apps.inventory.scan_targets import next_steps
from apps.inventory.services.lot_substitution import substitute_lot
from apps.inventory.services.packages import NewPackage, create_packages
from apps.inventory.services.packing import finish_packing, pack_picked
from apps.inventory.services.picks import (
    Picked,
    pick_package,
    record_picks,
    record_short,
)
from apps.inventory.views.packages import place_or_package

VIEW = "inventory.view_picklist"
PICK = "inventory.pick_picklist"
RELEASE = "inventory.release_picklist"
FIELDS = ("place", "item", "quantity", "package")
Status = PickList.Status


@require_GET
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def open_picks(request: HttpRequest) -> HttpResponse:
    """The lists to be picked and packed, the most urgent first."""
    rows = (
        PickList.objects.visible_to(request.user)
        .filter(status__in=PickList.HOLDING)
        .select_related("site", "staging", "carrier")
        .order_by("priority", "date", "pk")
    )
    context = {"section": "picks", "title": _("Pick lists"), "pick_lists": rows[:100]}
    return render(request, "inventory/picks.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(PICK, raise_exception=True)
def pick_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One list: the line to pick next; then what is to be packed."""
    rows = PickList.objects.visible_to(request.user).select_related("company", "site", "staging")
    pick_list = get_object_or_404(rows, pk=pk)
    typed = {name: request.POST.get(name, "").strip()[:300] for name in FIELDS}
    if request.method == "POST":
        try:
            act = _ACTS.get(request.POST.get("act", ""))
            if act is None:
                raise InvalidInput("unknown_act", _("There is no such step."), field="act")
            messages.success(request, once(request, lambda: act(request, pick_list, typed)))
            return redirect("inventory-pick", pick_list.pk)
        except BusinessError as error:
            messages.error(request, str(error))
    lines = list(
        pick_list.lines.select_related(
            "item__unit", "location__package", "lot", "expected_move__partner"
        )
    )
    is_picking = pick_list.status in (Status.RELEASED, Status.PICKING)
    loose, packed = goods_of(pick_list)
    context = {
        "section": "picks",
        "title": pick_list.number,
        "pick_list": pick_list,
        "lines": lines,
        "next": next((line for line in lines if is_picking and line.open_quantity), None),
        "left": sum(bool(line.open_quantity) for line in lines),
        "may_substitute": request.user.has_perm(RELEASE),
        "is_picked": pick_list.status == Status.PICKED,
        "loose": loose,
        "packed": packed,
        "typed": typed,
        "steps": [
            (step.label, step.url(pick_list))
            for step in next_steps("pick-list")
            if request.user.has_perm(step.permission)
        ]
        if pick_list.status in (Status.PICKED, Status.PACKED)
        else [],
        "key": uuid.uuid4().hex,
    }
    return render(request, "inventory/pick.html", context)


def _line(request: HttpRequest, pick_list: PickList) -> PickLine:
    key = request.POST.get("line", "")
    rows = pick_list.lines.select_related("item", "location")
    line = rows.filter(pk=int(key)).first() if key.isdigit() and len(key) < 19 else None
    if line is None:
        raise InvalidInput("not_on_list", _("This is not on the list."), field="line")
    return line


def _take(request: HttpRequest, pick_list: PickList, typed: dict[str, str]) -> str:
    line = _line(request, pick_list)
    place = place_or_package(request, pick_list.company, typed["place"], "place")
    item, lot, said = None, None, None
    if typed["item"]:
        found = read_scanned(pick_list.company, typed["item"], user=request.user)
        item, said = found.item, found.quantity
        lot = _lot_of(line, found.lots, found.lot)
        if item is None and lot is None:
            raise InvalidInput(
                "does_not_exist",
                _("Nothing here has the code {code}.").format(code=found.text[:60]),
                field="item",
            )
    elif line.lot_id is not None:
        raise InvalidInput("required", _("Scan or type the lot."), field="item")
    quantity = said if said is not None and not typed["quantity"] else None
    taken = quantity if quantity is not None else number(typed["quantity"], "quantity")
    package = _package(request, pick_list.company, typed["package"]) if typed["package"] else None
    record_picks(
        pick_list,
        [Picked(line, taken, place, item, lot, package)],
        by=request.user,
    )
    return _("{quantity} {item} picked.").format(
        quantity=f"{taken.normalize():f}", item=line.item.code
    )


def _lot_of(line: PickLine, lots: list[Lot], lot: Lot | None) -> Lot | None:
    """Of several lots of that code the one on the list, if it is among them."""
    return next((one for one in lots if one.pk == line.lot_id), lot)


def _instead(request: HttpRequest, pick_list: PickList, typed: dict[str, str]) -> str:
    """The lot that was scanned takes the place of the one on the list."""
    if not request.user.has_perm(RELEASE):
        raise PermissionDenied
    line = _line(request, pick_list)
    found = read_scanned(pick_list.company, typed["item"], user=request.user)
    lot = next((one for one in found.lots if one.item_id == line.item_id), found.lot)
    if lot is None:
        raise InvalidInput("required", _("Scan or type the lot."), field="item")
    place = None
    if typed["place"]:
        place = place_or_package(request, pick_list.company, typed["place"], "place")
    substitute_lot(
        pick_list, line, lot, location=place, reason=_("scanned while picking"), by=request.user
    )
    return _("{lot} is on the list now.").format(lot=lot.code)


def _not_there(request: HttpRequest, pick_list: PickList, typed: dict[str, str]) -> str:
    line = _line(request, pick_list)
    record_short(pick_list, [line], by=request.user)
    return _("{item} was not found at {place}: it stays promised.").format(
        item=line.item.code, place=line.location.code if line.location else ""
    )


def _whole(request: HttpRequest, pick_list: PickList, typed: dict[str, str]) -> str:
    package = _package(request, pick_list.company, typed["place"])
    pick_package(pick_list, package, by=request.user)
    return _("{package} picked whole.").format(package=package.plate)


def _pack(request: HttpRequest, pick_list: PickList, typed: dict[str, str]) -> str:
    package = _package(request, pick_list.company, typed["package"])
    pack_picked(pick_list, package, by=request.user)
    return _("Packed into {package}.").format(package=package.plate)


def _new_carton(request: HttpRequest, pick_list: PickList, typed: dict[str, str]) -> str:
    [package] = create_packages(
        pick_list.company, [NewPackage(place=pick_list.staging)], by=request.user
    )
    pack_picked(pick_list, package, by=request.user)
    return _("Packed into {package}.").format(package=package.plate)


def _finish(request: HttpRequest, pick_list: PickList, typed: dict[str, str]) -> str:
    finish_packing(pick_list, by=request.user)
    return _("{pick_list} is packed.").format(pick_list=pick_list.number)


_ACTS: dict[str, Callable[[HttpRequest, PickList, dict[str, str]], str]] = {
    "take": _take,
    "instead": _instead,
    "short": _not_there,
    "whole": _whole,
    "pack": _pack,
    "carton": _new_carton,
    "finish": _finish,
}


def _package(request: HttpRequest, company: Company, code: str) -> Package:
    found: Any = scanned_packages(company, code.removeprefix("(00)"), user=request.user)
    if not found:
        raise InvalidInput(
            "does_not_exist",
            _("Nothing here has the code {code}.").format(code=code[:60]),
            field="package",
        )
    package: Package = found[0]
    return package
