from __future__ import annotations

from django.urls import path

from apps.supply_chain.views import (
    bids,
    drop_ship,
    purchasing_reports,
    reorder,
    supplier_stock,
)

urlpatterns = [
    path("reorder/", reorder.reorder_page, name="purchasing-reorder"),
    path("drop-ship/", drop_ship.drop_ship_page, name="purchasing-drop-ship"),
    path("supplier-stock/", supplier_stock.supplier_stock_page, name="purchasing-supplier-stock"),
    path("bids/<int:pk>/", bids.bids_page, name="purchasing-bids"),
    path("reports/", purchasing_reports.report_page, name="purchasing-reports"),
    path("reports/<slug:name>/", purchasing_reports.report_page, name="purchasing-report"),
]
