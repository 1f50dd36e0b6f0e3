"""The page that shows a secret: once, straight after it was made."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _


class ShowsSecret:
    """For an admin whose service returns a row ``WithSecret``."""

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> Any:
        made = type(self).create_service(**values, by=request.user, reason=reason)  # type: ignore[attr-defined]
        request._secret = made.secret
        return made.row

    def response_add(self, request: Any, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return self.secret_page(request, obj, request._secret)

    def secret_page(self, request: Any, row: Any, secret: str) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.model._meta,  # type: ignore[attr-defined]
            "original": row,
            "title": _("Secret of %(row)s") % {"row": row},
            "secret": secret,
            "back_url": self.admin_url("change", row.pk),  # type: ignore[attr-defined]
        }
        page = TemplateResponse(request, "integration/admin/secret.html", context)
        page["Cache-Control"] = "no-store"
        return page
