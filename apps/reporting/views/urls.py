from __future__ import annotations

from django.urls import path

from apps.reporting.views.dashboards import dashboard_page, dashboards_page
from apps.reporting.views.kpis import kpis_page
from apps.reporting.views.loss_bridge import loss_bridge_page
from apps.reporting.views.pivots import lines_page, pivot_page, pivots_page
from apps.reporting.views.roi_cases import roi_page

urlpatterns = [
    path("pivot/", pivots_page, name="reporting-pivots"),
    path("pivot/<slug:code>/", pivot_page, name="reporting-pivot"),
    path("pivot/<slug:code>/lines/", lines_page, name="reporting-lines"),
    path("dashboards/", dashboards_page, name="reporting-dashboards"),
    path("dashboards/<int:pk>/", dashboard_page, name="reporting-dashboard"),
    path("loss-bridge/", loss_bridge_page, name="reporting-loss-bridge"),
    path("kpis/", kpis_page, name="reporting-kpis"),
    path("roi/<int:pk>/", roi_page, name="reporting-roi"),
]
