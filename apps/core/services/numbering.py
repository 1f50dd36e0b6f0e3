"""Document numbers: gapless where law wants it, fast elsewhere."""

from __future__ import annotations

from collections.abc import Mapping

from apps.core.sql import fetch_all

_TAKE = """
INSERT INTO core_numbersequence AS s (company_id, series, last_number)
SELECT %s, series, wanted FROM unnest(%s::text[], %s::bigint[]) AS w(series, wanted)
 ORDER BY series
ON CONFLICT (company_id, series) DO UPDATE SET last_number = s.last_number + EXCLUDED.last_number
RETURNING series, last_number
"""


def take_gapless(company_id: int, wanted: Mapping[str, int]) -> dict[str, int]:
    """Take ``wanted`` numbers of each series; the first number taken of each.

    One statement, series locked in sorted order. Call it last in the transaction: the series
    stays locked until commit, and a roll-back gives the numbers back.
    """
    rows = fetch_all(_TAKE, [company_id, list(wanted), list(wanted.values())])
    return {series: last - wanted[series] + 1 for series, last in rows}


def next_number(sequence: str, prefix: str, *, width: int = 6) -> str:
    """The next number of a fast series (a database sequence): unique, growing, may have gaps."""
    [[number]] = fetch_all("SELECT nextval(%s::regclass)", [sequence])
    return f"{prefix}-{number:0{width}d}"
