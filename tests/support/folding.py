"""Folding to the end: other tests' open transactions hold the horizon back for a moment."""

from __future__ import annotations

import time

from apps.core.sql import fetch_all
from apps.finance.services.balances import fold_balances

_UNFOLDED = """
SELECT EXISTS (SELECT 1 FROM finance_journalline
                WHERE tx >= (SELECT tx FROM finance_balancefold WHERE id = 1))
"""


def fold_everything(*, within: float = 240.0) -> None:
    """Fold until no line is left; raises ``TimeoutError`` when it does not end."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        fold_balances()
        if not fetch_all(_UNFOLDED)[0][0]:
            return
        time.sleep(0.05)
    raise TimeoutError("somebody keeps a transaction open")
