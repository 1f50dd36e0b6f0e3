from __future__ import annotations

from django.urls import path

from apps.finance.views import bank

urlpatterns = [
    path("", bank.bank_page, name="finance-bank"),
    path("lines/<int:pk>/take/", bank.take, name="finance-bank-take"),
    path("lines/<int:pk>/post/", bank.post, name="finance-bank-post"),
    path("lines/<int:pk>/unmatch/", bank.unmatch, name="finance-bank-unmatch"),
    path("lines/<int:pk>/ignore/", bank.ignore, name="finance-bank-ignore"),
    path("accounts/<int:pk>/automatic/", bank.automatic, name="finance-bank-automatic"),
]
