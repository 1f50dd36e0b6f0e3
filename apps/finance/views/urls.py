from __future__ import annotations

from django.urls import path

from apps.finance.views.audit_files import audit_file_page
from apps.finance.views.charts import chart_page
from apps.finance.views.einvoices import einvoice_page
from apps.finance.views.reports import report_file_page, report_page

urlpatterns = [
    path("", report_page, name="finance-reports"),
    path("einvoices/", einvoice_page, name="finance-einvoices"),
    path("chart/", chart_page, name="finance-chart"),
    path("audit-file/", audit_file_page, name="finance-audit-file"),
    path("<slug:name>/", report_page, name="finance-report"),
    path("<slug:name>/file/", report_file_page, name="finance-report-file"),
]
