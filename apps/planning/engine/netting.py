"""Net requirements of many items over time: what must come in, so that stock never runs short."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from apps.planning.engine.lots import FIXED, LOT_FOR_LOT, lot_sizes
from apps.planning.engine.scale import Ints


@dataclass(slots=True)
class Policies:
    """How each item is planned; one entry per row. Quantities in millionths, days as numbers."""

    rule: Ints
    minimum: Ints
    multiple: Ints
    fixed: Ints
    period: Ints
    safety_stock: Ints
    fence: Ints
    loss: Ints  # of a million started, how many are lost
    is_planned: Ints  # 0: only what others decided comes in (master schedule, not planned)

    def rows(self, chosen: Ints) -> Policies:
        return Policies(*(getattr(self, name)[chosen] for name in self.__slots__))


def required_by_day(gross: Ints, on_hand: Ints, safety_stock: Ints) -> Ints:
    """The least that must have come in by the end of each day, cumulated (rows, days)."""
    need = np.cumsum(gross, axis=1) + (safety_stock - on_hand)[:, None]
    np.maximum.accumulate(need, axis=1, out=need)
    np.maximum(need, 0, out=need)
    return need


def planned_receipts(required: Ints, arriving: Ints, policies: Policies) -> tuple[Ints, Ints]:
    """(started, good): quantities of new orders by the day they are needed on, (rows, days).

    ``required`` is cumulated, ``arriving`` what comes in anyway by then, cumulated or, where open
    orders may be rescheduled, all of it. Good is what remains of started after loss.
    """
    open_need = required - arriving
    np.maximum.accumulate(open_need, axis=1, out=open_need)
    np.maximum(open_need, 0, out=open_need)
    open_need[policies.is_planned == 0] = 0
    days = np.arange(open_need.shape[1])
    open_need[days[None, :] < policies.fence[:, None]] = 0
    started = np.zeros_like(open_need)
    good = np.zeros_like(open_need)
    simple = (policies.rule == LOT_FOR_LOT) & (policies.multiple <= 0) & (policies.loss == 0)
    if simple.any():
        good[simple] = np.diff(open_need[simple], axis=1, prepend=0)
        started[simple] = good[simple]
    rest = np.flatnonzero(~simple & (open_need[:, -1] > 0))
    if rest.size:
        started[rest], good[rest] = _by_day(open_need[rest], policies.rows(rest))
    return started, good


def _by_day(open_need: Ints, policies: Policies) -> tuple[Ints, Ints]:
    """Day by day over all rows at once, for rules that depend on what was ordered before."""
    last = open_need.shape[1] - 1
    started = np.zeros_like(open_need)
    good = np.zeros_like(open_need)
    covered = np.zeros(len(open_need), dtype=np.int64)
    rows = np.arange(len(open_need))
    ahead = np.maximum(policies.period, 1) - 1
    kept = 1_000_000 - policies.loss
    for day in np.flatnonzero(np.diff(open_need, axis=1, prepend=0).any(axis=0)):
        deficit = open_need[:, day] - covered
        if not (deficit > 0).any():
            continue
        window = open_need[rows, np.minimum(day + ahead, last)] - covered
        sizes = lot_sizes(
            policies.rule,
            before_loss(deficit, kept),
            before_loss(window, kept),
            policies.minimum,
            policies.multiple,
            policies.fixed,
        )
        started[:, day] = sizes
        good[:, day] = after_loss(sizes, kept)
        covered += good[:, day]
    return started, good


def before_loss(good: Ints, kept: Ints) -> Ints:
    """What must be started to get ``good``, rounded up; ``kept`` of a million remain."""
    whole, rest = good // kept, good % kept
    return np.where(kept == 1_000_000, good, whole * 1_000_000 - (-rest * 1_000_000 // kept))


def after_loss(started: Ints, kept: Ints) -> Ints:
    """What remains of ``started``, rounded down."""
    whole, rest = started // 1_000_000, started % 1_000_000
    return np.where(kept == 1_000_000, started, whole * kept + rest * kept // 1_000_000)


def split_lots(quantities: Ints, rules: Ints, fixed: Ints, most: int) -> Ints:
    """Into how many orders each day's quantity is split: one per fixed lot, up to ``most``."""
    lots = np.where(rules == FIXED, quantities // np.maximum(fixed, 1), 1)
    return np.where((lots >= 1) & (lots <= most), lots, 1)
