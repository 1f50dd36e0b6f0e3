"""What signals mean: the table of states that people write, and values as they are kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.execution.models.machine_events import MachineState
from apps.integration.protocols.readings import Value

MOST_STATES = 100
LONGEST_VALUE = 200
LARGEST_COUNT = Decimal(10) ** 13


class MeantState(NamedTuple):
    state: str
    reason: str = ""


def read_states(text: str, *, row: int | None = None) -> dict[str, MeantState]:
    """``ACTIVE=running`` and ``ALARM=stopped:JAM``, one per line. Raises ``InvalidInput``."""
    found: dict[str, MeantState] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        value, equals, meant = line.rpartition("=")
        state, _colon, reason = meant.partition(":")
        state, reason = state.strip(), reason.strip()
        is_stop = state == MachineState.STOPPED
        if not equals or state not in MachineState.values or (reason and not is_stop):
            raise InvalidInput(
                "unknown_state",
                _("“{line}”: write value=state, or value=stopped:reason; states are {all}.").format(
                    line=line[:60], all=", ".join(MachineState.values)
                ),
                field="states",
                row=row,
            )
        found[value.strip()] = MeantState(state, reason)
    if len(found) > MOST_STATES:
        raise InvalidInput(
            "too_many", _("At most {most}.").format(most=MOST_STATES), field="states", row=row
        )
    return found


def as_text(value: Value) -> str:
    """A value as it is kept and compared: 1 and 1.0 are the same, true is ``true``."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.strip()[:LONGEST_VALUE]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return f"{Decimal(str(value)).normalize():f}"[:LONGEST_VALUE]


def as_count(value: Value) -> Decimal | None:
    """A value of a counter; None for what is no count: words, NaN, below zero, absurdly large."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        count = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    if not count.is_finite() or not 0 <= count < LARGEST_COUNT or count != round(count, 6):
        return None
    return count


def meaning(value: Value, states: Mapping[str, MeantState]) -> MeantState | None:
    """What a value of a state means; without a table, values that are states mean themselves.

    What a device does not know any more is a machine that says nothing: off.
    """
    text = as_text(value)
    if not text:
        return MeantState(MachineState.OFF)
    if text in states:
        return states[text]
    own = text.lower()
    return MeantState(own) if not states and own in MachineState.values else states.get("*")
