"""One package on a telephone: what is in it, what goes in, where it goes; without a script."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.views.page_forms import by_code, number, once
from apps.inventory.models import Location, Lot, Package
from apps.inventory.queries.packages import contents_of, scanned_packages, standing_in
from apps.inventory.queries.scans import read_scanned
from apps.inventory.services.package_moves import move_package
from apps.inventory.services.packages import (
    NewPackage,
    Packed,
    close_package,
    create_packages,
    pack,
    reopen_package,
    unpack,
)
from apps.inventory.views.scan import acting_company

VIEW = "inventory.view_package"
PACK = "inventory.pack_package"
FIELDS = ("item", "lot", "quantity", "from", "to", "gross_weight")


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required((PACK, "inventory.add_package"), raise_exception=True)
def new_package(request: HttpRequest) -> HttpResponse:
    """A new package at a place or in another package."""
    company = acting_company(request)
    given = request.POST if request.method == "POST" else request.GET
    typed = {name: given.get(name, "").strip()[:60] for name in ("place", "kind", "sscc", "tare")}
    if request.method == "POST" and company is not None:
        try:
            made: list[Package] = []
            messages.success(request, once(request, lambda: _make(request, company, typed, made)))
            if made:
                return redirect("inventory-package", made[0].pk)
            return redirect("inventory-scan")
        except BusinessError as error:
            messages.error(request, str(error))
    context = {
        "section": "scan",
        "title": _("New package"),
        "typed": typed,
        "kinds": Package.Kind.choices,
        "key": uuid.uuid4().hex,
    }
    return render(request, "inventory/new_package.html", context)


@require_http_methods(["GET", "POST"])
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def package_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What is in a package and what can be done with it; refusals show what was typed."""
    rows = Package.objects.visible_to(request.user).select_related(
        "company", "location__parent", "location__site"
    )
    package = get_object_or_404(rows, pk=pk)
    typed = {name: request.POST.get(name, "").strip()[:300] for name in FIELDS}
    may_pack = request.user.has_perm(PACK)
    if request.method == "POST":
        if not may_pack:
            return HttpResponse(status=403)
        try:
            act = _ACTS.get(request.POST.get("act", ""))
            if act is None:
                raise InvalidInput("unknown_act", _("There is no such step."), field="act")
            messages.success(request, once(request, lambda: act(request, package, typed)))
            return redirect("inventory-package", package.pk)
        except BusinessError as error:
            messages.error(request, str(error))
    inner = [key for key, depth in standing_in([package.location_id]).get(package.location_id, ())]
    context = {
        "section": "scan",
        "title": package.plate,
        "package": package,
        "is_here": package.status in Package.HERE,
        "contents": contents_of([package]),
        "inner": Package.objects.filter(location__in=inner).order_by("pk"),
        "typed": typed,
        "may_pack": may_pack,
        "key": uuid.uuid4().hex,
    }
    return render(request, "inventory/package.html", context)


def _make(
    request: HttpRequest, company: Company, typed: dict[str, str], made: list[Package]
) -> str:
    place = place_or_package(request, company, typed["place"], "place")
    wanted = NewPackage(
        place=place,
        kind=typed["kind"] or Package.Kind.CARTON,
        sscc=typed["sscc"],
        tare_weight=number(typed["tare"], "tare") if typed["tare"] else None,
    )
    made += create_packages(company, [wanted], by=request.user)
    return _("Package {number} is ready.").format(number=made[0].plate)


def _pack(request: HttpRequest, package: Package, typed: dict[str, str]) -> str:
    one = _scanned(request, package, typed)
    if typed["from"]:
        place = place_or_package(request, package.company, typed["from"], "from")
        one = Packed(one.item, one.quantity, place, one.lot)
    pack(package, [one], by=request.user)
    return _("{quantity} {item} packed.").format(
        quantity=f"{one.quantity.normalize():f}", item=one.item.code
    )


def _take_out(request: HttpRequest, package: Package, typed: dict[str, str]) -> str:
    one = _scanned(request, package, typed)
    unpack(package, contents=[one], by=request.user)
    return _("{quantity} {item} taken out.").format(
        quantity=f"{one.quantity.normalize():f}", item=one.item.code
    )


def _close(request: HttpRequest, package: Package, typed: dict[str, str]) -> str:
    weight = typed["gross_weight"]
    gross = number(weight, "gross_weight") if weight else None
    close_package(package, gross_weight=gross, by=request.user)
    return _("{package} is closed.").format(package=package.plate)


def _reopen(request: HttpRequest, package: Package, typed: dict[str, str]) -> str:
    reopen_package(package, by=request.user)
    return _("{package} is open.").format(package=package.plate)


def _move(request: HttpRequest, package: Package, typed: dict[str, str]) -> str:
    place = place_or_package(request, package.company, typed["to"], "to")
    move_package(package, to=place, by=request.user)
    return _("{package} stands at {place}.").format(package=package.plate, place=place.code)


def _unpack(request: HttpRequest, package: Package, typed: dict[str, str]) -> str:
    unpack(package, by=request.user)
    return _("{package} is unpacked.").format(package=package.plate)


_ACTS: dict[str, Callable[[HttpRequest, Package, dict[str, str]], str]] = {
    "pack": _pack,
    "take_out": _take_out,
    "close": _close,
    "reopen": _reopen,
    "move": _move,
    "unpack": _unpack,
}


def _scanned(request: HttpRequest, package: Package, typed: dict[str, str]) -> Packed:
    if not typed["item"]:
        raise InvalidInput("required", _("Scan or type the item."), field="item")
    found = read_scanned(package.company, typed["item"], user=request.user)
    if found.item is None:
        raise InvalidInput(
            "does_not_exist",
            _("Nothing here has the code {code}.").format(code=found.text[:60]),
            field="item",
        )
    lot = found.lot
    code = typed["lot"] or found.lot_code
    if code and (lot is None or lot.code != code):
        lot = by_code(Lot.objects.filter(item=found.item), package.company, code, "lot")
    quantity: Decimal | None = found.quantity if not typed["quantity"] else None
    return Packed(found.item, quantity or number(typed["quantity"], "quantity"), None, lot)


def place_or_package(request: HttpRequest, company: Company, code: str, field: str) -> Location:
    """A place by its code, or the inside of a package by its SSCC or number."""
    found: Any = scanned_packages(company, _plain(code), user=request.user)
    if found:
        place: Location = found[0].location
        return place
    named: Location = by_code(
        Location.objects.visible_to(request.user).select_related("site"), company, code, field
    )
    return named


def _plain(code: str) -> str:
    """``(00)…``, as it is printed below a symbol, is the SSCC itself."""
    return code.removeprefix("]C1").removeprefix("(00)")
