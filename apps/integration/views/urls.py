from __future__ import annotations

from django.urls import path

from apps.integration.views.exports import export_page

urlpatterns = [path("export/", export_page, name="integration-export")]
