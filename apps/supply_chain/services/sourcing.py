"""Nothing is ordered of nobody."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.masterdata.models import Item, Partner
from apps.supply_chain.queries.sourcing import Source


def require_supplier(chosen: Mapping[int, Source], item: Item, row: int | None) -> Partner:
    """The supplier of ``item``; raises ``InvalidInput`` when it has none."""
    partner = chosen[item.pk].partner
    if partner is None:
        raise InvalidInput(
            "no_supplier", _("{item} has no supplier.").format(item=item.code), field="partner",
            row=row,
        )  # fmt: skip
    return partner
