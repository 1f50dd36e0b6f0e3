"""How the time of one person is shared by what he works at together: plain arithmetic.

While somebody minds three machines, each job takes a third of every minute. What the jobs take adds
up to the time that passed, neither more nor less.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from apps.core.money import round_quantity

_MICROSECONDS_PER_MINUTE = 60_000_000
Span = tuple[datetime, datetime | None]


def fair_minutes(spans: Mapping[Hashable, Span]) -> dict[Hashable, Decimal]:
    """Minutes of each span that has ended, to six decimals; one that lasts shares until the last
    end of the others."""
    ends = [end for _start, end in spans.values() if end is not None]
    if not ends:
        return {}
    last = max(ends)
    closed = {key: (start, last if end is None else end) for key, (start, end) in spans.items()}
    edges = sorted({moment for span in closed.values() for moment in span})
    shares = dict.fromkeys(spans, Fraction())
    for begin, until in pairwise(edges):
        active = [key for key, (start, end) in closed.items() if start <= begin and end >= until]
        for key in active:
            shares[key] += Fraction((until - begin) // timedelta(microseconds=1), len(active))
    return {key: _minutes(shares[key]) for key, (_start, end) in spans.items() if end is not None}


def _minutes(microseconds: Fraction) -> Decimal:
    minutes = microseconds / _MICROSECONDS_PER_MINUTE
    return round_quantity(Decimal(minutes.numerator) / Decimal(minutes.denominator))
