"""Lines of vouchers and opening balances from a table: CSV or XLSX, all of it or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models
from django.utils.translation import gettext as _

from apps.core.cells import BadCell, value_of
from apps.core.errors import InvalidInput
from apps.core.models import Company, Currency
from apps.core.tables import Table, restored
from apps.finance.models import Account, CostObject, Invoice, InvoiceLine, JournalVoucherLine
from apps.finance.services.opening import OpeningBalance, OpeningItem
from apps.finance.services.vouchers import VoucherLine
from apps.masterdata.models import Partner

VOUCHER_COLUMNS = ("account", "debit", "credit", "memo", "partner", "cost_object")
BALANCE_COLUMNS = ("account", "debit", "credit")
ITEM_COLUMNS = (
    "kind",
    "partner",
    "reference",
    "due_date",
    "amount",
    "currency",
    "exchange_rate",
)
_FIELDS: dict[str, Any] = {
    name: model._meta.get_field(name)
    for model, names in (
        (JournalVoucherLine, ("debit", "credit", "memo")),
        (Invoice, ("kind", "reference", "due_date", "exchange_rate")),
        (InvoiceLine, ("amount",)),
    )
    for name in names
}
_REFERENCES: dict[str, type[models.Model]] = {
    "account": Account,
    "partner": Partner,
    "cost_object": CostObject,
    "currency": Currency,
}


def voucher_lines(table: Table, company: Company) -> list[VoucherLine]:
    """Lines of a voucher. Raises ``InvalidInput`` naming the row and the column at fault."""
    rows = _parsed(table, company, VOUCHER_COLUMNS, needed=("account",))
    return [VoucherLine(**row) for row in rows]


def opening_balances(table: Table, company: Company) -> list[OpeningBalance]:
    """The old trial balance, with its balances in a debit and a credit column."""
    rows = _parsed(table, company, BALANCE_COLUMNS, needed=("account",))
    return [
        OpeningBalance(row["account"], row.get("debit", 0) - row.get("credit", 0)) for row in rows
    ]


def opening_items(table: Table, company: Company) -> list[OpeningItem]:
    """The items open in the old books."""
    needed = ("kind", "partner", "reference", "due_date", "amount")
    rows = _parsed(table, company, ITEM_COLUMNS, needed=needed)
    return [OpeningItem(**row) for row in rows]


def _parsed(
    table: Table, company: Company, columns: tuple[str, ...], *, needed: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Rows without their empty cells."""
    for name in table.columns:
        if name not in columns:
            raise InvalidInput(
                "unknown_column",
                _("There is no column {name}; known are: {columns}.").format(
                    name=name[:60], columns=", ".join(columns)
                ),
                field="file",
            )
    references = {
        name: _found(model, company, (row.cells.get(name, "") for row in table.rows))
        for name, model in _REFERENCES.items()
        if name in table.columns
    }
    return [
        _row(place, row.cells, references, needed, has_commas=table.has_commas)
        for place, row in enumerate(table.rows)
    ]


def _found(model: type[models.Model], company: Company, cells: Iterable[str]) -> dict[str, Any]:
    """Rows of ``model`` by code, of this company where it has one. One statement."""
    codes = {restored(cell.strip()) for cell in cells} - {""}
    rows = model._default_manager.filter(code__in=codes)
    if model is not Currency:
        rows = rows.filter(company=company)
    return {row.code: row for row in rows}  # type: ignore[attr-defined]


def _row(
    place: int,
    cells: Mapping[str, str],
    references: Mapping[str, Mapping[str, Any]],
    needed: tuple[str, ...],
    *,
    has_commas: bool,
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, text in cells.items():
        code = restored(text.strip())
        if not code:
            continue
        if name in references:
            if code not in references[name]:
                raise InvalidInput(
                    "does_not_exist",
                    _("There is no {name} {code}.").format(name=name, code=code[:60]),
                    field=name,
                    row=place,
                )
            values[name] = references[name][code]
            continue
        try:
            values[name] = value_of(_FIELDS[name], text, has_commas=has_commas)
        except BadCell as bad:
            raise InvalidInput(bad.code, str(bad), field=name, row=place) from None
    for name in needed:
        if name not in values:
            raise InvalidInput("required", _("This cell may not be empty."), field=name, row=place)
    return values
