"""What of sales the scan box knows."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Company, User
from apps.crm.models import SalesOrder
from apps.inventory.scan_targets import NextStep, ScanTarget, register_scan_target


def _orders(user: User, company: Company, code: str) -> Iterable[SalesOrder]:
    rows = SalesOrder.objects.visible_to(user).filter(company=company, number__iexact=code)
    return rows.select_related("partner")[:5]


register_scan_target(
    ScanTarget(
        "sales-order",
        _("Sales order"),
        "crm.view_salesorder",
        _orders,
        (
            NextStep(
                _("Details"),
                "crm.view_salesorder",
                lambda order: reverse("admin:crm_salesorder_change", args=[order.pk]),
            ),
        ),
    )
)
