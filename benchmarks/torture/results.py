"""What torture is asked for, and what it says."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mes_erp import postgres

HOME = postgres.ROOT / "var" / "torture-postgres"


@dataclass(frozen=True, slots=True)
class Options:
    """``rounds`` of each fault (its own number when None), at most ``seconds`` long."""

    seed: int
    rounds: int | None = None
    seconds: float | None = None
    home: Path = HOME


@dataclass(frozen=True, slots=True)
class Result:
    """One line of `manage.py torture`; `reconcile` names what broke, after how many looks.

    ``in_transaction``: strikes that PostgreSQL's own log confirms to have hit an open transaction.
    """

    fault: str
    seed: int
    rounds: int
    in_transaction: int | None
    requests: int
    unanswered: int
    replayed: int
    lost: int
    doubled: int
    half_written: int
    reconcile: str
    reconciled: int
    seconds: float
    more: dict[str, int]

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.doubled or self.half_written) and self.reconcile == "clean"

    def as_json(self) -> str:
        values = asdict(self)
        return json.dumps(values | values.pop("more"))
