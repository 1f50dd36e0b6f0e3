"""Services of carriers as a table."""

from __future__ import annotations

from typing import Any

from apps.core.models import Company
from apps.core.resources import Resource
from apps.supply_chain.models import CarrierService
from apps.supply_chain.services.carriers import check_carrier_services


class CarrierServiceResource(Resource):
    model = CarrierService
    columns = ("code", "name", "carrier", "currency", "transit_days", "is_active")

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_carrier_services(rows, company=company)
