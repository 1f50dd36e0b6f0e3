"""One filter for every statement, whatever face shows it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date as Date
from typing import Any, Self

from apps.core.models import Company

#: What journal lines can be asked by: name in a filter to column.
DIMENSIONS = {
    "site": "site_id",
    "cost_object": "cost_object_id",
    "work_centre": "work_centre_id",
    "machine": "machine_id",
    "shift": "shift_id",
    "reason": "reason_id",
    "item": "item_id",
    "partner": "partner_id",
}


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Lines of ``company`` from ``date_from`` (None: from the beginning) to ``date_to``, both
    included, and of the named dimensions (name to key; None means lines without one)."""

    company: Company
    date_to: Date
    date_from: Date | None = None
    dimensions: dict[str, int | None] = field(default_factory=dict)
    with_closing: bool = True

    def changed(self, **values: Any) -> Self:
        return replace(self, **values)

    def having(self, **dimensions: int | None) -> Self:
        return replace(self, dimensions={**self.dimensions, **dimensions})

    def conditions(self) -> tuple[str, dict[str, Any]]:
        """SQL over ``finance_journalline l`` for the dimensions, and its parameters."""
        clauses, parameters = [], {}
        for name, value in self.dimensions.items():
            column = DIMENSIONS[name]
            if value is None:
                clauses.append(f"l.{column} IS NULL")
            else:
                clauses.append(f"l.{column} = %({name})s")
                parameters[name] = value
        return "".join(f" AND {clause}" for clause in clauses), parameters

    def parameters(self) -> dict[str, Any]:
        return {
            "company": self.company.pk,
            "date_from": self.date_from or Date.min,
            "date_to": self.date_to,
            "with_closing": self.with_closing,
            **self.conditions()[1],
        }
