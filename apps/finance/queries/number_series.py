"""What the gapless series of journals are called."""

from __future__ import annotations

from collections.abc import Collection

from apps.core.series import SeriesLabel
from apps.core.sql import fetch_all
from apps.finance.models import JournalEntry

#: Digits of an entry's number.
NUMBER_WIDTH = 6
_SERIES = """
SELECT 'journal:' || j.id || ':' || y.id, j.code, j.name, y.code
  FROM finance_journal j JOIN finance_fiscalyear y ON y.company_id = j.company_id
 WHERE 'journal:' || j.id || ':' || y.id = ANY(%s)
"""


def label_journals(series: Collection[str]) -> dict[str, SeriesLabel]:
    """The series of each journal and fiscal year; one statement."""
    document = str(JournalEntry._meta.verbose_name_plural)
    return {
        key: SeriesLabel(
            f"{document[:1].upper()}{document[1:]}: {name}, {year}",
            f"{code}-{year}-",
            NUMBER_WIDTH,
        )
        for key, code, name, year in fetch_all(_SERIES, [sorted(series)])
    }
