from __future__ import annotations

from django.urls import path

from apps.finance.views.reports import report_page

urlpatterns = [
    path("", report_page, name="finance-reports"),
    path("<slug:name>/", report_page, name="finance-report"),
]
