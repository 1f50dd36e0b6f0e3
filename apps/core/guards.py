"""Rules that a trigger keeps, in the words of the caller.

A trigger raises SQLSTATE ``P0A03`` with the guard's name as its constraint; every edge asks here
what to say. So a rule that an upper layer keeps on a lower one's table (an item that is in stock
keeps its category) reads like any other refusal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.core.errors import BusinessError

_guards: dict[str, Guard] = {}


@dataclass(frozen=True, slots=True)
class Guard:
    """``name`` is the constraint that the trigger names, ``code`` and ``field`` the refusal's."""

    name: str
    code: str
    field: str
    message: Any


def register(guard: Guard) -> None:
    _guards[guard.name] = guard


def business_error(error: Exception) -> BusinessError | None:
    """The refusal behind a database error, when a registered guard spoke."""
    diagnostics = getattr(error.__cause__, "diag", None)
    guard = _guards.get(getattr(diagnostics, "constraint_name", None) or "")
    if guard is None:
        return None
    said = getattr(diagnostics, "message_detail", None)
    details = {"missing": said.split(", ")} if said else {}
    return BusinessError(guard.code, str(guard.message), field=guard.field, details=details)
