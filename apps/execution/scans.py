"""What of the shop floor the scan box knows."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Company, User
from apps.execution.models import WorkOrder
from apps.inventory.scan_targets import (
    NextStep,
    ScanTarget,
    register_next_step,
    register_scan_target,
)


def _orders(user: User, company: Company, code: str) -> Iterable[WorkOrder]:
    number = code.partition("/")[0]  # the label of an operation names its order
    rows = WorkOrder.objects.visible_to(user).filter(company=company, number__iexact=number)
    return rows.select_related("item")[:5]


register_scan_target(
    ScanTarget(
        "work-order",
        _("Work order"),
        "execution.view_workorder",
        _orders,
        (
            NextStep(
                _("Terminal"),
                "execution.view_workorderoperation",
                lambda order: reverse("shop-order", args=[order.pk]),
            ),
            NextStep(
                _("Details"),
                "execution.view_workorder",
                lambda order: reverse("admin:execution_workorder_change", args=[order.pk]),
            ),
        ),
    )
)
register_next_step(
    "lot",
    NextStep(
        _("Trace"),
        "execution.view_genealogyedge",
        lambda lot: reverse("trace-lot", args=[lot.pk]),
    ),
)
