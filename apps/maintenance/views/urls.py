from __future__ import annotations

from django.urls import path

from apps.maintenance.views import pages, requests

urlpatterns = [
    path("maintenance/", pages.board, name="maintenance"),
    path("maintenance/request/", requests.request_page, name="maintenance-request"),
    path("maintenance/calendar/", pages.calendar, name="maintenance-calendar"),
    path("maintenance/assets/", pages.assets, name="maintenance-assets"),
    path("maintenance/assets/<int:pk>/", pages.asset_page, name="maintenance-asset"),
    path("maintenance/orders/<int:pk>/", pages.order_page, name="maintenance-order"),
]
