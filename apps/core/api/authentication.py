"""Who is calling: a browser session, or a token of ``knox``."""

from __future__ import annotations

import binascii
from hmac import compare_digest
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from knox.auth import TokenAuthentication
from knox.crypto import hash_token
from knox.settings import CONSTANTS
from rest_framework import authentication, exceptions

from apps.core.acting import HEADER, enter_named, note
from apps.core.backends import load_token_users


def act(request: Any, user: Any) -> None:
    """In the company of ``X-Company``, else of the session, else in the default one."""
    if HEADER in request.headers:
        enter_named(user, request.headers[HEADER])
    elif user.acting is None:
        user.enter(None)
        note(user)


class ApiTokenAuthentication(TokenAuthentication):
    """``Authorization: Token …``: one statement, permissions and scope included."""

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is not None:
            act(request, found[0])
        return found

    def authenticate_credentials(self, token: bytes) -> tuple[Any, Any]:
        try:
            text = token.decode("utf-8")
            digest = hash_token(text)
        except (UnicodeError, TypeError, binascii.Error):
            raise exceptions.AuthenticationFailed(_("Invalid token.")) from None
        for known, user in load_token_users(text[: CONSTANTS.TOKEN_KEY_LENGTH]):
            if not compare_digest(digest, known.digest):
                continue
            # Expired tokens are refused here and swept at night: no extra statement per request.
            if known.expiry is not None and known.expiry < timezone.now():
                continue
            if not user.is_active:
                raise exceptions.AuthenticationFailed(_("This user is not active."))
            return user, known
        raise exceptions.AuthenticationFailed(_("Invalid token."))


class SessionAuthentication(authentication.SessionAuthentication):
    """Sessions, with CSRF; says 401 to strangers where DRF would say 403."""

    def authenticate(self, request: Any) -> tuple[Any, Any] | None:
        found = super().authenticate(request)
        if found is not None:
            act(request, found[0])
        return found

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
