from __future__ import annotations

from django.urls import path

from apps.finance.views import closing

urlpatterns = [
    path("", closing.close_list, name="finance-closes"),
    path("begin/<int:period>/", closing.begin, name="finance-close-begin"),
    path("<int:pk>/", closing.close_page, name="finance-close"),
    path("<int:pk>/<slug:name>/", closing.act, name="finance-close-act"),
]
