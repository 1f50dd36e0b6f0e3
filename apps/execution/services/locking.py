"""Locking a work order with what every posting to it reads."""

from __future__ import annotations

from typing import Any

from apps.core.services.numbering import NextValue, as_number
from apps.execution.models import WorkOrder


def lock_order(order: WorkOrder) -> WorkOrder:
    """The order, locked, with company, item, design, site and locations: one statement."""
    return _locked().get(pk=order.pk)


def lock_order_and_number(order: WorkOrder, sequence: str, prefix: str) -> tuple[WorkOrder, str]:
    """``lock_order``, and the number of the document to be written: still one statement."""
    found = _locked().annotate(taken=NextValue(sequence)).get(pk=order.pk)
    return found, as_number(found.taken, prefix)


def _locked() -> Any:
    return WorkOrder.objects.select_for_update(of=("self",)).select_related(
        "company",
        "item__category",
        "item__unit",
        "site",
        "bom",
        "routing",
        "component_location",
        "output_location",
    )
