"""Reports that an app shows as pages and files: what is asked, who may ask, what is made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date as Date
from typing import Any

from apps.core.models import Company
from apps.core.queries.currencies import decimal_places
from apps.core.reports import Column, Report, Row


@dataclass(frozen=True, slots=True)
class Asked:
    """What a report is asked about: a company and a span of days."""

    company: Company
    since: Date
    until: Date

    @property
    def subtitles(self) -> tuple[str, ...]:
        return (str(self.company), f"{self.since.isoformat()} – {self.until.isoformat()}")

    def report(
        self,
        title: str,
        columns: tuple[Column, ...],
        rows: list[Row],
        *,
        subtitles: tuple[str, ...] | None = None,
    ) -> Report:
        """The report over it, amounts in company currency; ``subtitles`` instead of the span."""
        places = decimal_places(self.company.currency_id)
        return Report(title, subtitles or self.subtitles, columns, rows, places)


@dataclass(frozen=True, slots=True)
class SpanReport:
    """A report with its permission and the words for when it has no row.

    ``days`` tells what the form asks for: a ``span``, the ``until`` alone, or nothing.
    """

    title: Any
    permission: str
    build: Callable[[Asked], Report]
    empty: Any
    days: str = "span"
