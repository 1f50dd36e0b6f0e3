"""The register of assets at a date, its roll-forward over a period, and what is to come."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.finance.depreciation_terms import add_months, month_end
from apps.finance.models import FixedAsset
from apps.finance.queries.assets import standings

_REGISTER = """
SELECT f.id, f.number, f.name, c.code, c.name, f.acquired_on, f.in_service_on,
       CASE WHEN f.disposed_on <= %(at)s THEN f.disposed_on END,
       m.cost, m.depreciation
  FROM (SELECT asset_id, sum(cost) AS cost, sum(depreciation) AS depreciation
          FROM finance_assetmovement
         WHERE company_id = %(company)s AND book_id = %(book)s AND date <= %(at)s
         GROUP BY asset_id) AS m
  JOIN finance_fixedasset f ON f.id = m.asset_id
  JOIN finance_assetclass c ON c.id = f.asset_class_id
 WHERE (m.cost <> 0 OR m.depreciation <> 0)
   AND (%(class)s::bigint IS NULL OR c.id = %(class)s)
   AND (%(site)s::bigint IS NULL OR f.site_id = %(site)s)
 ORDER BY c.code, f.number, f.id
"""
_ROLL_FORWARD = """
SELECT c.code, c.name,
       coalesce(sum(m.cost) FILTER (WHERE m.date < %(first)s), 0),
       coalesce(sum(m.cost) FILTER (WHERE m.date >= %(first)s
                AND m.kind IN ('opening', 'acquisition', 'addition')), 0),
       coalesce(sum(m.cost) FILTER (WHERE m.date >= %(first)s AND m.kind = 'revaluation'), 0),
       coalesce(sum(m.cost) FILTER (WHERE m.date >= %(first)s AND m.kind = 'disposal'), 0),
       coalesce(sum(m.depreciation) FILTER (WHERE m.date < %(first)s), 0),
       coalesce(sum(m.depreciation) FILTER (WHERE m.date >= %(first)s
                AND m.kind = 'opening'), 0),
       coalesce(sum(m.depreciation) FILTER (WHERE m.date >= %(first)s
                AND m.kind = 'depreciation'), 0),
       coalesce(sum(m.depreciation) FILTER (WHERE m.date >= %(first)s
                AND m.kind IN ('impairment', 'revaluation')), 0),
       coalesce(sum(m.depreciation) FILTER (WHERE m.date >= %(first)s
                AND m.kind = 'disposal'), 0)
  FROM finance_assetmovement m
  JOIN finance_fixedasset f ON f.id = m.asset_id
  JOIN finance_assetclass c ON c.id = f.asset_class_id
 WHERE m.company_id = %(company)s AND m.book_id = %(book)s AND m.date <= %(last)s
   AND (%(class)s::bigint IS NULL OR c.id = %(class)s)
   AND (%(site)s::bigint IS NULL OR f.site_id = %(site)s)
 GROUP BY c.id ORDER BY c.code
"""


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """One asset at a date."""

    asset_id: int
    number: str
    name: str
    class_code: str
    class_name: str
    acquired_on: Date | None
    in_service_on: Date | None
    disposed_on: Date | None
    cost: Decimal
    depreciation: Decimal

    @property
    def carrying(self) -> Decimal:
        return self.cost - self.depreciation


@dataclass(frozen=True, slots=True)
class RollForwardRow:
    """A class over a period: cost and accumulated depreciation, each from opening to closing.

    What leaves is below zero in both.
    """

    class_code: str
    class_name: str
    opening_cost: Decimal
    additions: Decimal
    revaluation: Decimal
    disposals: Decimal
    opening_depreciation: Decimal
    taken_over: Decimal
    charge: Decimal
    impairment: Decimal
    disposals_depreciation: Decimal

    @property
    def closing_cost(self) -> Decimal:
        return self.opening_cost + self.additions + self.revaluation + self.disposals

    @property
    def closing_depreciation(self) -> Decimal:
        moved = self.taken_over + self.charge + self.impairment + self.disposals_depreciation
        return self.opening_depreciation + moved

    @property
    def closing_carrying(self) -> Decimal:
        return self.closing_cost - self.closing_depreciation


@dataclass(frozen=True, slots=True)
class ForecastMonth:
    """Depreciation to come in a month, and what is carried after it."""

    ends_on: Date
    amount: Decimal
    carrying: Decimal
    assets: int


def asset_register(
    company: Company,
    *,
    book_id: int,
    at: Date,
    class_id: int | None = None,
    site_id: int | None = None,
) -> list[RegisterRow]:
    """Assets that are carried in a book at the end of ``at``, by class: one statement."""
    parameters = {
        "company": company.pk, "book": book_id, "at": at, "class": class_id, "site": site_id,
    }  # fmt: skip
    return [RegisterRow(*row) for row in fetch_all(_REGISTER, parameters)]


def roll_forward(
    company: Company,
    *,
    book_id: int,
    first: Date,
    last: Date,
    class_id: int | None = None,
    site_id: int | None = None,
) -> list[RollForwardRow]:
    """Classes from ``first`` to ``last``, both included: one statement."""
    parameters = {
        "company": company.pk, "book": book_id, "first": first, "last": last, "class": class_id,
        "site": site_id,
    }  # fmt: skip
    return [RollForwardRow(*row) for row in fetch_all(_ROLL_FORWARD, parameters)]


def forecast(
    company: Company,
    *,
    book_id: int,
    first: Date,
    months: int = 12,
    class_code: str | None = None,
    site_id: int | None = None,
) -> list[ForecastMonth]:
    """What the next ``months`` from that of ``first`` will charge: two statements.

    What is not charged before comes in the first month, as a run would do it. Units of production
    are foreseen only as far as they are recorded.
    """
    ends = [month_end(add_months(first.replace(day=1), n)) for n in range(months)]
    found = [
        standing
        for standing in standings(company, at=ends[0], book_id=book_id, statuses=FixedAsset.ACTIVE)
        if class_code in (None, standing.class_code) and site_id in (None, standing.site_id)
    ]
    rows = []
    for end in ends:
        total, touched = ZERO, 0
        for place, standing in enumerate(found):
            current = replace(standing, at=end)
            due = current.due()
            if due:
                total, touched = total + due, touched + 1
                current = replace(
                    current, depreciation=current.depreciation + due, charged_until=end
                )
            found[place] = current
        rows.append(ForecastMonth(end, total, sum((s.carrying for s in found), ZERO), touched))
    return rows
