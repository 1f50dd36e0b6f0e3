"""Carriers' services and rates, and what customs ask of items: nouns with a few rules."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.services.documents import require_company
from apps.core.services.master_data import create_row, update_row
from apps.supply_chain.models import CarrierRate, CarrierService, ItemTradeData

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_HS_CODE = re.compile(r"[0-9]{6,10}", re.ASCII)


def create_carrier_service(*, by: Any, reason: str = "", **values: Any) -> CarrierService:
    """A product of a carrier. Raises ``InvalidInput`` for a partner who is none."""
    _check_carrier(values)
    return create_row(CarrierService, values=values, by=by, reason=reason)


def update_carrier_service(
    row: CarrierService, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> CarrierService:
    _check_carrier({"company": row.company, **values})
    return update_row(row, values=values, by=by, version=version, reason=reason)


def create_rate(*, by: Any, reason: str = "", **values: Any) -> CarrierRate:
    """A rate of a service. Raises ``InvalidInput`` for a country that is no code."""
    require_company(values["company"], service=values["service"])
    _check_country(values, "country")
    return create_row(CarrierRate, values=values, by=by, reason=reason)


def update_rate(
    row: CarrierRate, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> CarrierRate:
    require_company(row.company, service=values.get("service"))
    _check_country(values, "country")
    return update_row(row, values=values, by=by, version=version, reason=reason)


def create_trade_data(*, by: Any, reason: str = "", **values: Any) -> ItemTradeData:
    """What customs ask of an item. Raises ``InvalidInput`` for what is no code or no weight."""
    require_company(values["company"], item=values["item"])
    _check_trade_data(values)
    return create_row(ItemTradeData, values=values, by=by, reason=reason)


def update_trade_data(
    row: ItemTradeData, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> ItemTradeData:
    require_company(row.company, item=values.get("item"))
    _check_trade_data(values)
    return update_row(row, values=values, by=by, version=version, reason=reason)


def check_carrier_services(rows: Sequence[CarrierService], *, company: Company) -> None:
    """Raise ``InvalidInput`` with the row whose partner is no carrier."""
    for place, row in enumerate(rows):
        try:
            _check_carrier({"company": company, "carrier": row.carrier})
        except InvalidInput as error:
            error.row = place
            raise


def _check_carrier(values: dict[str, Any]) -> None:
    carrier = values.get("carrier")
    require_company(values["company"], carrier=carrier)
    if carrier is not None and not carrier.is_carrier:
        raise InvalidInput(
            "wrong_partner", _("{partner} is no carrier.").format(partner=carrier), field="carrier"
        )


def _check_country(values: dict[str, Any], name: str) -> None:
    country = values.get(name)
    if country and not _COUNTRY.fullmatch(country):
        raise InvalidInput(
            "bad_country", _("Two capital letters (ISO 3166), such as DE."), field=name
        )


def _check_trade_data(values: dict[str, Any]) -> None:
    _check_country(values, "origin_country")
    code = values.get("hs_code")
    if code is not None and not _HS_CODE.fullmatch(code):
        raise InvalidInput(
            "bad_hs_code", _("A tariff number has six to ten digits."), field="hs_code"
        )
    weight = values.get("net_weight")
    if weight is not None and weight <= 0:
        raise InvalidInput("not_positive", _("Must be greater than zero."), field="net_weight")
