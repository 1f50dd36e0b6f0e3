"""What is ordered and not posted yet; apps above register where they keep it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company


@dataclass(frozen=True, slots=True)
class Commitment:
    """What one line of an order will still post: a debit of ``amount`` on an account.

    ``amount`` is in company currency, ``date`` the day it is expected. ``source_type_id`` and
    ``source_id`` are the document's, ``label`` what it is called.
    """

    account_id: int
    cost_object_id: int | None
    date: Date
    amount: Decimal
    source_type_id: int
    source_id: int
    label: str


@dataclass(frozen=True, slots=True)
class Asked:
    """Open commitments of ``company`` on these accounts, expected from ``first`` to ``last``."""

    company: Company
    account_ids: Sequence[int]
    first: Date
    last: Date


Source = Callable[[Asked], Sequence[Commitment]]
_sources: dict[str, Source] = {}


def register_commitments(name: str, source: Source) -> None:
    """``source`` gives what its app has ordered; registered from the app's ``handlers``."""
    _sources[name] = source


def commitments(asked: Asked) -> list[Commitment]:
    """What every app has ordered, by day."""
    found = [row for _name, source in sorted(_sources.items()) for row in source(asked)]
    return sorted(found, key=lambda row: (row.date, row.source_type_id, row.source_id))
