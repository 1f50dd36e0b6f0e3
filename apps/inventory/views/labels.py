"""Labels for what was scanned: how many, how large, for which printer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.printouts import pdf_response
from apps.core.views.page_forms import by_code, number, whole
from apps.inventory.labels import (
    MOST_LABELS,
    SIZES,
    Label,
    copies_of,
    item_label,
    labels_pdf,
    labels_zpl,
    lot_label,
    package_label,
    place_label,
)
from apps.inventory.models import Location, Lot
from apps.inventory.queries.packages import scanned_packages
from apps.inventory.views.scan import VIEW, acting_company
from apps.masterdata.models import Item

FIELDS = ("item", "lot", "place", "package", "quantity", "copies", "size", "kind")


@require_GET
@never_cache
@login_required
@permission_required(VIEW, raise_exception=True)
def label_page(request: HttpRequest) -> HttpResponse:
    """The form; with ``print`` the file."""
    given = {name: request.GET.get(name, "").strip()[:60] for name in FIELDS}
    company = acting_company(request)
    if "print" in request.GET and company is not None:
        try:
            return _file(request, company, given)
        except BusinessError as error:
            messages.error(request, str(error))
    context = {
        "section": "scan",
        "title": _("Labels"),
        "given": given,
        "sizes": list(SIZES),
        "most": MOST_LABELS,
    }
    return render(request, "inventory/labels.html", context)


def _file(request: HttpRequest, company: Company, given: dict[str, str]) -> HttpResponse:
    label = _label(request, company, given)
    labels = copies_of(label, whole(given["copies"] or "1", "copies"))
    size = given["size"] or "100x60"
    if given["kind"] == "zpl":
        answer = HttpResponse(
            labels_zpl(labels, size=size), content_type="text/plain; charset=utf-8"
        )
        answer["Content-Disposition"] = 'attachment; filename="labels.zpl"'
        return answer
    return pdf_response(labels_pdf(labels, size=size), name=f"label-{label.title}.pdf")


def _label(request: HttpRequest, company: Company, given: dict[str, str]) -> Label:
    if given["package"]:
        found = scanned_packages(company, given["package"], user=request.user)
        if not found:
            raise InvalidInput(
                "does_not_exist",
                _("Nothing here has the code {code}.").format(code=given["package"]),
                field="package",
            )
        return package_label(found[0])
    if given["place"]:
        places: Any = Location.objects.visible_to(request.user).select_related("company", "site")
        return place_label(by_code(places, company, given["place"], "place"))
    items: Any = Item.objects.select_related("company", "unit")
    item = by_code(items, company, given["item"], "item")
    if not given["lot"]:
        return item_label(item)
    lots: Any = Lot.objects.filter(item=item).select_related("item__company", "item__unit")
    lot = by_code(lots, company, given["lot"], "lot")
    quantity = number(given["quantity"], "quantity") if given["quantity"] else None
    return lot_label(lot, quantity=quantity)
