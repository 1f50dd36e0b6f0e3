"""What the gapless series of journals are called."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Func, JSONField

from apps.core.series import Labeller, SeriesLabel
from apps.finance.models import JournalEntry

#: Digits of an entry's number.
NUMBER_WIDTH = 6


class JournalOfSeries(Func):
    """The journal and the fiscal year of ``journal:<id>:<id>``."""

    template = """(
SELECT jsonb_build_object('code', j.code, 'name', j.name, 'year', y.code)
  FROM finance_journal j, finance_fiscalyear y
 WHERE j.id = split_part(%(expressions)s, ':', 2)::bigint
   AND y.id = split_part(%(expressions)s, ':', 3)::bigint)"""
    output_field = JSONField()


def _facts() -> JournalOfSeries:
    return JournalOfSeries(F("series"))


def _label(known: dict[str, Any]) -> SeriesLabel:
    document = str(JournalEntry._meta.verbose_name_plural)
    name = f"{document[:1].upper()}{document[1:]}: {known['name']}, {known['year']}"
    return SeriesLabel(name, f"{known['code']}-{known['year']}-", NUMBER_WIDTH)


JOURNAL_SERIES = Labeller(_facts, _label)
