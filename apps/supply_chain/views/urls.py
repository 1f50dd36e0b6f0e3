from __future__ import annotations

from django.urls import path

from apps.supply_chain.views import deliveries, receiving, shipping

urlpatterns = [
    path("receiving/", receiving.expected_page, name="supply-chain-expected"),
    path("receiving/<int:pk>/", receiving.receive_page, name="supply-chain-receive"),
    path("picks/<int:pk>/", shipping.ship_page, name="supply-chain-ship"),
    path("deliveries/<int:pk>/", deliveries.delivery_page, name="supply-chain-delivery"),
]
