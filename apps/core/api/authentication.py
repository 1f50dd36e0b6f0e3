"""Who is calling: a browser session, or a token of ``knox``."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from rest_framework import authentication, exceptions

from apps.core.backends import load_user


class ApiTokenAuthentication(TokenAuthentication):
    """``Authorization: Token …``: two statements, the second with permissions and scope."""

    def validate_user(self, auth_token: Any) -> tuple[Any, Any]:
        user = load_user(auth_token.user_id)
        if user is None or not user.is_active:
            raise exceptions.AuthenticationFailed(_("This user is not active."))
        return user, auth_token

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        try:
            return super().authenticate_credentials(token)
        except UnicodeDecodeError:
            raise exceptions.AuthenticationFailed(_("Invalid token.")) from None

    def _cleanup_token(self, auth_token: Any) -> bool:
        # Expired tokens are refused here and swept at night: no extra statement per request.
        from django.utils import timezone

        return auth_token.expiry is not None and auth_token.expiry < timezone.now()


class SessionAuthentication(authentication.SessionAuthentication):
    """Sessions, with CSRF; says 401 to strangers where DRF would say 403."""

    def authenticate_header(self, request: Any) -> str:
        return "Session"


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "apps.core.api.authentication.ApiTokenAuthentication"
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Token …"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "apps.core.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}
