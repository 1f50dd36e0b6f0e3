"""What signals mean: the table of states that people write, and values as they are kept."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NamedTuple

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.execution.models.machine_events import MachineState
from apps.integration.protocols.readings import Value

MOST_STATES = 100
LONGEST_VALUE = 200
LARGEST_COUNT = Decimal(10) ** 13


#: Values of an alarm signal that say that there is none.
NO_ALARM = frozenset({"", "0", "false", "off", "none", "normal", "ok"})


class MeantState(NamedTuple):
    state: str
    reason: str = ""


@lru_cache(maxsize=1000)
def read_states(text: str, *, row: int | None = None) -> Mapping[str, MeantState]:
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


@lru_cache(maxsize=1000)
def read_alarms(text: str, *, row: int | None = None) -> Mapping[str, str]:
    """``E21=JAM``, one per line: value and code of the stop's reason. Raises ``InvalidInput``."""
    found: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        value, equals, reason = line.rpartition("=")
        if not equals or not reason.strip():
            raise InvalidInput(
                "unknown_alarm",
                _("“{line}”: write value=code of a reason.").format(line=line[:60]),
                field="states",
                row=row,
            )
        found[value.strip()] = reason.strip()
    if len(found) > MOST_STATES:
        raise InvalidInput(
            "too_many", _("At most {most}.").format(most=MOST_STATES), field="states", row=row
        )
    return found


def alarm_reason(text: str, reasons: Mapping[str, str]) -> str | None:
    """The code of the reason that an alarm gives (empty: none); None where there is no alarm."""
    if text.lower() in NO_ALARM:
        return None
    return reasons.get(text, reasons.get("*", ""))


def measured(value: Value) -> float | None:
    """A value of a measurement; None for words, truth, NaN and infinity."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = value if isinstance(value, float) else float(value)
    except (ValueError, OverflowError):
        return None
    return number if number - number == 0 else None


def number_text(number: float) -> str:
    """The shortest text that is read back as ``number``: 1 and 1.0 are the same."""
    text = repr(number)
    return text[:-2] if text.endswith(".0") else text


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
