"""What a company has in foreign currencies at a day, and what it is worth at the closing rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.core.money import round_money
from apps.core.sql import fetch_all, fetch_dicts
from apps.finance.queries.open_items import CREDITS, DIRECTIONS, OPEN_ITEMS
from apps.finance.queries.rates import exchange_rate

# Money on account is an advance: non-monetary, it keeps its rate (IAS 21.16, IFRIC 22).
_ITEMS = f"""
SELECT o.id AS invoice_id, o.number AS name, o.partner_id, o.currency,
       (SELECT l.account_id FROM finance_invoice i
          JOIN finance_journalline l ON l.entry_id = i.entry_id
          JOIN finance_account a ON a.id = l.account_id AND a.control IN ('receivable', 'payable')
         WHERE i.id = o.id LIMIT 1) AS account_id,
       %(sign)s * o.open AS open_amount, %(sign)s * o.open_company AS carrying
  FROM ({OPEN_ITEMS}) AS o
 WHERE o.open <> 0 AND o.kind <> 'payment' AND o.currency <> %(own)s
 ORDER BY o.currency, o.id
"""  # noqa: S608 - constants
_CASH = """
SELECT NULL AS invoice_id, a.code || ' ' || a.name AS name, NULL AS partner_id,
       l.currency_id AS currency, a.id AS account_id,
       sum(l.amount_currency) AS open_amount, sum(l.amount) AS carrying
  FROM finance_account a JOIN finance_journalline l ON l.account_id = a.id
 WHERE a.company_id = %(company)s AND a.control = 'cash' AND l.date <= %(date)s
   AND l.currency_id <> %(own)s
 GROUP BY a.id, l.currency_id HAVING sum(l.amount) <> 0 OR sum(l.amount_currency) <> 0
 ORDER BY l.currency_id, a.code
"""
_LATEST = """
SELECT v.invoice_id, max(v.date) FROM finance_revaluationline v
 WHERE v.invoice_id = ANY(%s) GROUP BY v.invoice_id
"""


@dataclass(frozen=True, slots=True)
class Exposure:
    """One open item or cash balance in a foreign currency; amounts with a debit above zero."""

    invoice_id: int | None
    name: str
    partner_id: int | None
    currency: str
    account_id: int
    open_amount: Decimal
    carrying: Decimal
    rate: Decimal
    decimal_places: int

    @property
    def worth(self) -> Decimal:
        """In company currency at the closing rate."""
        return round_money(self.open_amount * self.rate, self.decimal_places)

    @property
    def difference(self) -> Decimal:
        """A gain above zero, whether it is owed to us or by us."""
        return self.worth - self.carrying


def exposures(
    company: Company, *, at: Date, rates: Mapping[str, Decimal] | None = None
) -> list[Exposure]:
    """All monetary items in foreign currencies at the end of ``at``, priced at ``rates``.

    Rates that are not given are those of the company on that day. Raises ``BusinessError`` when
    there is none. Three statements and one per currency.
    """
    parameters = {"company": company.pk, "date": at, "own": company.currency_id, "partner": None}
    rows = []
    for kind, sign in (("customer", 1), ("supplier", -1)):
        own = {
            "kind": kind,
            "credit": CREDITS[kind],
            "direction": DIRECTIONS[kind],
            "sign": sign,
        }
        rows += fetch_dicts(_ITEMS, parameters | own)
    rows += fetch_dicts(_CASH, parameters)
    known = dict(rates or {})
    for row in rows:
        if row["currency"] not in known:
            known[row["currency"]] = exchange_rate(company, row["currency"], at, field="date")
    places = company.currency.decimal_places
    return [Exposure(**row, rate=known[row["currency"]], decimal_places=places) for row in rows]


def last_revaluations(invoice_ids: Sequence[int]) -> dict[int, Date]:
    """The last day on which each item was revalued, or its revaluation reversed."""
    return dict(fetch_all(_LATEST, [list(invoice_ids)]))


def require_after_revaluations(invoice_ids: Sequence[int], date: Date) -> None:
    """Raises ``BusinessError`` when ``date`` lies before a revaluation of one of the items."""
    last = max(last_revaluations(invoice_ids).values(), default=date)
    if date < last:
        raise BusinessError(
            "revalued_later",
            _("It was revalued on {date}: settle it on that day or later.").format(date=last),
            field="date",
        )
