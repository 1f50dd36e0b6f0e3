"""What every request passes and no app owns."""

import re
import uuid
from typing import Any

import structlog
from allauth.mfa.utils import is_mfa_enabled
from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from apps.core.reasons import act_by_key
from apps.core.sign_in import second_factor_missing

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class LooserContentSecurityPolicy(MiddlewareMixin):
    """Two vendored faces need more than the strict policy; nothing else gets it."""

    theme = {  # evaluates expressions in attributes
        "script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
    }
    paths = {
        "/admin/": theme,
        "/integration/export/": theme,  # pages in the frame of the admin
        "/reports/finance/einvoices/": theme,
        "/reports/finance/chart/": theme,
        "/reports/finance/audit-file/": theme,
        "/api/docs/": {"style-src": [SELF, UNSAFE_INLINE]},  # Swagger UI sets styles
    }

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        for path, policy in self.paths.items():
            if request.path_info.startswith(path):
                response._csp_replace = policy  # type: ignore[attr-defined]
        return response


class RequestContext(MiddlewareMixin):
    """Each log line of a request carries its id, and the caller gets it back."""

    def process_request(self, request: HttpRequest) -> None:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        act_by_key("")
        structlog.contextvars.bind_contextvars(request_id=request_id)

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        response.headers["X-Request-ID"] = getattr(request, "request_id", "")
        return response


class RequireSecondFactor(MiddlewareMixin):
    """People of the roles in `SECOND_FACTOR_ROLES` set one up before they get anywhere else."""

    open_paths = ("/accounts/", "/static/", "/i18n/", "/healthz", "/readyz")

    def process_view(
        self, request: HttpRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        roles = settings.SECOND_FACTOR_ROLES
        if not roles or request.path_info.startswith(self.open_paths):
            return None
        user = request.user
        if not user.is_authenticated:
            return None
        if not user.is_superuser and not user.groups.filter(name__in=roles).exists():
            return None
        return None if is_mfa_enabled(user) else second_factor_missing(request)
