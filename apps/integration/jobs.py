"""Work in the background: the archive with all data of a company."""

from __future__ import annotations

import tempfile

from django.core.files.base import File

from apps.core.models import BackgroundJob
from apps.core.services.jobs import Report, job_handler
from apps.integration.services.exports import JOB, export_company


@job_handler(JOB, permission="integration.export_company")
def export(job: BackgroundJob, report: Report) -> tuple[str, File]:
    """By way of a file on the disk: the archive never stands in memory."""
    target = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever keeps the result
    export_company(job.company, target, report=report)
    target.seek(0)
    return f"{job.company.code}.zip", File(target)
