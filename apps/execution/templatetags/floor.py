"""How the shop floor's pages write figures."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.formats import number_format

from apps.execution.models import AndonCall, WorkOrder
from apps.inventory.models import Lot

register = template.Library()
NONE = "–"


@register.filter
def quantity(value: Any) -> str:
    """Without superfluous zeros, thousands grouped."""
    if value is None:
        return NONE
    text = format(Decimal(value).normalize(), "f")
    return number_format(text, use_l10n=True, force_grouping=True)


@register.filter
def about(value: Any) -> str:
    """Four digits that count, for the side of an arrow; the table beside it is exact."""
    if not value:
        return quantity(value)
    exact = Decimal(value)
    places = max(3 - exact.adjusted(), 0)
    return quantity(round(exact, places))


@register.filter
def lot_status(value: str | None) -> str:
    """The status of a lot, as its list calls it."""
    return NONE if value is None else str(Lot.Status(value).label)


@register.filter
def order_status(value: str | None) -> str:
    """The status of a work order, as its list calls it."""
    return NONE if value is None else str(WorkOrder.Status(value).label)


@register.filter
def percent(value: Decimal | None, places: int = 0) -> str:
    return NONE if value is None else f"{number_format(round(value * 100, places), places)} %"


@register.filter
def share(text: str | None) -> str:
    """A share that was kept as text, in percent."""
    return percent(Decimal(text) if text else None, 1)


@register.filter
def amount(value: Decimal | None) -> str:
    return NONE if value is None else number_format(value, 2, force_grouping=True)


@register.filter
def minutes(value: Decimal | None) -> str:
    return NONE if value is None else number_format(round(value, 1), 1)


@register.filter
def spell(value: Decimal | None) -> str:
    """Minutes in the largest two units: ``9 h 32 min``."""
    if value is None:
        return NONE
    total = int(value)
    days, hours, rest = total // 1440, total // 60 % 24, total % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {rest:02d} min" if hours else f"{rest} min"


@register.filter
def lasting(now: datetime, since: datetime | None) -> str:
    """How long ago ``since`` was, in the largest two units: ``3 h 05 min``."""
    if since is None:
        return NONE
    return spell(Decimal(max(int((now - since).total_seconds()) // 60, 0)))


@register.simple_tag
def calls_at(calls: dict[int, list[AndonCall]], machine_id: int) -> list[AndonCall]:
    return calls.get(machine_id, [])
