"""Import of lines: rows that have no code of their own and become documents through a service."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.resources import Change, ImportReport, Resource, RowError
from apps.core.sql import execute
from apps.core.tables import Table


class LineResource(Resource):
    """Lines as a table: ``write_rows`` hands the parsed rows to a service, all or none.

    ``model`` and ``columns`` say how cells are read; ``required`` columns must be in the file.
    """

    model: ClassVar[Any]
    key: ClassVar[str] = ""
    required: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        """Write ``rows``; raise ``BusinessError`` with ``row`` = place in ``rows``."""

    def refusals(self, rows: list[dict[str, Any]], *, company: Company) -> list[BusinessError]:
        """Rows that ``write_rows`` would refuse, where a noun can tell them all at once."""
        return []

    def changes(self, table: Table, rows: list[dict[str, Any]]) -> list[Change]:
        """What became of each row."""
        return [
            Change(
                row.line,
                self.label(values),
                "created",
                {name: (None, value) for name, value in values.items()},
            )
            for row, values in zip(table.rows, rows, strict=True)
        ]

    def label(self, row: dict[str, Any]) -> str:
        """What a row is called in the preview."""
        return str(next(iter(row.values()), ""))

    def _check_header(self, table: Table) -> None:
        unknown = [name for name in table.columns if name not in self.fields]
        missing = [name for name in self.required if name not in table.columns]
        if unknown:
            raise InvalidInput(
                "unknown_column",
                _("Unknown column: {names}. Known: {known}.").format(
                    names=", ".join(unknown)[:200], known=", ".join(self.columns)
                ),
                field="file",
            )
        if missing:
            raise InvalidInput(
                "missing_column",
                _("Column {name} is missing.").format(name=missing[0]),
                field="file",
            )

    def _plan_and_write(
        self, table: Table, company: Company, by: Any, reason: str, report: ImportReport
    ) -> None:
        parsed = self._parse(table, company, by, report.errors)
        if report.errors:
            return
        if not parsed:
            raise InvalidInput("empty_file", _("The file has no rows."), field="file")
        report.errors.extend(
            RowError(table.rows[error.row or 0].line, error.field, error.code, error.message)
            for error in self.refusals(parsed, company=company)
        )
        if report.errors:
            return
        self.write_rows(parsed, company=company, by=by, reason=reason)
        report.changes.extend(self.changes(table, parsed))
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute("SET CONSTRAINTS ALL DEFERRED")
