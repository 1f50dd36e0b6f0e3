"""What assets have made, for depreciation by units of production."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import require_company
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.finance.models import AssetUsage, FixedAsset


@dataclass(frozen=True, slots=True)
class Usage:
    """Units made until ``date`` since the reading before; below zero to correct one."""

    asset: FixedAsset
    date: Date
    units: Decimal


def record_usage(company: Company, rows: Sequence[Usage], *, by: User) -> list[AssetUsage]:
    """Write readings down. Raises ``InvalidInput`` naming the row at fault; all or none."""
    for place, row in enumerate(rows):
        require_company(company, row=place, asset=row.asset)
        require_decimal(row.units, field="units", row=place, decimal_places=4, positive=False)
        if not row.units:
            raise InvalidInput("zero", _("Say how many."), field="units", row=place)
        if row.asset.status not in (*FixedAsset.ACTIVE, FixedAsset.Status.ORDERED):
            raise InvalidInput(
                "not_in_use",
                _("{asset} is {status}.").format(
                    asset=row.asset, status=row.asset.get_status_display()
                ),
                field="asset",
                row=place,
            )
    with unit_of_work():
        ids = sorted({row.asset.pk for row in rows})
        list(FixedAsset.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
        made = insert_rows(AssetUsage, [_values(company, row, by) for row in rows], returning="id")
        totals = AssetUsage.objects.filter(asset__in=ids).values_list("asset")
        for asset_id, total in totals.annotate(total=Sum("units")).order_by():
            if (total or ZERO) < 0:
                place = next(n for n, row in enumerate(rows) if row.asset.pk == asset_id)
                raise InvalidInput(
                    "negative",
                    _("It would have made less than nothing."),
                    field="units",
                    row=place,
                )
        keys = [row_id for (row_id,) in made]
        return list(AssetUsage.objects.filter(pk__in=keys).order_by("pk"))


def _values(company: Company, row: Usage, by: User) -> dict[str, object]:
    return {
        "company_id": company.pk,
        "source_type_id": ContentType.objects.get_for_model(FixedAsset).pk,
        "source_id": row.asset.pk,
        "created_at": timezone.now(),
        "created_by_id": by.pk,
        "asset_id": row.asset.pk,
        "date": row.date,
        "units": row.units,
    }
