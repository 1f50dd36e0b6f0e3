"""Exchange rates as a table, or as the European Central Bank publishes them."""

from __future__ import annotations

from datetime import date as Date
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.line_resources import LineResource
from apps.core.models import Company, Currency, ExchangeRate
from apps.core.reference_rates import is_reference_file, own_rates, read_reference_rates
from apps.core.resources import Change
from apps.core.services.exchange_rates import (
    Existing,
    RateOutcome,
    RateRow,
    refused_rates,
    set_exchange_rates,
)
from apps.core.tables import Table


class ExchangeRateResource(LineResource):
    """Own currency for one unit of ``currency``, from ``date`` on.

    ``existing`` says what becomes of a rate that is there and differs; of a reference file, days
    before ``since`` and currencies that are not kept here are left out.
    """

    model = ExchangeRate
    columns = ("currency", "date", "rate")
    required = columns

    def __init__(self, *, existing: str = Existing.REFUSE, since: Date | None = None) -> None:
        super().__init__()
        self.existing, self.since = existing, since
        self.outcomes: list[RateOutcome] = []

    def read_file(self, name: str, content: bytes, *, encoding: str, company: Company) -> Table:
        if not is_reference_file(content):
            return super().read_file(name, content, encoding=encoding, company=company)
        kept = set(Currency.objects.values_list("code", flat=True))
        quotes = read_reference_rates(content)
        return own_rates(quotes, own=company.currency_id, wanted=kept, since=self.since)

    def refusals(self, rows: list[dict[str, Any]], *, company: Company) -> list[BusinessError]:
        return refused_rates(company, [RateRow(**row) for row in rows], existing=self.existing)

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        self.outcomes = set_exchange_rates(
            company,
            [RateRow(**row) for row in rows],
            existing=self.existing,
            by=by,
            reason=reason or _("Import"),
        )

    def changes(self, table: Table, rows: list[dict[str, Any]]) -> list[Change]:
        lines = [row.line for row in table.rows]
        return [_change(line, outcome) for line, outcome in zip(lines, self.outcomes, strict=True)]


def _change(line: int, outcome: RateOutcome) -> Change:
    row = outcome.row
    values = {} if outcome.kind == "unchanged" else {"rate": (outcome.old, row.rate)}
    return Change(line, f"{row.currency_id} {row.date}", outcome.kind, values)
