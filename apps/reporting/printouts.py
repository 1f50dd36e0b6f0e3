"""Papers of this app."""

from __future__ import annotations

from apps.core.printouts import render_pdf
from apps.core.report_files import text_rows
from apps.reporting.investments import reports_of
from apps.reporting.models import RoiCase
from apps.reporting.queries.roi_cases import view_roi_case


def roi_case_pdf(case: RoiCase, *, paper: str = "A4") -> bytes:
    """Planned against measured, for who decides."""
    view = view_roi_case(case)
    context = {
        "company": case.company,
        "case": case,
        "view": view,
        "tables": [(report, text_rows(report)) for report in reports_of(view)],
    }
    return render_pdf(
        "reporting/printouts/roi_case.html", context, paper=paper, title=str(case), signed=case
    )
