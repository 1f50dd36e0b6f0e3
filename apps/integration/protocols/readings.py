"""What any protocol delivers: values of named signals, each with its own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

#: Numbers, truth and words; None is a value that the device says it doesn't have.
Value = bool | int | float | Decimal | str | None


class Reading(NamedTuple):
    """``value`` of the signal ``path`` at ``at`` (aware), as the device's own clock has it.

    ``is_known`` is false where the source says that the value can't be trusted.
    """

    path: str
    value: Value
    at: datetime
    is_known: bool = True


def is_same(said: Value, written: Value) -> bool:
    """Whether a machine says what was written; one of single precision rounds it."""
    if isinstance(written, bool | str) or written is None:
        return str(said).strip().lower() == str(written).strip().lower()
    if isinstance(said, bool) or said is None:
        return False
    try:
        return abs(float(said) - float(written)) <= abs(float(written)) * 1e-6
    except ValueError:
        return False


def clean(text: str) -> str:
    """``text`` as a database can keep it: no NUL, no halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that came and could not be read: why (a code, and words), and what it was."""

    path: str
    code: str
    detail: str
    payload: str
