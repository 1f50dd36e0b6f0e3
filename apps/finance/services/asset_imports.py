"""Many assets at once from the books before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO
from apps.core.transactions import unit_of_work
from apps.finance.models import FixedAsset
from apps.finance.services.asset_costs import take_over_asset
from apps.finance.services.assets import register_asset

TAKEN_OVER = ("date", "cost", "depreciation", "acquired_on", "in_service_on")


def take_over_assets(
    company: Company, rows: Sequence[Mapping[str, Any]], *, by: User, reason: str = ""
) -> list[FixedAsset]:
    """Register and take over each of ``rows``: what ``register_asset`` and ``take_over_asset``
    take. Raises naming the row at fault; all or none. A dozen statements for each asset.
    """
    made = []
    with unit_of_work():
        for place, row in enumerate(rows):
            values = {name: value for name, value in row.items() if value not in (None, "")}
            for name in ("date", "cost", "acquired_on"):
                if name not in values:
                    raise InvalidInput(
                        "required", _("This cell may not be empty."), field=name, row=place
                    )
            taken = {name: values.pop(name) for name in TAKEN_OVER if name in values}
            taken.setdefault("depreciation", ZERO)
            taken.setdefault("in_service_on", taken["acquired_on"])
            try:
                asset = register_asset(company, by=by, reason=reason, **values)
                made.append(take_over_asset(asset, by=by, row=place, **taken))
            except BusinessError as error:
                error.row = place
                raise
    return made
