"""Locations and opening stock as tables."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.resources import Resource
from apps.inventory.models import (
    CountClass,
    ItemHandling,
    KanbanLoop,
    Location,
    PutAwayRule,
    SsccSeries,
    StockDocumentLine,
)
from apps.inventory.services.handling import check_item_handling, check_put_away_rules
from apps.inventory.services.kanban import check_kanban_loops
from apps.inventory.services.locations import check_locations
from apps.inventory.services.opening_stock import OpeningLine, post_opening_stock


class LocationResource(Resource):
    model = Location
    columns = (
        "code",
        "name",
        "kind",
        "site",
        "parent",
        "held_by",
        "owner",
        "use",
        "walk_order",
        "max_quantity",
        "max_weight",
        "max_volume",
        "is_single_item",
        "is_quarantine",
        "is_active",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_locations(rows, company=company)


class CountClassResource(Resource):
    model = CountClass
    columns = (
        "code",
        "name",
        "value_share",
        "interval_days",
        "tolerance_percent",
        "tolerance_value",
        "is_active",
    )


class SsccSeriesResource(Resource):
    model = SsccSeries
    columns = ("code", "name", "gs1_prefix", "extension_digit", "is_active")


class ItemHandlingResource(Resource):
    model = ItemHandling
    columns = (
        "code",
        "name",
        "item",
        "category",
        "pick_strategy",
        "unit_weight",
        "unit_volume",
        "is_active",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_item_handling(rows, company=company)


class PutAwayRuleResource(Resource):
    model = PutAwayRule
    columns = ("code", "name", "position", "item", "category", "location", "strategy", "is_active")

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_put_away_rules(rows, company=company)


class KanbanLoopResource(Resource):
    model = KanbanLoop
    columns = ("code", "name", "item", "supply", "line", "quantity", "is_active")

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_kanban_loops(rows)


class OpeningStockResource(LineResource):
    """What was in stock when the company began: posted at once, one document for each site."""

    model = StockDocumentLine
    columns = ("item", "lot_code", "quantity", "unit_cost", "to_location")
    required = ("item", "quantity", "unit_cost", "to_location")

    def __init__(self, *, date: Date | None = None, control_total: Decimal | None = None) -> None:
        super().__init__()
        self.date = date
        self.control_total = control_total

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        post_opening_stock(
            company,
            [
                OpeningLine(
                    item=row["item"],
                    quantity=row["quantity"],
                    unit_cost=row["unit_cost"],
                    location=row["to_location"],
                    lot_code=row.get("lot_code", ""),
                )
                for row in rows
            ],
            date=self.date or timezone.localdate(),
            control_total=self.control_total,
            note=reason,
            by=by,
        )

    def label(self, row: dict[str, Any]) -> str:
        return str(row["item"])
