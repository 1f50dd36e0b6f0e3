"""What customers are charged for delivery; apps that ship register it, apps that invoice ask.

An order is invoiced by one app and shipped by another: what links them is the expected move.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.core.models import Company


@dataclass(frozen=True, slots=True)
class DeliveryCharge:
    """``amount`` (net, in ``currency``) that waits for an invoice, with the document behind it."""

    source: Any
    description: str
    amount: Decimal
    currency: str


Charges = Callable[[Company, Sequence[int]], Sequence[DeliveryCharge]]
_sources: dict[str, Charges] = {}


def register_delivery_charges(name: str, charges: Charges) -> None:
    """``charges`` gives what waits of the deliveries of expected moves (by key).

    It locks the documents behind, so that no two invoices charge them.
    """
    _sources[name] = charges


def delivery_charges(company: Company, expected_move_ids: Sequence[int]) -> list[DeliveryCharge]:
    """What waits to be charged for the deliveries of these expected moves."""
    if not expected_move_ids:
        return []
    found = [charges(company, expected_move_ids) for _name, charges in sorted(_sources.items())]
    return [one for part in found for one in part]
