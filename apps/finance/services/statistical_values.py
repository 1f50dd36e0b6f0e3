"""Values of statistical keys: by hand or many from a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.money import require_decimal
from apps.core.services.documents import insert_all, require_company, update_all
from apps.core.transactions import unit_of_work
from apps.finance.models import StatisticalValue


def record_values(
    company: Company, rows: Sequence[Mapping[str, Any]], *, by: Any, reason: str = ""
) -> list[StatisticalValue]:
    """Write values, each ``key``, ``cost_object``, ``date`` and ``value``; a day's is replaced.

    Three statements however many. Raises ``InvalidInput`` naming row and field.
    """
    wanted: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for place, row in enumerate(rows):
        require_company(company, row=place, key=row["key"], cost_object=row["cost_object"])
        value = require_decimal(row["value"], field="value", row=place, positive=False)
        if value < 0:
            raise InvalidInput("negative", _("May not be negative."), field="value", row=place)
        cell = (row["key"].pk, row["cost_object"].pk, row["date"])
        if cell in wanted:
            raise InvalidInput(
                "duplicate", _("This day stands there twice."), field="date", row=place
            )
        wanted[cell] = row
    with unit_of_work():
        known = {
            (row.key_id, row.cost_object_id, row.date): row
            for row in StatisticalValue.objects.select_for_update(of=("self",))
            .filter(
                company=company,
                key__in={key for key, _object, _day in wanted},
                date__in={day for _key, _object, day in wanted},
            )
            .order_by("pk")
        }
        changed = []
        for cell, one in wanted.items():
            if cell in known and known[cell].value != one["value"]:
                known[cell].value = one["value"]
                changed.append(known[cell])
        new = [
            StatisticalValue(company=company, **one)
            for cell, one in wanted.items()
            if cell not in known
        ]
        update_all(changed, "value", by=by, reason=reason)
        return insert_all(new, by=by, reason=reason) + changed
