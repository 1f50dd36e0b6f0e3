"""Statements and matching in the background, with progress that can be watched."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import BackgroundJob, Company, User
from apps.core.services.jobs import Report, job_handler, start_job
from apps.core.transactions import unit_of_work
from apps.finance import audit_file_jobs, report_jobs
from apps.finance.models import BankAccount, BankImport
from apps.finance.services.bank_automatching import match_automatically
from apps.finance.services.bank_imports import (
    LINES_AT_ONCE,
    import_statements,
    receive_file,
    refuse_import,
)

__all__ = [
    "audit_file_jobs",
    "import_in_background",
    "match_in_background",
    "report_jobs",
    "start_matching",
    "take_file",
]
IMPORT = "finance.import_statements"
MATCH = "finance.match_lines"


def take_file(company: Company, *, by: User, **given: Any) -> BankImport:
    """Import a small file at once, a large one in the background (``job`` of what is returned)."""
    with unit_of_work():
        received = receive_file(company, by=by, **given)
        source = received.source
        if received.lines <= LINES_AT_ONCE:
            return import_statements(source, by=by, statements=received.statements)
        source.job = start_job(
            IMPORT,
            title=_("Import of {name}").format(name=source.name)[:200],
            company=company,
            by=by,
            parameters={"import": source.pk},
        )
        return source.save_by(by)


@job_handler(IMPORT)
def import_in_background(job: BackgroundJob, report: Report) -> None:
    """Write the statements; why one is refused is noted on the file, and the job fails with it."""
    source = BankImport.objects.get(company_id=job.company_id, pk=job.parameters["import"])
    try:
        import_statements(source, by=job.created_by, report=report)
    except BusinessError as error:
        refuse_import(source, message=str(error), by=job.created_by)
        raise


def start_matching(account: BankAccount, *, by: User) -> BackgroundJob:
    """Match in the background what is beyond doubt."""
    return start_job(
        MATCH,
        title=_("Matching of {account}").format(account=account)[:200],
        company=account.company,
        by=by,
        parameters={"account": account.pk},
    )


@job_handler(MATCH)
def match_in_background(job: BackgroundJob, report: Report) -> None:
    account = BankAccount.objects.select_related("company", "currency").get(
        company_id=job.company_id, pk=job.parameters["account"]
    )
    found = match_automatically(account, by=job.created_by, report=report)
    total = found.posted + found.matched + found.left
    report(
        total,
        total,
        _("{posted} posted, {matched} matched, {left} left.").format(
            posted=found.posted, matched=found.matched, left=found.left
        ),
    )
