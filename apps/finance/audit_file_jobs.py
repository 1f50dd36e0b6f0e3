"""Work in the background: the standard audit file."""

from __future__ import annotations

import tempfile
from datetime import date as Date
from threading import Thread

from django.core.files.base import File
from django.db import connection

from apps.core.models import BackgroundJob
from apps.core.services.jobs import Report, job_handler
from apps.finance.services.audit_files import JOB, write_audit_file


@job_handler(JOB, permission="finance.export_auditfile")
def audit_file(job: BackgroundJob, report: Report) -> tuple[str, File]:
    """By way of a file on the disk: the ledger never stands in memory."""
    first, last = (Date.fromisoformat(job.parameters[name]) for name in ("date_from", "date_to"))
    target = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever keeps the result
    write_audit_file(job.company, target, date_from=first, date_to=last, report=beside(report))
    target.seek(0)
    return f"saft-{job.company.code}-{first}-{last}.xml", File(target)


def beside(report: Report) -> Report:
    """Progress on a connection of its own: that of the file reads in one snapshot."""

    def tell(done: int, total: int, message: str = "") -> None:
        def write() -> None:
            try:
                report(done, total, message)
            finally:
                connection.close()

        thread = Thread(target=write, daemon=True)
        thread.start()
        thread.join()

    return tell
