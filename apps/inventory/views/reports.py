"""The reports of stock as pages and files."""

from __future__ import annotations

from apps.core.views.report_pages import report_view
from apps.inventory.stock_reports import REPORTS

report_page = report_view(REPORTS, template="inventory/report.html", page="inventory-report")
