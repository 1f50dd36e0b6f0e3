from __future__ import annotations

from django.urls import path

from apps.supply_chain.views import deliveries, shipping

urlpatterns = [
    path("picks/<int:pk>/", shipping.ship_page, name="supply-chain-ship"),
    path("deliveries/<int:pk>/", deliveries.delivery_page, name="supply-chain-delivery"),
]
