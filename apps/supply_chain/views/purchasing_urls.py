from __future__ import annotations

from django.urls import path

from apps.supply_chain.views import purchasing_reports, reorder

urlpatterns = [
    path("reorder/", reorder.reorder_page, name="purchasing-reorder"),
    path("reports/", purchasing_reports.report_page, name="purchasing-reports"),
    path("reports/<slug:name>/", purchasing_reports.report_page, name="purchasing-report"),
]
