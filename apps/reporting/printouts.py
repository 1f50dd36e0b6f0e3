"""Papers of this app."""

from __future__ import annotations

from apps.core.printouts import render_pdf
from apps.core.report_files import text_rows
from apps.reporting.investments import appraisal_report, months_report, periods_report
from apps.reporting.models import RoiCase
from apps.reporting.queries.roi_cases import view_roi_case


def roi_case_pdf(case: RoiCase, *, paper: str = "A4") -> bytes:
    """Planned against measured, for who decides."""
    view = view_roi_case(case)
    reports = [appraisal_report(view), periods_report(view), months_report(view)]
    context = {
        "company": case.company,
        "case": case,
        "tables": [(report, text_rows(report)) for report in reports],
    }
    return render_pdf(
        "reporting/printouts/roi_case.html", context, paper=paper, title=str(case), signed=case
    )
