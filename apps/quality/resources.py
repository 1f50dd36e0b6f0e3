"""Quality's nouns as tables."""

from __future__ import annotations

from typing import Any

from apps.core.models import Company
from apps.core.resources import Resource
from apps.quality.models import Characteristic, ControlChart, Gauge
from apps.quality.services.signalling import check_charts


class CharacteristicResource(Resource):
    model = Characteristic
    columns = ("code", "name", "kind", "unit", "decimals", "description", "is_active")


class GaugeResource(Resource):
    model = Gauge
    columns = (
        "code",
        "name",
        "site",
        "serial_number",
        "maker",
        "resolution",
        "interval_days",
        "is_active",
    )


class ControlChartResource(Resource):
    model = ControlChart
    columns = (
        "code",
        "name",
        "kind",
        "item",
        "characteristic",
        "operation_sequence",
        "subgroup_size",
        "rules",
        "has_printed_factors",
        "blocks_start",
        "is_active",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_charts(rows)
