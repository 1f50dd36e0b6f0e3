"""What of purchasing and shipping the scan box knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Company, User
from apps.inventory.pages import WarehousePage, register_warehouse_page
from apps.inventory.scan_targets import (
    NextStep,
    ScanTarget,
    register_next_step,
    register_scan_target,
)
from apps.supply_chain.models import (
    Consignment,
    PurchaseContract,
    PurchaseOrder,
    Receipt,
    RequestForQuotation,
    Requisition,
    Shipment,
    ShippingNotice,
    SupplierReturn,
)
from apps.supply_chain.services.shipping_notices import SSCC_LENGTH

Finder = Callable[[User, Company, str], Iterable[Any]]


def _by_number(model: Any, *related: str) -> Finder:
    """Documents of a company by their number, whatever the case of its letters."""

    def found(user: User, company: Company, code: str) -> Iterable[Any]:
        rows = model.objects.visible_to(user).filter(company=company, number__iexact=code)
        return rows.select_related(*related)[:5]

    return found


def _notices(user: User, company: Company, code: str) -> Iterable[ShippingNotice]:
    """By our number or by the supplier's, and by the SSCC of a package on its way."""
    sscc = code.removeprefix("(00)")
    if len(sscc) == SSCC_LENGTH + 2 and sscc.isdigit():
        sscc = sscc.removeprefix("00")  # as an element string: 00 and the SSCC
    rows = ShippingNotice.objects.visible_to(user).filter(
        Q(number__iexact=code)
        | Q(reference__iexact=code)
        | Q(status=ShippingNotice.Status.ANNOUNCED, lines__sscc=sscc),
        company=company,
    )
    return rows.select_related("partner").distinct().order_by("-pk")[:5]


def _consignments(user: User, company: Company, code: str) -> Iterable[Consignment]:
    """By our number or the carrier's."""
    rows = Consignment.objects.visible_to(user).filter(
        Q(number__iexact=code) | Q(tracking_number=code), company=company
    )
    return rows.select_related("partner").order_by("-pk")[:5]


def _details(model: str) -> NextStep:
    return NextStep(
        _("Details"),
        f"supply_chain.view_{model}",
        lambda row: reverse(f"admin:supply_chain_{model}_change", args=[row.pk]),
    )


def _verb(model: str, name: str, label: Any, permission: str, status: str) -> NextStep:
    """A verb's page of the document, offered while it is in ``status``."""
    return NextStep(
        label,
        f"supply_chain.{permission}",
        lambda row: (
            reverse(f"admin:supply_chain_{model}_verb", args=[row.pk, name])
            if row.status == status
            else ""
        ),
    )


def _receiving(order: PurchaseOrder) -> str:
    """Where goods of an order are taken in, while some may come here."""
    is_open = order.status == PurchaseOrder.Status.CONFIRMED and order.ships_to_id is None
    return reverse("supply-chain-receive", args=[order.pk]) if is_open else ""


register_next_step(
    "pick-list",
    NextStep(
        _("Ship"),
        "supply_chain.add_shipment",
        lambda row: reverse("supply-chain-ship", args=[row.pk]),
    ),
)


def _target(kind: str, label: Any, model: Any, find: Finder, *steps: NextStep) -> None:
    name = model._meta.model_name
    register_scan_target(
        ScanTarget(kind, label, f"supply_chain.view_{name}", find, (*steps, _details(name)))
    )


_target(
    "purchase-order",
    _("Purchase order"),
    PurchaseOrder,
    _by_number(PurchaseOrder, "partner"),
    NextStep(_("Receive"), "supply_chain.add_receipt", _receiving),
)
register_warehouse_page(
    WarehousePage(
        "receiving",
        _("Receive"),
        "supply-chain-expected",
        ("supply_chain.add_receipt", "supply_chain.view_purchaseorder"),
    )
)
_target(
    "receipt",
    _("Receipt"),
    Receipt,
    _by_number(Receipt),
    _verb("receipt", "send-back", _("Send back"), "add_supplierreturn", "posted"),
)
_target("shipment", _("Shipment"), Shipment, _by_number(Shipment, "partner"))
_target(
    "consignment",
    _("Consignment"),
    Consignment,
    _consignments,
    _verb("consignment", "dispatch", _("Hand over"), "dispatch_consignment", "planned"),
    NextStep(
        _("Proof of delivery"),
        "supply_chain.deliver_consignment",
        lambda row: (
            reverse("supply-chain-delivery", args=[row.pk]) if row.status == "dispatched" else ""
        ),
    ),
)
_target(
    "shipping-notice",
    _("Shipping notice"),
    ShippingNotice,
    _notices,
    _verb("shippingnotice", "receive", _("Receive"), "add_receipt", "announced"),
)
_target(
    "supplier-return",
    _("Supplier return"),
    SupplierReturn,
    _by_number(SupplierReturn, "partner"),
    _verb("supplierreturn", "ship", _("Ship"), "ship_supplierreturn", "draft"),
)
_target("requisition", _("Requisition"), Requisition, _by_number(Requisition))
_target(
    "request-for-quotation",
    _("Request for quotation"),
    RequestForQuotation,
    _by_number(RequestForQuotation),
    NextStep(
        _("Bids"),
        "supply_chain.view_bid",
        lambda row: reverse("purchasing-bids", args=[row.pk]),
    ),
)
_target(
    "purchase-contract",
    _("Purchase contract"),
    PurchaseContract,
    _by_number(PurchaseContract, "partner"),
)
