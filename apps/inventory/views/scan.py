"""One box for whatever a scanner reads: what it is, where it lies, what can be done next."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.errors import BusinessError
from apps.core.figures import number_text
from apps.core.models import Company
from apps.inventory.models import Location, Lot, Package
from apps.inventory.queries.scans import Scanned, read_scanned
from apps.inventory.queries.stock import OnHand, stock_on_hand
from apps.inventory.scan_targets import next_steps, scan_targets
from apps.masterdata.models import Item
from apps.masterdata.queries.catch_weights import catch_weights

VIEW = "inventory.view_stockbalance"
MOVE = ("inventory.add_stockdocument", "inventory.post_stockdocument")
MOST_ROWS = 50


@dataclass(slots=True)
class Card:
    """One thing that was found: what it is, where it lies, the links to what can be done."""

    kind: Any
    code: str
    name: str
    flags: list[tuple[str, Any]] = field(default_factory=list)
    stock: list[OnHand] = field(default_factory=list)
    steps: list[tuple[Any, str]] = field(default_factory=list)
    more: int = 0


@require_GET
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def scan_page(request: HttpRequest) -> HttpResponse:
    """What was scanned; without a scan only the box."""
    text = request.GET.get("scan", "")
    company = acting_company(request)
    found, cards = None, []
    if text.strip() and company is not None:
        try:
            found = read_scanned(company, text, user=request.user)
            cards = _cards(request, company, found)
            if not cards:
                said = _("Nothing here has the code {code}.").format(code=found.text[:60])
                messages.error(request, said)
        except BusinessError as error:
            messages.error(request, str(error))
    context = {
        "section": "scan",
        "title": _("Scan"),
        "found": found,
        "cards": cards,
    }
    return render(request, "inventory/scan.html", context)


def acting_company(request: HttpRequest) -> Company | None:
    """The company this request acts in."""
    acting = request.user.acting
    return None if acting is None else Company.objects.get(pk=acting.company_id)


def _cards(request: HttpRequest, company: Company, found: Scanned) -> list[Card]:
    cards = [_item_card(request, company, item, found) for item in found.items]
    cards += [_lot_card(request, company, lot) for lot in found.lots]
    cards += [_place_card(request, company, place) for place in found.locations]
    if request.user.has_perm("inventory.view_package"):
        cards += [_package_card(request, company, package) for package in found.packages]
    code = found.text
    for target in scan_targets():
        if not request.user.has_perm(target.permission):
            continue
        for row in target.find(request.user, company, code):
            steps = [
                (step.label, url)
                for step in target.steps
                if request.user.has_perm(step.permission) and (url := step.url(row))
            ]
            status = getattr(row, "get_status_display", None)
            flags = [("", status())] if status else []
            cards.append(Card(target.label, str(row), _name(row), flags, steps=steps))
    return cards


def _item_card(request: HttpRequest, company: Company, item: Item, found: Scanned) -> Card:
    card = Card(_("Item"), item.code, item.name)
    _lying(card, stock_on_hand(company, item=item, lot=found.lot))
    card.steps = _steps(request, item=item.code, lot=found.lot_code)
    _more(request, card, "item", item)
    return card


def _lot_card(request: HttpRequest, company: Company, lot: Lot) -> Card:
    card = Card(_("Lot"), lot.code, f"{lot.item.code} {lot.item.name}")
    is_usable = lot.status == Lot.Status.AVAILABLE
    card.flags.append(("good" if is_usable else "bad", lot.get_status_display()))
    if lot.expires_on:
        expired = Scanned("", lot=lot).is_expired
        text = _("expired on {day}") if expired else _("expires on {day}")
        card.flags.append(("bad" if expired else "", text.format(day=lot.expires_on)))
    if lot.catch_weight is not None:
        known = catch_weights([lot.item_id]).get(lot.item_id)
        unit = "" if known is None else known.unit
        card.flags.append(("", f"{number_text(lot.catch_weight)} {unit}"))
    _lying(card, stock_on_hand(company, item=lot.item, lot=lot))
    card.steps = _steps(request, item=lot.item.code, lot=lot.code)
    _more(request, card, "lot", lot)
    return card


def _place_card(request: HttpRequest, company: Company, place: Location) -> Card:
    card = Card(place.get_kind_display(), place.code, place.name)
    if place.is_quarantine:
        card.flags.append(("warn", _("Quarantine")))
    if place.is_frozen:
        card.flags.append(("warn", _("It is being counted.")))
    _lying(card, stock_on_hand(company, location=place))
    card.steps = _steps(request, **{"from": place.code})
    _more(request, card, "location", place)
    return card


def _package_card(request: HttpRequest, company: Company, package: Package) -> Card:
    card = Card(package.get_kind_display(), package.plate, "")
    tones = {Package.Status.OPEN: "good", Package.Status.CLOSED: "warn"}
    card.flags.append((tones.get(package.status, ""), package.get_status_display()))  # type: ignore[call-overload]
    parent = package.location.parent
    if package.status in Package.HERE and parent is not None:
        card.flags.append(("", _("stands in {place}").format(place=parent.code)))
    _lying(card, stock_on_hand(company, location=package.location))
    card.steps = [(_("Open"), reverse("inventory-package", args=[package.pk]))]
    asked = urlencode({"package": package.number})
    card.steps.append((_("Label"), f"{reverse('inventory-labels')}?{asked}"))
    _more(request, card, "package", package)
    return card


def _lying(card: Card, rows: list[OnHand]) -> None:
    card.stock, card.more = rows[:MOST_ROWS], max(len(rows) - MOST_ROWS, 0)


def _steps(request: HttpRequest, **given: str) -> list[tuple[Any, str]]:
    asked = {name: value for name, value in given.items() if value}
    steps = []
    if request.user.has_perms(MOVE):
        steps.append((_("Move"), f"{reverse('inventory-move')}?{urlencode(asked)}"))
    if "from" in asked:
        asked["place"] = asked.pop("from")
        if request.user.has_perms(("inventory.pack_package", "inventory.add_package")):
            steps.append(
                (_("New package"), f"{reverse('inventory-new-package')}?{urlencode(asked)}")
            )
    steps.append((_("Label"), f"{reverse('inventory-labels')}?{urlencode(asked)}"))
    return steps


def _more(request: HttpRequest, card: Card, kind: str, row: Any) -> None:
    """What other apps offer, then the row itself in the back office."""
    card.steps += [
        (step.label, step.url(row))
        for step in next_steps(kind)
        if request.user.has_perm(step.permission)
    ]
    opts = row._meta
    if request.user.has_perm(f"{opts.app_label}.view_{opts.model_name}"):
        name = f"admin:{opts.app_label}_{opts.model_name}_change"
        card.steps.append((_("Details"), reverse(name, args=[row.pk])))


def _name(row: Any) -> str:
    partner = getattr(row, "partner", None)
    item = getattr(row, "item", None)
    return " ".join(str(part.name) for part in (partner, item) if part is not None)
