"""What of the warehouse's own documents the scan box knows."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from apps.core.models import Company, User
from apps.inventory.models import KanbanCard, PickList
from apps.inventory.scan_targets import NextStep, ScanTarget, register_scan_target


def _pick_lists(user: User, company: Company, code: str) -> Iterable[PickList]:
    rows = PickList.objects.visible_to(user).filter(company=company, number__iexact=code)
    return rows.order_by("pk")[:5]


def _cards(user: User, company: Company, code: str) -> Iterable[KanbanCard]:
    rows = KanbanCard.objects.visible_to(user).filter(company=company, number__iexact=code)
    return rows.select_related("loop__item").order_by("pk")[:5]


register_scan_target(
    ScanTarget(
        "kanban-card",
        _("Kanban card"),
        "inventory.view_kanbancard",
        _cards,
        (
            NextStep(
                _("Empty or brought"),
                "inventory.turn_kanbancard",
                lambda row: reverse("inventory-kanban-card", args=[row.pk]),
            ),
            NextStep(
                _("Details"),
                "inventory.view_kanbancard",
                lambda row: reverse("admin:inventory_kanbancard_change", args=[row.pk]),
            ),
        ),
    )
)
register_scan_target(
    ScanTarget(
        "pick-list",
        _("Pick list"),
        "inventory.view_picklist",
        _pick_lists,
        (
            NextStep(
                _("Pick and pack"),
                "inventory.pick_picklist",
                lambda row: reverse("inventory-pick", args=[row.pk]),
            ),
            NextStep(
                _("Details"),
                "inventory.view_picklist",
                lambda row: reverse("admin:inventory_picklist_change", args=[row.pk]),
            ),
        ),
    )
)
