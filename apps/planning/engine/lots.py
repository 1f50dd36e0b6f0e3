"""How large an order is: the rules of one item, as vectors over many items.

Rules by number, so that arrays can hold them: what the deficit is, a fixed lot, at least a minimum
and whole multiples, or what the next days will need (period order quantity).
"""

from __future__ import annotations

import numpy as np

from apps.planning.engine.errors import PlanError
from apps.planning.engine.scale import Ints

LOT_FOR_LOT, FIXED, MULTIPLE, PERIOD = range(4)
#: A day's demand is split into this many fixed lots at most; beyond it one order holds them all.
MOST_LOTS = 100


def ceil_to(quantities: Ints, steps: Ints) -> Ints:
    """Rounded up to whole ``steps``; a step of zero changes nothing."""
    step = np.maximum(steps, 1)
    return np.where(steps > 0, -(-quantities // step) * step, quantities)


def lot_sizes(
    rules: Ints, deficits: Ints, period_deficits: Ints, minimum: Ints, multiple: Ints, fixed: Ints
) -> Ints:
    """The quantity to order for each deficit above zero; ``period_deficits`` looks ahead.

    Minimum and multiple also bound the lots of the period rule. Raises ``PlanError`` for a fixed
    rule without its lot.
    """
    if ((rules == FIXED) & (fixed <= 0)).any():
        raise PlanError("lot_size_required", field="lot_size")
    wanted = np.where(rules == PERIOD, np.maximum(deficits, period_deficits), deficits)
    bounded = ceil_to(np.maximum(wanted, minimum), multiple)
    sized = np.where(rules == FIXED, ceil_to(deficits, fixed), wanted)
    sized = np.where((rules == MULTIPLE) | (rules == PERIOD), bounded, sized)
    # A multiple holds whatever the rule: goods that come by the box come by the box.
    sized = np.where(rules == LOT_FOR_LOT, ceil_to(wanted, multiple), sized)
    return np.where(deficits > 0, sized, 0)
