"""What goes back to a supplier, at the price it came for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal

from apps.core.money import ZERO, round_money
from apps.core.queries.currencies import decimal_places
from apps.core.sql import fetch_all
from apps.quality.models import Nonconformance

# Returned of what a move brought: quantity, and what the supplier's side bore of it.
_RETURNED = """
SELECT i.move_id, sum(d.quantity), sum(m.counter_value)
  FROM quality_disposition d
  JOIN quality_nonconformance n ON n.id = d.nonconformance_id
  JOIN quality_inspection i ON i.id = n.inspection_id
  JOIN inventory_stockmove m ON m.id = d.move_id
 WHERE d.kind = 'return' AND NOT d.is_reversed AND i.move_id = ANY(%s)
 GROUP BY i.move_id
"""


Returned = dict[int, tuple[Decimal, Decimal]]
_sources: dict[str, Callable[[Sequence[int]], Returned]] = {}


def register_returned(name: str, source: Callable[[Sequence[int]], Returned]) -> None:
    """``source`` gives what an app above has sent back itself, of the moves that it is asked for.

    Registered from the app's ``handlers``, so that the shares of a receipt's value sum to it
    whoever sends its goods back.
    """
    _sources[name] = source


def returned_of(move_ids: Iterable[int]) -> Returned:
    """(quantity, value) returned of what each move brought in, by decision or otherwise."""
    keys = list(move_ids)
    found = {key: (quantity, value) for key, quantity, value in fetch_all(_RETURNED, [keys])}
    for source in _sources.values():
        for key, (quantity, value) in source(keys).items():
            before = found.get(key, (ZERO, ZERO))
            found[key] = before[0] + quantity, before[1] + value
    return found


def return_values(ncr: Nonconformance, wanted: Mapping[int, Decimal]) -> dict[int, Decimal]:
    """What each return (by row) is worth to the supplier: its share of what the receipt cost.

    All of a receipt gives back all of its value, to the cent. Empty where nothing tells what
    brought it; then it goes back at what it is carried at.
    """
    move = ncr.inspection.move if ncr.inspection_id and ncr.inspection is not None else None
    if move is None or not wanted or ncr.inspection is None:
        return {}
    places = decimal_places(ncr.company.currency_id)
    quantity, value = returned_of([move.pk]).get(move.pk, (ZERO, ZERO))
    values = {}
    for row, one in wanted.items():
        quantity += one
        upto = round_money(move.counter_value * quantity / move.quantity, places)
        values[row] = upto - value
        value = upto
    return values
