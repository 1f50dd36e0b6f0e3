"""Assets, their classes and books as tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models
from django.utils import timezone

from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.resources import FORMATS, Resource
from apps.core.tables import MOST_ROWS
from apps.finance.models import AssetBook, AssetClass, AssetMovement, DepreciationBook, FixedAsset
from apps.finance.queries.assets import standings
from apps.finance.services.asset_classes import check_books, check_classes
from apps.finance.services.asset_imports import take_over_assets


class DepreciationBookResource(Resource):
    model = DepreciationBook
    columns = ("code", "name", "posts_to_ledger", "is_active")

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_books(rows)


class AssetClassResource(Resource):
    model = AssetClass
    columns = (
        "code",
        "name",
        "asset_account",
        "depreciation_account",
        "expense_account",
        "gain_account",
        "loss_account",
        "is_active",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_classes(rows)


class FixedAssetResource(LineResource):
    """Each row is an asset taken over on ``date``, with what was charged until then."""

    model = FixedAsset
    columns = (
        "name",
        "asset_class",
        "acquired_on",
        "in_service_on",
        "serial_number",
        "site",
        "location",
        "supplier",
        "cost_object",
    )
    movement_columns = ("date", "cost", "depreciation")
    book_columns = ("residual", "life_months", "units_total")
    required = ("name", "asset_class", "acquired_on", "date", "cost")

    def __init__(self) -> None:
        super().__init__()
        for model, names in (
            (AssetMovement, self.movement_columns),
            (AssetBook, self.book_columns),
        ):
            self.fields |= {name: model._meta.get_field(name) for name in names}

    def label(self, row: dict[str, Any]) -> str:
        return str(row.get("name", ""))

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        take_over_assets(company, rows, by=by, reason=reason)

    def export(self, rows: models.QuerySet, kind: str) -> tuple[bytes, str]:
        """As they stand today in the ledger's book, to be taken over somewhere else."""
        write, content_type = FORMATS[kind]
        return write(tuple(self.fields), self._exported(rows)), content_type

    def _exported(self, rows: models.QuerySet) -> Iterator[tuple[Any, ...]]:
        today = timezone.localdate()
        found = list(
            rows.select_related(
                "company__currency", "asset_class", "site", "supplier", "cost_object"
            ).order_by("pk")[:MOST_ROWS]
        )
        by_asset = {
            standing.asset_id: standing
            for company in {row.company for row in found}
            for standing in standings(
                company, at=today, asset_ids=[row.pk for row in found if row.company == company]
            )
            if standing.posts_to_ledger
        }
        for row in found:
            standing = by_asset.get(row.pk)
            told = (
                row.name,
                row.asset_class.code,
                row.acquired_on,
                row.in_service_on,
                row.serial_number,
                row.site.code if row.site else None,
                row.location,
                row.supplier.code if row.supplier else None,
                row.cost_object.code if row.cost_object else None,
            )
            if standing is None:  # not in the ledger's book yet
                yield (*told, today, *[None] * 5)
                continue
            yield (
                *told,
                today,
                standing.cost,
                standing.depreciation,
                standing.residual,
                standing.life_months,
                standing.units_total,
            )
