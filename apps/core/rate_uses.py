"""What was counted with an exchange rate; apps above register where they keep it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date as Date

from apps.core.models import Company


@dataclass(frozen=True, slots=True)
class RateSpan:
    """Days on which one rate holds: from its own up to the day before the next one's."""

    currency: str
    first: Date
    before: Date | None


@dataclass(frozen=True, slots=True)
class RateUse:
    """Something posted with the rate that holds from ``first``; ``label`` names it."""

    currency: str
    first: Date
    label: str


Source = Callable[[Company, Sequence[RateSpan]], Sequence[RateUse]]
_sources: dict[str, Source] = {}


def register_rate_use(name: str, source: Source) -> None:
    """``source`` finds what its app posted in those days; registered from its ``handlers``."""
    _sources[name] = source


def rate_uses(company: Company, spans: Sequence[RateSpan]) -> dict[tuple[str, Date], str]:
    """What was posted with each of the rates, by currency and first day; one label for each."""
    if not spans:
        return {}
    found: dict[tuple[str, Date], str] = {}
    for _name, source in sorted(_sources.items()):
        for use in source(company, spans):
            found.setdefault((use.currency, use.first), use.label)
    return found
