from __future__ import annotations

from django.urls import path

from apps.inventory.views import counts

urlpatterns = [
    path("counts/", counts.open_counts, name="inventory-counts"),
    path("counts/<int:pk>/", counts.count_page, name="inventory-count"),
]
