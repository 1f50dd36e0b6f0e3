"""Budget lines as a table: an account, a value of the budget's dimension, a month in each row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import models

from apps.core.errors import BusinessError
from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.resources import FORMATS
from apps.core.tables import MOST_ROWS, Table, restored
from apps.finance.models import BudgetLine, BudgetVersion, Dimension, Period
from apps.finance.services.budgets import BudgetRow, set_budget_lines


class BudgetLineResource(LineResource):
    """Sets amounts in drafts; what a draft has for the same account, value and month is replaced.

    ``budget`` is the number of a draft, ``period`` the number of a month of its year.
    """

    model = BudgetLine
    columns = ("budget", "account", *sorted(Dimension.values), "amount")
    required = ("budget", "account", "period", "amount")

    def __init__(self) -> None:
        super().__init__()
        self.fields["period"] = Period._meta.get_field("number")

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['account'].code} {row['period']}"

    def _read_references(
        self, table: Table, name: str, company: Company, by: Any
    ) -> dict[str, Any]:
        if name != "budget":
            return super()._read_references(table, name, company, by)
        numbers = {restored(row.cells[name].strip()) for row in table.rows} - {""}
        found = BudgetVersion.objects.visible_to(by).filter(company=company, number__in=numbers)
        return {budget.number: budget for budget in found}

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        places: dict[int, list[int]] = {}
        for place, row in enumerate(rows):
            places.setdefault(row["budget"].pk, []).append(place)
        for _key, own in sorted(places.items()):
            budget = rows[own[0]]["budget"]
            lines = [
                BudgetRow(**{n: v for n, v in rows[place].items() if n != "budget"})
                for place in own
            ]
            try:
                set_budget_lines(budget, lines, by=by, reason=reason)
            except BusinessError as error:
                error.row = own[error.row] if error.row is not None else own[0]
                raise

    def export(self, rows: models.QuerySet, kind: str) -> tuple[bytes, str]:
        write, content_type = FORMATS[kind]
        return write(tuple(self.fields), self._exported(rows)), content_type

    def _exported(self, rows: models.QuerySet) -> Iterator[tuple[Any, ...]]:
        yield from (
            rows.order_by("pk")
            .values_list(
                "budget__number",
                "account__code",
                *(f"{name}__code" for name in sorted(Dimension.values)),
                "amount",
                "period__number",
            )[:MOST_ROWS]
            .iterator(5000)
        )
