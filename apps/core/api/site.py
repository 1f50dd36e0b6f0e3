"""``include("apps.core.api.site")`` under ``api/``: version 1, its schema and its documentation."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularSwaggerSplitView

from apps.core.api.registry import api_patterns
from apps.core.api.schema_page import SchemaView
from apps.core.api.unknown import unknown_endpoint

#: A person looks at it: who is not signed in is shown the way, not a bare 401.
_documentation = login_required(SpectacularSwaggerSplitView.as_view(url_name="api-schema"))

urlpatterns = [
    path("v1/", include(api_patterns())),
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("docs/", _documentation, name="api-docs"),
    re_path(r"^.*$", unknown_endpoint),
]
