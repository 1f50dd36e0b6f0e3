"""The suppliers' pages: their orders, confirmations, shipping notices, receipts, payments.

Who has no access is refused; what is another supplier's does not exist.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from apps.core.errors import BusinessError, InvalidInput
from apps.core.printouts import pdf_response
from apps.core.views.page_forms import day, number, once
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine, SupplierAccess
from apps.supply_chain.printouts import purchase_order_pdf
from apps.supply_chain.queries.portal import (
    MOST,
    PortalLine,
    access_of,
    bills_of_supplier,
    lines_of_order,
    notices_of_order,
    orders_of_supplier,
    receipts_of_order,
)
from apps.supply_chain.services.order_confirmations import Promise, record_confirmation
from apps.supply_chain.services.shipping_notices import Announced, announce_shipment

View = Callable[..., HttpResponse]


def for_suppliers(view: View) -> View:
    """``view(request, access, …)`` for whom an access lets in; everybody else is refused."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        access = access_of(request.user)  # type: ignore[arg-type]
        if access is None:
            raise PermissionDenied
        return view(request, access, *args, **kwargs)

    return never_cache(login_required(guarded))


@require_GET
@for_suppliers
def orders_page(request: HttpRequest, access: SupplierAccess) -> HttpResponse:
    """The orders; those with something to come first."""
    rows = list(orders_of_supplier(access)[:MOST])
    return _render(
        request,
        access,
        "orders",
        _("Your orders"),
        orders=[row for row in rows if row.status == PurchaseOrder.Status.CONFIRMED],
        closed=[row for row in rows if row.status != PurchaseOrder.Status.CONFIRMED],
    )


@require_http_methods(["GET", "POST"])
@for_suppliers
def order_page(request: HttpRequest, access: SupplierAccess, pk: int) -> HttpResponse:
    """One order: what is wanted, promised and come; the promise is given here."""
    order = get_object_or_404(orders_of_supplier(access), pk=pk)
    if request.method == "POST":
        try:
            messages.success(request, once(request, lambda: _confirm(request, order)))
            return redirect("supplier-order", order.pk)
        except BusinessError as error:
            messages.error(request, str(error))
    lines = lines_of_order(order)
    return _render(
        request,
        access,
        "orders",
        order.number,
        order=order,
        lines=[(line, _typed(request, line)) for line in lines],
        may_confirm=order.status == PurchaseOrder.Status.CONFIRMED
        and any(line.open for line in lines),
        receipts=receipts_of_order(order),
        notices=notices_of_order(order),
    )


@require_http_methods(["GET", "POST"])
@for_suppliers
def notice_page(request: HttpRequest, access: SupplierAccess, pk: int) -> HttpResponse:
    """Announce what is on its way for an order."""
    order = get_object_or_404(orders_of_supplier(access), pk=pk)
    if request.method == "POST":
        try:
            messages.success(request, once(request, lambda: _announce(request, access, order)))
            return redirect("supplier-order", order.pk)
        except BusinessError as error:
            messages.error(request, str(error))
    today = timezone.localdate().isoformat()
    typed = {name: request.POST.get(name, "") for name in ("reference", "carrier")}
    typed |= {name: request.POST.get(name, today) for name in ("shipped_on", "expected_on")}
    return _render(
        request,
        access,
        "orders",
        _("Shipping notice for {order}").format(order=order.number),
        order=order,
        lines=[
            (line, {name: request.POST.get(f"{name}-{line.id}", "") for name in _NOTED})
            for line in lines_of_order(order)
            if line.open
        ],
        typed=typed,
        template="portal_notice",
    )


@require_GET
@for_suppliers
def order_pdf(request: HttpRequest, access: SupplierAccess, pk: int) -> HttpResponse:
    order = get_object_or_404(orders_of_supplier(access), pk=pk)
    return pdf_response(purchase_order_pdf(order), name=f"{order.number}.pdf")


@require_GET
@for_suppliers
def bills_page(request: HttpRequest, access: SupplierAccess) -> HttpResponse:
    """What the supplier has billed and what of it is paid."""
    return _render(
        request, access, "bills", _("Your invoices"), bills=bills_of_supplier(access),
        template="portal_bills",
    )  # fmt: skip


_NOTED = ("quantity", "lot", "supplier_lot", "expires_on", "sscc")


def _render(
    request: HttpRequest,
    access: SupplierAccess,
    section: str,
    title: str,
    *,
    template: str = "",
    **context: Any,
) -> HttpResponse:
    chosen = template or ("portal_order" if "order" in context else "portal_orders")
    return render(
        request,
        f"supply_chain/{chosen}.html",
        {
            "section": section,
            "title": title,
            "company": access.company,
            "partner": access.partner,
            "key": uuid.uuid4().hex,
            **context,
        },
    )


def _typed(request: HttpRequest, line: PortalLine) -> dict[str, str]:
    """What stands in the fields of a line: what was typed before a refusal, else what holds."""
    promised = line.promised or line.wanted
    return {
        "date": request.POST.get(f"date-{line.id}", promised.isoformat()),
        "quantity": request.POST.get(f"quantity-{line.id}", ""),
    }


def _own_lines(order: PurchaseOrder) -> list[PurchaseOrderLine]:
    return list(order.lines.order_by("position"))


def _confirm(request: HttpRequest, order: PurchaseOrder) -> str:
    chosen = [line for line in _own_lines(order) if request.POST.get(f"line-{line.pk}") == "1"]
    if not chosen:
        raise InvalidInput("no_lines", _("Tick the lines that you confirm."), field="lines")
    promises = []
    for line in chosen:
        quantity = request.POST.get(f"quantity-{line.pk}", "").strip()
        promises.append(
            Promise(
                line,
                day(request.POST.get(f"date-{line.pk}", ""), "promised_date"),
                number(quantity, "quantity") if quantity else None,
            )
        )
    reference = request.POST.get("reference", "").strip()[:60]
    record_confirmation(order, lines=promises, reference=reference, by=request.user)  # type: ignore[arg-type]
    return _("Confirmed. Thank you.")


def _announce(request: HttpRequest, access: SupplierAccess, order: PurchaseOrder) -> str:
    given = request.POST
    lines = []
    for line in _own_lines(order):
        quantity = given.get(f"quantity-{line.pk}", "").strip()
        if not quantity:
            continue
        expires = given.get(f"expires_on-{line.pk}", "").strip()
        lines.append(
            Announced(
                line,
                number(quantity, "quantity"),
                lot_code=_text(given, f"lot-{line.pk}"),
                supplier_lot=_text(given, f"supplier_lot-{line.pk}"),
                expires_on=day(expires, "expires_on") if expires else None,
                sscc=_text(given, f"sscc-{line.pk}"),
            )
        )
    notice = announce_shipment(
        access.company,
        partner=access.partner,
        reference=_text(given, "reference"),
        shipped_on=day(given.get("shipped_on", ""), "shipped_on"),
        expected_on=day(given.get("expected_on", ""), "expected_on"),
        carrier=_text(given, "carrier"),
        lines=lines,
        by=request.user,  # type: ignore[arg-type]
    )
    return _("Announced as {number}.").format(number=notice.number)


def _text(given: Any, name: str) -> str:
    """A line of text as typed. Raises ``InvalidInput`` for what no label would carry."""
    text = given.get(name, "").strip()
    if len(text) > 60 or not text.isprintable():
        raise InvalidInput("bad_text", _("At most 60 characters, on one line."), field=name)
    return text
