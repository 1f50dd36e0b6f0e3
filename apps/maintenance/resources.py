"""Assets, meters, failure codes and plans as tables."""

from __future__ import annotations

from typing import Any

from apps.core.models import Company
from apps.core.resources import Resource
from apps.maintenance.models import Asset, FailureCode, MaintenancePlan, Meter
from apps.maintenance.services.assets import check_assets
from apps.maintenance.services.failure_codes import check_failure_codes
from apps.maintenance.services.meters import check_meters
from apps.maintenance.services.plans import check_plans


class AssetResource(Resource):
    model = Asset
    columns = (
        "code",
        "name",
        "kind",
        "parent",
        "criticality",
        "site",
        "machine",
        "work_centre",
        "serial_number",
        "maker",
        "model_name",
        "commissioned_on",
        "cost_object",
        "is_active",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_assets(rows, company=company)


class MeterResource(Resource):
    model = Meter
    columns = (
        "code",
        "name",
        "asset",
        "kind",
        "source",
        "machine",
        "per_count",
        "rolls_over_at",
        "is_active",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_meters(rows, company=company)


class FailureCodeResource(Resource):
    model = FailureCode
    columns = ("code", "name", "kind", "parent", "is_active")

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_failure_codes(rows, company=company)


class MaintenancePlanResource(Resource):
    """Plans without their lists: those are written on each plan, or come over the API."""

    model = MaintenancePlan
    columns = (
        "code",
        "name",
        "asset",
        "description",
        "basis",
        "interval_days",
        "starts_on",
        "meter",
        "interval_units",
        "starts_at_total",
        "suppressed_by",
        "planned_minutes",
        "lead_days",
        "stops_machine",
        "is_active",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_plans(rows, company=company)
