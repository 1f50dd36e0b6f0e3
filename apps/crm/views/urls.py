from __future__ import annotations

from django.urls import path

from apps.crm.views import customers, pipeline, reports

urlpatterns = [
    path("pipeline/", pipeline.board_page, name="crm-pipeline"),
    path("pipeline/<int:pk>/move/", pipeline.move, name="crm-pipeline-move"),
    path("customers/", customers.search, name="crm-customers"),
    path("customers/<int:pk>/", customers.customer_page, name="crm-customer"),
    path("reports/", reports.report_page, name="crm-reports"),
    path("reports/<slug:name>/", reports.report_page, name="crm-report"),
]
