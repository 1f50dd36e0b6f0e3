"""Long reports as files: made in the background, page by page, with progress."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace

from django.core.files.base import ContentFile, File
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import BackgroundJob, User
from apps.core.report_files import to_pdf, write_csv, write_xlsx
from apps.core.reports import Report
from apps.core.services.jobs import Report as Tell
from apps.core.services.jobs import job_handler, start_job
from apps.finance.audit_file_jobs import beside
from apps.finance.queries.drill import breakdown
from apps.finance.report_parameters import ReportRequest, read_request
from apps.finance.report_registry import PAGED, REPORTS, TITLES
from apps.finance.report_selection import selection_of
from apps.finance.services.audit_files import snapshot

JOB = "finance.report_file"
FORMATS = ("csv", "xlsx", "pdf")
#: Longer files are made in the background.
AT_ONCE = 20_000
#: What may be printed: some two thousand pages.
MOST_PRINTED = 100_000


def start_report_file(name: str, given: Mapping[str, str], *, by: User) -> BackgroundJob:
    """Have report ``name`` made as a file (``as``) in the background; the result is the file.

    Raises ``InvalidInput`` for what the report can't be asked.
    """
    if name not in REPORTS:
        raise InvalidInput("does_not_exist", _("There is no such report."), field="report")
    wanted = given.get("as", "")
    if wanted not in FORMATS:
        raise InvalidInput(
            "invalid_choice",
            _("Choose one of: {names}.").format(names=", ".join(FORMATS)),
            field="as",
        )
    asked = read_request(given, by)
    if name in PAGED:
        selection_of(asked)
    title = _("{report} as {kind}").format(report=TITLES[name], kind=wanted.upper())
    parameters = {"report": name, "given": dict(given), "language": get_language() or ""}
    return start_job(JOB, title=title, company=asked.company, by=by, parameters=parameters)


@job_handler(JOB, permission="finance.view_journalline")
def report_file(job: BackgroundJob, report: Tell) -> tuple[str, File]:
    """One snapshot of the ledger, by way of a file on the disk."""
    name, given = job.parameters["report"], job.parameters["given"]
    with override(job.parameters["language"] or None), snapshot():
        asked = read_request(given, job.created_by)
        pages = report_pages(name, asked, beside(report))
        file_name = f"{name}-{asked.company.code}-{asked.chosen.date_to}.{given['as']}"
        if given["as"] == "pdf":
            content = to_pdf(_joined(pages), company=asked.company, paper=given.get("paper", "A4"))
            return file_name, ContentFile(content)
        target = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever keeps the result
        if given["as"] == "csv":
            write_csv(pages, target)
        else:
            write_xlsx(pages, target, is_streamed=True)
    target.seek(0)
    return file_name, File(target)


def report_pages(name: str, asked: ReportRequest, tell: Tell) -> Iterator[Report]:
    """The pages of a report, each told of once it is used; most reports are one page."""
    if name not in PAGED:
        page = REPORTS[name](asked)
        yield page
        tell(len(page.rows), len(page.rows), "")
        return
    whole = sum(row.lines for row in breakdown(selection_of(asked), ("month",)).rows)
    done, cursor = 0, ""
    while True:
        page = REPORTS[name](replace(asked, page_size=AT_ONCE, cursor=cursor))
        yield page
        done += len(page.rows)
        tell(min(done, whole), whole, "")
        if not page.following:
            return
        cursor = page.following


def _joined(pages: Iterator[Report]) -> Report:
    first = next(pages)
    rows = list(first.rows)
    for page in pages:
        rows += page.rows
        if len(rows) > MOST_PRINTED:
            raise BusinessError(
                "too_long",
                _("More than {most} lines are not printed: choose a table.").format(
                    most=MOST_PRINTED
                ),
                field="as",
            )
    return replace(first, rows=rows, following="")
