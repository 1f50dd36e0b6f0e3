"""What is ordered and not posted yet; apps above register where they keep it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company
from apps.finance.models import Dimension


@dataclass(frozen=True, slots=True)
class Commitment:
    """What one line of an order will still post: a debit of ``amount`` on an account.

    ``value_id`` is its key in the dimension asked for, None for none. ``amount`` is in company
    currency, ``date`` the day it is expected. ``source_type_id`` and ``source_id`` are the
    document's, ``label`` what it is called.
    """

    account_id: int
    value_id: int | None
    date: Date
    amount: Decimal
    source_type_id: int
    source_id: int
    label: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Open commitments of ``company`` on these accounts, expected from ``first`` to ``last``.

    Told apart by ``dimension``, as their posting will be.
    """

    company: Company
    account_ids: Sequence[int]
    first: Date
    last: Date
    dimension: str = Dimension.COST_OBJECT


Source = Callable[[Asked], Sequence[Commitment]]
_sources: dict[str, Source] = {}


def register_commitments(name: str, source: Source) -> None:
    """``source`` gives what its app has ordered; registered from the app's ``handlers``."""
    _sources[name] = source


def commitments(asked: Asked) -> list[Commitment]:
    """What every app has ordered, by day."""
    found = [row for _name, source in sorted(_sources.items()) for row in source(asked)]
    return sorted(found, key=lambda row: (row.date, row.source_type_id, row.source_id))
