"""What can make a plan impossible; services turn it into the suite's own errors."""

from __future__ import annotations

from typing import Any


class PlanError(ValueError):
    """``code`` is stable, ``field`` the input at fault, ``items`` the rows concerned."""

    def __init__(self, code: str, *, field: str | None = None, items: tuple[Any, ...] = ()) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.items = items
