"""Signals of machines as a table: a plant has thousands."""

from __future__ import annotations

from typing import Any

from apps.core.models import Company
from apps.core.resources import Resource
from apps.integration.models import MachineTag
from apps.integration.services.machine_connections import check_tags


class MachineTagResource(Resource):
    model = MachineTag
    columns = (
        "connection",
        "path",
        "machine",
        "role",
        "states",
        "per_count",
        "rolls_over_at",
        "scrap_reason",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_tags(rows, company=company)
