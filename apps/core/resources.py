"""Import and export of nouns: all rows or none, every change with who and why.

Rows are read, checked, resolved and written in sets, so ten thousand rows take a few dozen
statements; history is written with them (plain bulk writes would skip it).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db import DatabaseError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from apps.core import guards
from apps.core.cells import BadCell, value_of
from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.reasons import told_reason
from apps.core.sql import execute
from apps.core.tables import MOST_ROWS, Row, Table, read_table, restored, write_csv, write_xlsx
from apps.core.transactions import unit_of_work

BATCH = 1000
MOST_ERRORS = 500
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FORMATS = {"csv": (write_csv, "text/csv; charset=utf-8"), "xlsx": (write_xlsx, _SPREADSHEET)}


@dataclass(frozen=True, slots=True)
class RowError:
    row: int
    field: str | None
    code: str
    detail: str


@dataclass(slots=True)
class Change:
    """What becomes of one row: ``created``, ``updated`` or ``unchanged``, and (old, new) values."""

    row: int
    key: str
    kind: str
    values: dict[str, tuple[Any, Any]]


@dataclass(slots=True)
class ImportReport:
    is_dry_run: bool
    changes: list[Change] = field(default_factory=list)
    errors: list[RowError] = field(default_factory=list)

    def count(self, kind: str) -> int:
        return sum(1 for change in self.changes if change.kind == kind)

    def summary(self) -> dict[str, Any]:
        return {
            "dry_run": self.is_dry_run,
            **{kind: self.count(kind) for kind in ("created", "updated", "unchanged")},
        }


class _Undo(Exception):
    pass


class Resource:
    """One noun as a table. ``columns`` name its fields; references are written as codes.

    ``check`` may be overridden to call a service's rules on the rows about to be written.
    """

    #: Audited rows of a company, each with a ``code`` of its own.
    model: ClassVar[type[Any]]
    columns: ClassVar[tuple[str, ...]]
    key: ClassVar[str] = "code"

    def __init__(self) -> None:
        self.fields: dict[str, Any] = {n: self.model._meta.get_field(n) for n in self.columns}

    # --- import ----------------------------------------------------------------------------

    def read_file(self, name: str, content: bytes, *, encoding: str, company: Company) -> Table:
        """The table in a file; overridden where a noun also comes in files of another kind."""
        return read_table(name, content, encoding=encoding)

    def run_import(
        self, table: Table, *, company: Company, by: Any, reason: str = "", dry_run: bool = False
    ) -> ImportReport:
        """Write all rows of ``table`` into ``company``, or none when a row is wrong.

        A dry run goes all the way, constraints included, and takes everything back. Raises
        ``InvalidInput`` when the header does not fit.
        """
        self._check_header(table)
        report = ImportReport(dry_run)
        try:
            with unit_of_work(), transaction.atomic():
                self._plan_and_write(table, company, by, reason, report)
                if dry_run or report.errors:
                    raise _Undo
        except _Undo:
            pass
        except DatabaseError as error:
            refused = guards.business_error(error) or BusinessError("refused", _first_line(error))
            report.errors.append(RowError(0, refused.field, refused.code, refused.message))
        except BusinessError as error:
            line = table.rows[error.row].line if error.row is not None else 0
            report.errors.append(RowError(line, error.field, error.code, error.message))
        del report.errors[MOST_ERRORS:]
        return report

    def check(self, rows: list[Any], *, company: Company) -> None:
        """Rules of the noun; raise ``BusinessError`` with ``row`` = place in ``rows``."""

    def _check_header(self, table: Table) -> None:
        unknown = [name for name in table.columns if name not in self.fields]
        if unknown:
            raise InvalidInput(
                "unknown_column",
                _("Unknown column: {names}. Known: {known}.").format(
                    names=", ".join(unknown)[:200], known=", ".join(self.columns)
                ),
                field="file",
            )
        if self.key not in table.columns:
            raise InvalidInput(
                "missing_column", _("Column {name} is missing.").format(name=self.key), field="file"
            )

    def _plan_and_write(
        self, table: Table, company: Company, by: Any, reason: str, report: ImportReport
    ) -> None:
        parsed = self._parse(table, company, by, report.errors)
        if report.errors:
            return
        keys = [values[self.key] for values in parsed]
        existing = {
            getattr(row, self.key): row
            for row in self.model._default_manager.select_for_update(of=("self",))
            .filter(company=company, **{f"{self.key}__in": keys})
            .order_by("pk")
        }
        new, changed, everything = [], [], []
        for row, values in zip(table.rows, parsed, strict=True):
            target = existing.get(values[self.key])
            if target is None:
                target = self.model(company=company, **values)
                self._require_complete(target, table, row, report.errors)
                new.append(target)
                report.changes.append(_created(row.line, values[self.key], values))
            else:
                change = _changed(row.line, values[self.key], target, values)
                if change.kind == "updated":
                    changed.append(target)
                report.changes.append(change)
            everything.append(target)
        if report.errors:
            return
        self.check(everything, company=company)
        self._write(new, changed, by, reason)
        # deferred references are judged now, so that a dry run tells all
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute("SET CONSTRAINTS ALL DEFERRED")

    def _require_complete(
        self, target: Any, table: Table, row: Row, errors: list[RowError]
    ) -> None:
        """A new row needs the columns that have no default, even those the file does not have."""
        for name, column in self.fields.items():
            if name in table.columns or column.null or column.blank or column.has_default():
                continue
            errors.append(RowError(row.line, name, "required", _("This column is needed.")))

    def _write(self, new: list[Any], changed: list[Any], by: Any, reason: str) -> None:
        if new:
            bulk_create_with_history(
                new,
                self.model,
                batch_size=BATCH,
                default_user=by,
                default_change_reason=told_reason(reason or _("Import")),
            )
        if changed:
            now = timezone.now()
            for row in changed:
                row.version += 1
                row.updated_at = now
            bulk_update_with_history(
                changed,
                self.model,
                [*self.columns, "version", "updated_at"],
                batch_size=BATCH,
                default_user=by,
                default_change_reason=told_reason(reason or _("Import")),
            )

    # --- parsing ---------------------------------------------------------------------------

    def _parse(
        self, table: Table, company: Company, by: Any, errors: list[RowError]
    ) -> list[dict[str, Any]]:
        references = {
            name: self._read_references(table, name, company, by)
            for name in table.columns
            if self.fields[name].is_relation
        }
        result = []
        seen: dict[Any, int] = {}
        for row in table.rows:
            values: dict[str, Any] = {}
            for name, text in row.cells.items():
                try:
                    column = self.fields[name]
                    if name in references:
                        values[name] = _reference(column, references[name], text)
                    else:
                        values[name] = value_of(column, text, has_commas=table.has_commas)
                except BadCell as bad:
                    errors.append(RowError(row.line, name, bad.code, str(bad)))
            key = values.get(self.key)
            if key is not None and seen.setdefault(key, row.line) != row.line:
                text = _("The same {name} stands in line {line}.").format(
                    name=self.key, line=seen[key]
                )
                errors.append(RowError(row.line, self.key, "duplicate", text))
            result.append(values)
        return result

    def _read_references(
        self, table: Table, name: str, company: Company, by: Any
    ) -> dict[str, Any]:
        target = self.fields[name].remote_field.model
        codes = {restored(row.cells[name].strip()) for row in table.rows} - {""}
        rows = target._default_manager.all()
        if hasattr(rows, "visible_to"):
            rows = rows.visible_to(by)
        names = {f.name for f in target._meta.concrete_fields}
        if "company" in names:
            rows = rows.filter(company=company)
        elif "username" in names:
            rows = rows.filter(memberships__company=company)
        code = "username" if "username" in names else "code"
        return {getattr(row, code): row for row in rows.filter(**{f"{code}__in": codes})}

    # --- export ----------------------------------------------------------------------------

    def export(self, rows: models.QuerySet, kind: str) -> tuple[bytes, str]:
        """(content, content type) of ``rows`` as ``csv`` or ``xlsx``."""
        write, content_type = FORMATS[kind]
        return write(self.columns, self._exported(rows)), content_type

    def _exported(self, rows: models.QuerySet) -> Iterator[tuple[Any, ...]]:
        paths = [
            f"{name}__{_code_of(column)}" if column.is_relation else name
            for name, column in self.fields.items()
        ]
        yield from (
            tuple("true" if c is True else "false" if c is False else c for c in row)
            for row in rows.order_by("pk").values_list(*paths)[:MOST_ROWS].iterator(5000)
        )


def _code_of(column: Any) -> str:
    names = {f.name for f in column.remote_field.model._meta.concrete_fields}
    return "username" if "username" in names else "code"


def _reference(column: Any, found: dict[str, Any], text: str) -> Any:
    code = restored(text.strip())
    if not code:
        if column.null:
            return None
        raise BadCell("required", _("This cell may not be empty."))
    if code not in found:
        name = column.remote_field.model._meta.verbose_name
        raise BadCell(
            "does_not_exist", _("There is no {name} {code}.").format(name=name, code=code)
        )
    return found[code]


def _created(line: int, key: str, values: dict[str, Any]) -> Change:
    return Change(line, key, "created", {name: (None, value) for name, value in values.items()})


def _changed(line: int, key: str, row: Any, values: dict[str, Any]) -> Change:
    """Set ``values`` on ``row``; the change tells the old ones."""
    told = {}
    for name, value in values.items():
        old = getattr(row, row._meta.get_field(name).attname)
        new = value.pk if isinstance(value, models.Model) else value
        if old != new:
            told[name] = (old, value)
            setattr(row, name, value)
    return Change(line, key, "updated" if told else "unchanged", told)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:300]
