"""The reports of sales as pages and files."""

from __future__ import annotations

from apps.core.views.report_pages import report_view
from apps.crm.reports import REPORTS

report_page = report_view(REPORTS, template="crm/report.html", page="crm-report")
