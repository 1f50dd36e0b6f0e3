"""Keys, their values and cycles of allocation as tables."""

from __future__ import annotations

from typing import Any

from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.resources import Resource
from apps.finance.models import AllocationCycle, StatisticalKey, StatisticalValue
from apps.finance.services.allocation_cycles import check_cycles
from apps.finance.services.statistical_values import record_values


class StatisticalKeyResource(Resource):
    model = StatisticalKey
    columns = ("code", "name", "unit", "is_summed", "is_active")


class StatisticalValueResource(LineResource):
    """Values by day; the value of a key, cost object and day that is there is replaced."""

    model = StatisticalValue
    columns = ("key", "cost_object", "date", "value")
    required = columns

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['key'].code} {row['cost_object'].code} {row['date']}"

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        record_values(company, rows, by=by, reason=reason)


class AllocationCycleResource(Resource):
    model = AllocationCycle
    columns = ("code", "name", "method", "account", "is_active")

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_cycles(rows)
