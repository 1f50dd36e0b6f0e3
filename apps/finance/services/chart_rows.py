"""Rows of a chart of accounts, read and checked: headings and accounts, or what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.resources import RowError
from apps.core.tables import Row, Table, restored
from apps.finance.chart_files import ACCOUNT, COLUMNS, HEADING
from apps.finance.models import Account, Activity, PostingRole

_CHOICES: dict[str, Any] = {
    "kind": Account.Kind,
    "control": Account.Control,
    "activity": Activity,
}
LONGEST = {"code": 60, "name": 200}


@dataclass(frozen=True, slots=True)
class ChartHeading:
    code: str
    name: str
    parent: str
    activity: str
    line: int


@dataclass(frozen=True, slots=True)
class ChartAccount:
    code: str
    name: str
    heading: str
    kind: str
    control: str
    roles: tuple[str, ...]
    tax_rate: str
    line: int


def check_header(table: Table) -> None:
    """Raise ``InvalidInput`` for columns that are unknown or missing."""
    unknown = [name for name in table.columns if name not in COLUMNS]
    if unknown:
        raise InvalidInput(
            "unknown_column",
            _("Unknown column: {names}. Known: {known}.").format(
                names=", ".join(unknown)[:200], known=", ".join(COLUMNS)
            ),
            field="file",
        )
    for name in ("type", "code", "name", "parent", "kind"):
        if name not in table.columns:
            raise InvalidInput(
                "missing_column", _("Column {name} is missing.").format(name=name), field="file"
            )


def parse_rows(
    table: Table, errors: list[RowError]
) -> tuple[dict[str, ChartHeading], dict[str, ChartAccount]]:
    """Headings and accounts by code; what is wrong with the others goes to ``errors``."""
    headings: dict[str, ChartHeading] = {}
    accounts: dict[str, ChartAccount] = {}
    playing: dict[str, str] = {}
    for row in table.rows:
        try:
            _read_row(row, headings, accounts, playing)
        except InvalidInput as error:
            errors.append(RowError(row.line, error.field, error.code, error.message))
    for line, parent in [
        *((h.line, h.parent) for h in headings.values() if h.parent),
        *((a.line, a.heading) for a in accounts.values()),
    ]:
        if parent not in headings:
            text = _("There is no heading {code}.").format(code=parent[:60])
            errors.append(RowError(line, "parent", "does_not_exist", text))
    if not errors:
        for heading in headings.values():
            if _is_in_circle(heading, headings):
                text = _("{code} stands below itself.").format(code=heading.code)
                errors.append(RowError(heading.line, "parent", "circle", text))
    return headings, accounts


def _read_row(
    row: Row,
    headings: dict[str, ChartHeading],
    accounts: dict[str, ChartAccount],
    playing: dict[str, str],
) -> None:
    """Raises ``InvalidInput`` naming the field at fault."""
    cells = _checked_cells(row)
    is_heading = cells["type"] == HEADING
    known_codes: Any = headings if is_heading else accounts
    if cells["code"] in known_codes:
        raise _bad("code", "unique", _("{code} is there twice.").format(code=cells["code"]))
    if is_heading:
        headings[cells["code"]] = ChartHeading(
            cells["code"], cells["name"], cells["parent"], cells["activity"], row.line
        )
        return
    for name in ("parent", "kind"):
        if not cells[name]:
            raise _bad(name, "required", _("This cell may not be empty."))
    accounts[cells["code"]] = ChartAccount(
        cells["code"],
        cells["name"],
        cells["parent"],
        cells["kind"],
        cells["control"],
        _roles(cells["roles"], cells["code"], playing),
        _rate(cells["tax_rate"], cells["control"]),
        row.line,
    )


def _checked_cells(row: Row) -> dict[str, str]:
    cells = {name: restored(row.cells.get(name, "").strip()) for name in COLUMNS}
    cells["type"] = cells["type"].lower()
    if cells["type"] not in (HEADING, ACCOUNT):
        raise _bad("type", "invalid_choice", _("Choose one of: {n}.").format(n="heading, account"))
    for name, longest in LONGEST.items():
        if not cells[name]:
            raise _bad(name, "required", _("This cell may not be empty."))
        if len(cells[name]) > longest or not cells[name].isprintable():
            raise _bad(name, "invalid", _("At most {n} printable characters.").format(n=longest))
    for name, choices in _CHOICES.items():
        cells[name] = cells[name].lower()
        if cells[name] and cells[name] not in choices.values:
            known = ", ".join(filter(None, choices.values))
            raise _bad(name, "invalid_choice", _("Choose one of: {n}.").format(n=known))
    return cells


def _roles(text: str, code: str, playing: dict[str, str]) -> tuple[str, ...]:
    """What the account plays in postings; the first account of a role keeps it."""
    found = tuple(text.lower().replace(",", " ").split())
    for role in found:
        if role not in PostingRole.values:
            raise _bad("roles", "invalid_choice", _("There is no role {r}.").format(r=role[:60]))
        playing.setdefault(role, code)
    return tuple(role for role in found if playing[role] == code)


def _rate(text: str, control: str) -> str:
    if not text:
        return ""
    try:
        rate = Decimal(text.replace(",", "."))
    except InvalidOperation:
        rate = Decimal("NaN")
    if not rate.is_finite() or not 0 <= rate <= 100 or rate.as_tuple().exponent < -4:  # type: ignore[operator]
        raise _bad("tax_rate", "invalid", _("A percentage from 0 to 100."))
    if control != Account.Control.TAX:
        raise _bad("control", "not_of_tax", _("Only tax accounts have a rate."))
    return str(rate)


def _is_in_circle(heading: ChartHeading, headings: dict[str, ChartHeading]) -> bool:
    seen = {heading.code}
    current = heading
    while current.parent:
        current = headings[current.parent]
        if current.code in seen:
            return current.code == heading.code
        seen.add(current.code)
    return False


def _bad(name: str, code: str, text: str) -> InvalidInput:
    return InvalidInput(code, text, field=name)
