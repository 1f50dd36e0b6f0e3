"""The reports of purchasing as pages and files."""

from __future__ import annotations

from apps.core.views.report_pages import report_view
from apps.supply_chain.purchasing_reports import REPORTS

report_page = report_view(
    REPORTS, template="supply_chain/purchasing_report.html", page="purchasing-report"
)
