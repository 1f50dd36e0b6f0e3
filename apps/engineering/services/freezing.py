"""Designs that an engineering change speaks of stay as they were reviewed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db.models import F
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.engineering.models import BillOfMaterials, ChangeLine, EngineeringChange, Routing

#: From submission to the end, what the change releases is not touched.
FROZEN = (EngineeringChange.Status.REVIEW, EngineeringChange.Status.APPROVED)


def require_free(
    designs: Sequence[BillOfMaterials] | Sequence[Routing],
    *,
    change: EngineeringChange | None = None,
    statuses: Iterable[str] = FROZEN,
) -> None:
    """Raise ``BusinessError`` when a draft is under a change other than ``change``."""
    if not designs:
        return
    name = "to_bom" if isinstance(designs[0], BillOfMaterials) else "to_routing"
    lines = ChangeLine.objects.filter(
        **{f"{name}__in": [one.pk for one in designs]}, change__status__in=tuple(statuses)
    )
    if change is not None and change.pk:
        lines = lines.exclude(change=change)
    found = lines.values_list(F(f"{name}_id"), "change__number").order_by("pk").first()
    if found is None:
        return
    places = {one.pk: place for place, one in enumerate(designs)}
    raise BusinessError(
        "under_change",
        _("{design} is part of the engineering change {change}.").format(
            design=designs[places[found[0]]], change=found[1]
        ),
        field=name,
        row=places[found[0]] if len(designs) > 1 else None,
        details={"change": found[1]},
    )
