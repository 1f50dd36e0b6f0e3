"""Room at places with limits: asked only of moves that go to one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.sql import fetch_all
from apps.inventory.queries.room import loads_of

# Two who fill the same place at once: the second one sees what the first one brought.
_LOCK = """
SELECT id FROM inventory_location WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""


def require_room(row_of: Mapping[int, int | None]) -> None:
    """Refuse what is too much at the places that ``row_of`` has, with the row that brought it.

    Called when balances are written, in their transaction: the last lock of a posting before the
    number series. Raises ``BusinessError`` (``no_room``, ``one_item_only``).
    """
    if not row_of:
        return
    fetch_all(_LOCK, [sorted(row_of)])
    for load in loads_of(row_of).values():
        row = row_of[load.location_id]
        if load.is_single_item and load.items > 1:
            raise BusinessError(
                "one_item_only",
                _("At {location} only one item may lie at a time.").format(location=load.code),
                field="to_location",
                row=row,
            )
        for most, now, text in (
            (load.max_quantity, load.quantity, _("{location} has room for {most}, not for {now}.")),
            (load.max_weight, load.weight, _("{location} bears {most} kg, not {now} kg.")),
            (load.max_volume, load.volume, _("{location} has room for {most} l, not for {now} l.")),
        ):
            if most is not None and now > most:
                raise BusinessError(
                    "no_room",
                    text.format(location=load.code, most=_figure(most), now=_figure(now)),
                    field="to_location",
                    row=row,
                    details={"most": str(most), "wanted": str(now)},
                )


def _figure(value: Decimal) -> str:
    return f"{value.normalize():f}"
