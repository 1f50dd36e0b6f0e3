"""What of purchasing and shipping the scan box knows."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Company, User
from apps.inventory.scan_targets import (
    NextStep,
    ScanTarget,
    register_next_step,
    register_scan_target,
)
from apps.supply_chain.models import PurchaseOrder, Receipt, Shipment


def _orders(user: User, company: Company, code: str) -> Iterable[PurchaseOrder]:
    rows = PurchaseOrder.objects.visible_to(user).filter(company=company, number__iexact=code)
    return rows.select_related("partner")[:5]


def _receipts(user: User, company: Company, code: str) -> Iterable[Receipt]:
    return Receipt.objects.visible_to(user).filter(company=company, number__iexact=code)[:5]


def _shipments(user: User, company: Company, code: str) -> Iterable[Shipment]:
    rows = Shipment.objects.visible_to(user).filter(company=company, number__iexact=code)
    return rows.select_related("partner")[:5]


def _details(model: str) -> NextStep:
    return NextStep(
        _("Details"),
        f"supply_chain.view_{model}",
        lambda row: reverse(f"admin:supply_chain_{model}_change", args=[row.pk]),
    )


register_next_step(
    "pick-list",
    NextStep(
        _("Ship"),
        "supply_chain.add_shipment",
        lambda row: reverse("supply-chain-ship", args=[row.pk]),
    ),
)
register_scan_target(
    ScanTarget(
        "purchase-order",
        _("Purchase order"),
        "supply_chain.view_purchaseorder",
        _orders,
        (_details("purchaseorder"),),
    )
)
register_scan_target(
    ScanTarget(
        "receipt",
        _("Receipt"),
        "supply_chain.view_receipt",
        _receipts,
        (_details("receipt"),),
    )
)
register_scan_target(
    ScanTarget(
        "shipment",
        _("Shipment"),
        "supply_chain.view_shipment",
        _shipments,
        (_details("shipment"),),
    )
)
