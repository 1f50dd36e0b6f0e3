from __future__ import annotations

from django.urls import path

from apps.engineering.views import reports

urlpatterns = [
    path("", reports.report_page, name="engineering-reports"),
    path("<slug:name>/", reports.report_page, name="engineering-report"),
]
