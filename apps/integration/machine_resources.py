"""Connections to machines and their signals as tables: a plant has thousands of signals."""

from __future__ import annotations

from typing import Any

from apps.core.models import Company
from apps.core.resources import Resource
from apps.integration.models import MachineConnection, MachineTag
from apps.integration.services.machine_connections import check_connections, check_tags


class MachineConnectionResource(Resource):
    model = MachineConnection
    columns = ("code", "name", "protocol", "address", "topic", "username", "account", "is_active")

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_connections(rows, company=company)


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
