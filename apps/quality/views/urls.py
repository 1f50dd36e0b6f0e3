from __future__ import annotations

from django.urls import path

from apps.quality.views import bench, charts

urlpatterns = [
    path("", bench.waiting, name="quality-bench"),
    path("inspections/<int:pk>/", bench.inspection_page, name="quality-inspection"),
    path("inspections/<int:pk>/act/", bench.act, name="quality-act"),
    path("charts/", charts.charts, name="quality-charts"),
    path("charts/<int:pk>/", charts.chart_page, name="quality-chart"),
    path("charts/<int:pk>/freeze/", charts.freeze, name="quality-freeze"),
    path("gauges/<int:pk>/look-back/", charts.look_back_page, name="quality-look-back"),
]
