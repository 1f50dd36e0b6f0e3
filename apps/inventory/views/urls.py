from __future__ import annotations

from django.urls import path

from apps.inventory.views import counts, labels, moving, scan

urlpatterns = [
    path("", scan.scan_page, name="inventory-scan"),
    path("labels/", labels.label_page, name="inventory-labels"),
    path("move/", moving.move_page, name="inventory-move"),
    path("counts/", counts.open_counts, name="inventory-counts"),
    path("counts/<int:pk>/", counts.count_page, name="inventory-count"),
]
