"""Document numbers: gapless where law wants it, fast elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import BigIntegerField, Func, Value

from apps.core.sql import fetch_all

_TAKE = """
WITH asked AS MATERIALIZED ({query}),
     taken AS (
  INSERT INTO core_numbersequence AS s (company_id, series, last_number)
  SELECT %s, series, sum(wanted) FROM asked WHERE series IS NOT NULL
   GROUP BY series ORDER BY series
  ON CONFLICT (company_id, series)
  DO UPDATE SET last_number = s.last_number + EXCLUDED.last_number
  RETURNING series, last_number)
SELECT asked.*, taken.last_number FROM asked LEFT JOIN taken USING (series)
"""


def take_gapless(company_id: int, query: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Take the numbers that ``query`` asks for: its rows, each with the last number of its series.

    ``query`` gives ``series`` (none is taken for NULL), ``wanted`` (how many) and what else the
    caller reads. One statement, series locked in sorted order. Call it last in the transaction:
    the series stays locked until commit, and a roll-back gives the numbers back.
    """
    return fetch_all(_TAKE.format(query=query), [*parameters, company_id])


def next_number(sequence: str, prefix: str, *, width: int = 6) -> str:
    """The next number of a fast series (a database sequence): unique, growing, may have gaps."""
    [[number]] = fetch_all("SELECT nextval(%s::regclass)", [sequence])
    return as_number(number, prefix, width=width)


def as_number(number: int, prefix: str, *, width: int = 6) -> str:
    """How a number of a fast series is written, for statements that take it along."""
    return f"{prefix}-{number:0{width}d}"


class NextValue(Func):
    """``nextval`` of a sequence, as a column of a statement that is sent anyway."""

    function = "nextval"
    template = "%(function)s(%(expressions)s::regclass)"
    output_field = BigIntegerField()

    def __init__(self, sequence: str) -> None:
        super().__init__(Value(sequence))
