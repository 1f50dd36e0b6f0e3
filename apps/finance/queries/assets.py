"""What assets are worth in their books, and what depreciation is due."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

from django.contrib.contenttypes.models import ContentType

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_dicts
from apps.finance.depreciation import Basis, Reached, charge_between
from apps.finance.depreciation_terms import Terms, elapsed, elapsed_at_disposal, month_end
from apps.finance.models import AssetMovement, FiscalYear, InvoiceLine

#: Movements that stand, summed; where depreciation started anew, and how far it is charged since.
_STANDINGS = """
WITH chosen AS (
  SELECT ab.id, ab.asset_id, ab.book_id, ab.method, ab.convention, ab.life_months, ab.rate,
         ab.factor, ab.residual, ab.units_total, a.number, a.name, a.status, a.acquired_on,
         a.in_service_on, a.site_id, a.cost_object_id, b.posts_to_ledger, c.code AS class_code,
         c.name AS class_name, c.asset_account_id, c.depreciation_account_id,
         c.expense_account_id, c.gain_account_id, c.loss_account_id
    FROM finance_assetbook ab
    JOIN finance_fixedasset a ON a.id = ab.asset_id
    JOIN finance_assetclass c ON c.id = a.asset_class_id
    JOIN finance_depreciationbook b ON b.id = ab.book_id
   WHERE ab.company_id = %(company)s
     AND (%(book)s::bigint IS NULL OR ab.book_id = %(book)s)
     AND (%(assets)s::bigint[] IS NULL OR ab.asset_id = ANY(%(assets)s))
     AND (%(statuses)s::text[] IS NULL OR a.status = ANY(%(statuses)s))),
live AS (
  SELECT m.* FROM finance_assetmovement m JOIN chosen ON chosen.id = m.asset_book_id
   WHERE m.reverses_id IS NULL
     AND NOT EXISTS (SELECT 1 FROM finance_assetmovement r WHERE r.reverses_id = m.id)),
anew AS (
  SELECT asset_book_id, max(id) AS id FROM live WHERE kind = ANY(%(anew)s) GROUP BY 1),
sums AS (
  SELECT l.asset_book_id, sum(l.cost) AS cost, sum(l.depreciation) AS depreciation,
         sum(l.surplus) AS surplus, max(l.date) AS last_date, max(l.event) AS last_event,
         sum(l.result) FILTER (WHERE l.kind IN ('revaluation', 'impairment')) AS result,
         sum(l.depreciation) FILTER (WHERE l.kind = 'impairment') AS impaired,
         max(l.date) FILTER (WHERE l.kind = 'depreciation' AND l.id > coalesce(n.id, 0))
           AS charged_until,
         sum(l.cost - l.depreciation) FILTER (WHERE l.id <= n.id) AS anew_amount,
         max(l.date) FILTER (WHERE l.id = n.id) AS anew_on,
         max(l.kind) FILTER (WHERE l.id = n.id) AS anew_kind
    FROM live l LEFT JOIN anew n USING (asset_book_id) GROUP BY 1)
SELECT chosen.*, coalesce(s.cost, 0) AS cost, coalesce(s.depreciation, 0) AS depreciation,
       coalesce(s.surplus, 0) AS surplus, coalesce(s.result, 0) AS result,
       coalesce(s.impaired, 0) AS impaired, s.last_date, s.last_event, s.charged_until,
       s.anew_amount, s.anew_on, s.anew_kind,
       coalesce((SELECT sum(u.units) FROM finance_assetusage u
                  WHERE u.asset_id = chosen.asset_id AND chosen.units_total IS NOT NULL
                    AND u.date <= s.anew_on), 0) AS anew_units,
       coalesce((SELECT sum(u.units) FROM finance_assetusage u
                  WHERE u.asset_id = chosen.asset_id AND chosen.units_total IS NOT NULL
                    AND u.date <= %(at)s), 0) AS units
  FROM chosen LEFT JOIN sums s ON s.asset_book_id = chosen.id
 ORDER BY chosen.number, chosen.asset_id, chosen.book_id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """An asset in a book as its movements have it; ``units`` are those made until ``at``."""

    id: int
    asset_id: int
    book_id: int
    method: str
    convention: str
    life_months: int | None
    rate: Decimal | None
    factor: Decimal | None
    residual: Decimal | None
    units_total: Decimal | None
    number: str
    name: str
    status: str
    acquired_on: Date | None
    in_service_on: Date | None
    site_id: int | None
    cost_object_id: int | None
    posts_to_ledger: bool
    class_code: str
    class_name: str
    asset_account_id: int
    depreciation_account_id: int
    expense_account_id: int
    gain_account_id: int
    loss_account_id: int
    cost: Decimal
    depreciation: Decimal
    surplus: Decimal
    result: Decimal
    impaired: Decimal
    last_date: Date | None
    last_event: int | None
    charged_until: Date | None
    anew_amount: Decimal | None
    anew_on: Date | None
    anew_kind: str | None
    anew_units: Decimal
    units: Decimal
    at: Date
    year_starts: int
    places: int

    @property
    def carrying(self) -> Decimal:
        return self.cost - self.depreciation

    @property
    def terms(self) -> Terms:
        """Only of an asset that is in service."""
        return Terms(
            method=self.method,
            convention=self.convention,
            in_service=self.in_service_on or self.at,
            life_months=self.life_months,
            residual=self.residual or ZERO,
            rate=self.rate,
            factor=self.factor,
            units_total=self.units_total,
            year_starts=self.year_starts,
        )

    @property
    def basis(self) -> Basis:
        """Where depreciation goes on from: the last event that changed its course, or the start."""
        if self.anew_on is None or self.anew_amount is None:
            return Basis(self.cost)
        return Basis(self.anew_amount, elapsed(self.terms, self._anew_day), self.anew_units)

    @property
    def _anew_day(self) -> Date:
        """What is taken over within a month stood so at the end of the day before."""
        day = self.anew_on or self.at
        if self.anew_kind == AssetMovement.Kind.OPENING and day != month_end(day):
            return day - timedelta(days=1)
        return day

    def due(self, *, is_leaving: bool = False) -> Decimal:
        """Depreciation until the end of ``at`` that is not charged yet, months missed included.

        ``is_leaving``: the asset is disposed of on that day, so its convention's end holds.
        """
        if self.in_service_on is None or self.in_service_on > self.at:
            return ZERO
        terms, basis = self.terms, self.basis
        years = elapsed_at_disposal(terms, self.at) if is_leaving else elapsed(terms, self.at)
        before = basis.elapsed
        if self.charged_until:
            before = elapsed(terms, self.charged_until)
        return charge_between(
            terms,
            basis,
            Reached(before, basis.units),
            Reached(max(years, Fraction(0)), self.units),
            booked=basis.amount - self.carrying,
            places=self.places,
        )


def standings(
    company: Company,
    *,
    at: Date,
    book_id: int | None = None,
    asset_ids: Sequence[int] | None = None,
    statuses: Sequence[str] | None = None,
) -> list[Standing]:
    """Assets in their books, by number: two statements however many."""
    first = fiscal_start(company)
    places = company.currency.decimal_places
    rows = fetch_dicts(
        _STANDINGS,
        {
            "company": company.pk,
            "book": book_id,
            "assets": None if asset_ids is None else list(asset_ids),
            "statuses": None if statuses is None else [str(status) for status in statuses],
            "anew": [str(kind) for kind in AssetMovement.ANEW],
            "at": at,
        },
    )
    return [Standing(**row, at=at, year_starts=first, places=places) for row in rows]


def fiscal_start(company: Company) -> int:
    """The first month of the company's fiscal years; January when it has none."""
    starts = (
        FiscalYear.objects.filter(company=company)
        .order_by("-starts_on")
        .values_list("starts_on", flat=True)
        .first()
    )
    return starts.month if starts else 1


_OF_LINES = """
WITH lines AS (
  SELECT id, id AS line_id FROM unnest(%(ids)s::bigint[]) AS u(id)
   UNION ALL
  SELECT c.id, c.source_id FROM finance_invoiceline c
   WHERE c.source_type_id = %(line)s AND c.source_id = ANY(%(ids)s))
SELECT m.asset_id, lines.line_id, sum(m.cost - m.result) AS amount
  FROM lines
  JOIN finance_assetmovement m ON m.source_id = lines.id AND m.source_type_id = %(line)s
   AND m.kind IN ('acquisition', 'addition')
  JOIN finance_depreciationbook b ON b.id = m.book_id AND b.posts_to_ledger
 GROUP BY 1, 2 HAVING sum(m.cost - m.result) <> 0 ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Borne:
    """What an asset bears of a bill's line, less what credit notes took back of that."""

    asset_id: int
    line_id: int
    amount: Decimal


def borne_by_assets(line_ids: Sequence[int]) -> list[Borne]:
    """Which assets bear cost of these lines, by asset; in company currency, one statement."""
    if not line_ids:
        return []
    line_type = ContentType.objects.get_for_model(InvoiceLine).pk
    found = fetch_dicts(_OF_LINES, {"line": line_type, "ids": list(line_ids)})
    return [Borne(**row) for row in found]
