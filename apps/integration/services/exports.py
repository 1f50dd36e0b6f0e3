"""A company leaves with all of its data: one archive of tables and files, read in one snapshot.

Memory stays the same however many rows: the database writes the CSV (COPY), the archive takes it
chunk by chunk. docs/integration.md says how to read it without loss.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import BackgroundJob, Company, User
from apps.core.services.jobs import start_job
from apps.core.sql import execute, fetch_dicts
from apps.integration.queries.company_tables import (
    LEFT_OUT,
    CompanyTable,
    attachments,
    company_tables,
)

FORMAT = "mes-erp company export 1"
JOB = "integration.export_company"
CHUNK = 1 << 18
Report = Callable[[int, int, str], None]
_TOTALS = """
SELECT a.code AS account, sum(l.amount)::text AS balance, count(*) AS lines
  FROM finance_journalline l JOIN finance_account a ON a.id = l.account_id
 WHERE l.company_id = %s GROUP BY a.code ORDER BY a.code
"""


class _Measured:
    """Writes into the archive, and counts and hashes what goes in."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out, self._digest, self.size = out, hashlib.sha256(), 0

    def write(self, data: Any) -> None:
        chunk = bytes(data)
        self._out.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def facts(self) -> dict[str, Any]:
        return {"bytes": self.size, "sha256": self._digest.hexdigest()}


def export_company(
    company: Company, out: IO[bytes], *, report: Report | None = None
) -> dict[str, Any]:
    """Write the archive of ``company`` to ``out``; its manifest, which is also the last member.

    Everything is read as it was at one moment; whoever posts meanwhile is not hindered.
    """
    tables = company_tables(company.pk)
    tell = report or (lambda done, total, message: None)
    with _snapshot(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        manifest: dict[str, Any] = {
            "format": FORMAT,
            "company": {"id": company.pk, "code": company.code, "name": company.name},
            "exported_at": timezone.now().isoformat(),
            "tables": [],
        }
        for number, table in enumerate(tables):
            tell(number, len(tables) + 1, table.name)
            manifest["tables"].append(_write_table(archive, table))
        manifest["files"] = list(_write_files(archive, company))
        manifest["left_out"] = {model._meta.db_table: reason for model, reason in LEFT_OUT.items()}
        manifest["ledger"] = fetch_dicts(_TOTALS, [company.pk])
        text = json.dumps(manifest, indent=1, ensure_ascii=False)
        archive.writestr("manifest.json", text)
        tell(len(tables) + 1, len(tables) + 1, "")
    return manifest


def start_export(company: Company, *, by: User) -> BackgroundJob:
    """Have the archive made in the background; the job's result is the file.

    Raises ``BusinessError`` while another one of the company is being made.
    """
    waiting = (BackgroundJob.Status.QUEUED, BackgroundJob.Status.RUNNING)
    if BackgroundJob.objects.filter(company=company, kind=JOB, status__in=waiting).exists():
        raise BusinessError(
            "export_running", _("The data of this company is being exported already.")
        )
    title = _("All data of {company}").format(company=company.code)
    return start_job(JOB, title=title, company=company, by=by)


@contextmanager
def _snapshot() -> Iterator[None]:
    """One moment for all tables, read only, for as long as it takes."""
    with transaction.atomic():
        if len(connection.atomic_blocks) == 1:  # an outer one has chosen already (tests)
            execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        execute("SELECT set_config('statement_timeout', '0', true)")
        execute("SELECT set_config('idle_in_transaction_session_timeout', '0', true)")
        yield


def _write_table(archive: zipfile.ZipFile, table: CompanyTable) -> dict[str, Any]:
    name = f"tables/{table.name}.csv"
    with archive.open(name, "w", force_zip64=True) as member, connection.cursor() as cursor:
        measured = _Measured(member)
        with cursor.copy(table.copy) as copy:
            for chunk in copy:
                measured.write(chunk)
        rows = cursor.rowcount
    return {
        "table": table.name,
        "model": table.label,
        "file": name,
        "rows": rows,
        **measured.facts(),
        "columns": [
            {"name": column.name, "type": column.kind}
            | ({"references": column.references} if column.references else {})
            for column in table.columns
        ],
    }


def _write_files(archive: zipfile.ZipFile, company: Company) -> Iterator[dict[str, Any]]:
    """The attached files, by the id of their attachment; one that the disk lost is named so."""
    for attachment in attachments(company.pk).iterator(500):
        suffix = attachment.file.name.rpartition(".")[2]
        name = f"files/{attachment.pk}.{suffix}"
        facts = {"attachment": attachment.pk, "name": attachment.name, "file": name}
        try:
            source = attachment.file.open("rb")
        except OSError:
            yield {**facts, "is_missing": True}
            continue
        with source, archive.open(name, "w", force_zip64=True) as member:
            measured = _Measured(member)
            while chunk := source.read(CHUNK):
                measured.write(chunk)
        is_intact = measured.facts()["sha256"] == attachment.sha256
        yield {**facts, **measured.facts(), "is_intact": is_intact}
