"""Settings of the faces, for ``mes_erp.settings`` to import. Imports no model, so that it can."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.templatetags.static import static


def _style(_request: Any) -> str:
    return static("core/css/admin.css")


REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.core.api.authentication.ApiTokenAuthentication",
        "apps.core.api.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.core.api.permissions.ModelPermissions"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.api.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.api.renderers.FastJSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "apps.core.api.schema.Schema",
    "EXCEPTION_HANDLER": "apps.core.api.errors.exception_handler",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
DRF_STANDARDIZED_ERRORS: dict[str, Any] = {"ENABLE_IN_DEBUG_FOR_UNHANDLED_EXCEPTIONS": True}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "MES-ERP",
    "DESCRIPTION": (
        "Every POST that creates or acts takes an Idempotency-Key; every change takes If-Match "
        "with the ETag of the row as you saw it. Lists are paged by cursor."
    ),
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.core.api.schema.refuse_unknown_fields",
    ],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
}
REST_KNOX: dict[str, Any] = {
    "TOKEN_TTL": timedelta(days=90),
    "TOKEN_PREFIX": "mes_",
    "AUTO_REFRESH": False,
    "AUTH_HEADER_PREFIX": "Token",
}
UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "MES-ERP",
    "SITE_HEADER": "MES-ERP",
    "SITE_SUBHEADER": "The shop-floor event is the posting",
    "SITE_SYMBOL": "factory",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "STYLES": [_style],
    "ENVIRONMENT": "apps.core.admin.site.acting_label",
    "ACCOUNT": {"navigation": "apps.core.admin.site.account_links"},
    "SIDEBAR": {
        "show_search": True,
        "show_all_applications": False,
        "navigation": "apps.core.admin.site.navigation",
    },
    "COMMAND": {"search_models": False, "show_history": False},
}
