"""Pay tables and their brackets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import insert_all, lock, require_company
from apps.core.transactions import unit_of_work
from apps.hr.formulas import COMPONENT
from apps.hr.models import PayStructure, PayTable, PayTableRow
from apps.hr.services.pay_components import check_structure


def save_pay_table(
    *,
    company: Company,
    rows: Sequence[dict[str, Any]] = (),
    by: User,
    reason: str = "",
    **values: Any,
) -> PayTable:
    """A new table with its brackets. Raises ``InvalidInput`` for a code no formula can name."""
    table = PayTable(company=company, **values)
    _check_code(table)
    with unit_of_work():
        table.save_by(by, reason=reason)
        _insert(table, rows, by, reason)
    return table


def change_pay_table(
    row: PayTable,
    *,
    by: User,
    rows: Sequence[dict[str, Any]] | None = None,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> PayTable:
    """Change a table; ``rows`` replace the ones it has."""
    with unit_of_work():
        table = lock(row, version=version)
        for name, value in values.items():
            setattr(table, name, value)
        _check_code(table)
        table.save_by(by, reason=reason)
        if rows is not None:
            for old in table.rows.all():
                old._history_user = by  # type: ignore[attr-defined]
                old.delete()
            _insert(table, rows, by, reason)
        for structure in PayStructure.objects.filter(company=table.company):
            check_structure(structure)
    return table


def add_pay_table_rows(
    company: Company, rows: Sequence[dict[str, Any]], *, by: User, reason: str = ""
) -> list[PayTableRow]:
    """Brackets of several tables (``table`` in each row): what an import brings."""
    by_table: dict[PayTable, list[dict[str, Any]]] = defaultdict(list)
    for place, values in enumerate(rows):
        require_company(company, row=place, table=values["table"])
        by_table[values["table"]].append({n: v for n, v in values.items() if n != "table"})
    with unit_of_work():
        return [
            made
            for table, of_table in by_table.items()
            for made in _insert(table, of_table, by, reason)
        ]


def _insert(
    table: PayTable, rows: Sequence[dict[str, Any]], by: User, reason: str
) -> list[PayTableRow]:
    seen = set()
    for place, values in enumerate(rows):
        bracket = (values["effective_from"], values.get("key", ""), values.get("above", 0))
        if bracket in seen:
            raise InvalidInput(
                "named_twice", _("This bracket is named twice."), field="rows", row=place
            )
        seen.add(bracket)
    return insert_all(
        [PayTableRow(company_id=table.company_id, table=table, **values) for values in rows],
        by=by,
        reason=reason,
    )


def _check_code(table: PayTable) -> None:
    if not COMPONENT.fullmatch(table.code):
        raise InvalidInput(
            "bad_code",
            _("A pay table is named in capitals, digits and underscores."),
            field="code",
        )
