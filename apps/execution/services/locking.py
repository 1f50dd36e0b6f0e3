"""Locking a work order with what every posting to it reads."""

from __future__ import annotations

from apps.execution.models import WorkOrder


def lock_order(order: WorkOrder) -> WorkOrder:
    """The order, locked, with company, item, design, site and locations: one statement."""
    return (
        WorkOrder.objects.select_for_update(of=("self",))
        .select_related(
            "company",
            "item__category",
            "item__unit",
            "site",
            "bom",
            "routing",
            "component_location",
            "output_location",
        )
        .get(pk=order.pk)
    )
