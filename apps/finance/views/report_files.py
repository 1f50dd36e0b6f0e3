"""One report, built once, as the face asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.report_files import to_csv, to_pdf, to_xlsx
from apps.core.reports import Report
from apps.finance.account_letters import account_letter
from apps.finance.receivable_reports import STATEMENT
from apps.finance.report_jobs import AT_ONCE
from apps.finance.report_parameters import ReportRequest, read_request
from apps.finance.report_registry import PAGED, REPORTS

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}
#: Reports that are sent: their PDF is a letter.
LETTERS = {STATEMENT: account_letter}


def build(name: str, given: Mapping[str, str], user: Any) -> tuple[ReportRequest, Report]:
    asked = read_request(given, user)
    return asked, REPORTS[name](asked)


def file_of(name: str, given: Mapping[str, str], user: Any) -> tuple[bytes, str, str]:
    """Content, content type and file name.

    Raises ``InvalidInput`` for an unknown format, ``BusinessError`` (``too_long``) for a file that
    is made in the background.
    """
    wanted = given.get("as", "")
    if wanted not in FORMATS:
        raise InvalidInput(
            "invalid_choice",
            _("Choose one of: {names}.").format(names=", ".join(FORMATS)),
            field="as",
        )
    asked = read_request(given, user)
    if name in PAGED:
        asked = replace(asked, page_size=AT_ONCE, cursor="")
    if wanted == "pdf" and name in LETTERS:
        content = LETTERS[name](asked, paper=given.get("paper", "A4"))
        return content, FORMATS[wanted], REPORTS[name](asked).file_name(wanted)
    report = REPORTS[name](asked)
    if report.following or len(report.rows) > AT_ONCE:
        raise BusinessError(
            "too_long",
            _("A file of more than {most} lines is made in the background.").format(most=AT_ONCE),
            field="as",
        )
    if wanted == "pdf":
        content = to_pdf(report, company=asked.company, paper=given.get("paper", "A4"))
    else:
        content = (to_csv if wanted == "csv" else to_xlsx)(report)
    return content, FORMATS[wanted], report.file_name(wanted)
