from __future__ import annotations

from django.urls import path

from apps.supply_chain.views import portal

urlpatterns = [
    path("", portal.orders_page, name="supplier-portal"),
    path("orders/<int:pk>/", portal.order_page, name="supplier-order"),
    path("orders/<int:pk>/notice/", portal.notice_page, name="supplier-notice"),
    path("orders/<int:pk>/pdf/", portal.order_pdf, name="supplier-order-pdf"),
    path("invoices/", portal.bills_page, name="supplier-invoices"),
]
