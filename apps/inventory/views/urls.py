from __future__ import annotations

from django.urls import path

from apps.inventory.views import (
    counts,
    kanban,
    labels,
    moving,
    packages,
    picks,
    put_away,
    reports,
    scan,
)

urlpatterns = [
    path("reports/", reports.report_page, name="inventory-reports"),
    path("reports/<slug:name>/", reports.report_page, name="inventory-report"),
    path("", scan.scan_page, name="inventory-scan"),
    path("labels/", labels.label_page, name="inventory-labels"),
    path("move/", moving.move_page, name="inventory-move"),
    path("packages/new/", packages.new_package, name="inventory-new-package"),
    path("packages/<int:pk>/", packages.package_page, name="inventory-package"),
    path("put-away/", put_away.waiting_page, name="inventory-put-away"),
    path("put-away/<int:pk>/", put_away.put_away_page, name="inventory-put-away-one"),
    path("picks/", picks.open_picks, name="inventory-picks"),
    path("picks/<int:pk>/", picks.pick_page, name="inventory-pick"),
    path("kanban/", kanban.empty_cards, name="inventory-kanban"),
    path("kanban/<int:pk>/", kanban.card_page, name="inventory-kanban-card"),
    path("counts/", counts.open_counts, name="inventory-counts"),
    path("counts/<int:pk>/", counts.count_page, name="inventory-count"),
]
