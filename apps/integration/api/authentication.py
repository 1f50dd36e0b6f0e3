"""``Authorization: Bearer <prefix>.<secret>``: a program with an API key."""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import authentication, exceptions
from rest_framework.throttling import BaseThrottle

from apps.core.api.authentication import act
from apps.core.reasons import act_by_key
from apps.integration.models import ApiKey
from apps.integration.queries.keys import key_by_prefix
from apps.integration.services.api_keys import (
    digest_of,
    is_in_scope,
    may_come_from,
    note_use,
    scope_of,
    within_scopes,
)

LONGEST = 200


@dataclass(frozen=True, slots=True)
class KeyAuth:
    """What ``request.auth`` is for a key: which one, and why it does not open something."""

    key: ApiKey
    scopes: tuple[str, ...]

    def refusal_of(self, permissions: tuple[str, ...]) -> str:
        """Why these ``permissions`` are not all there: the scope, or the account's roles."""
        for permission in permissions:
            if not is_in_scope(permission, self.scopes):
                return _("The API key lacks the scope {scope}.").format(scope=scope_of(permission))
        return _("The roles of the service account do not allow this: {right}.").format(
            right=", ".join(permissions)
        )


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """A user with the rights of the account's roles that the key's scopes open."""

    def authenticate(self, request: Any) -> tuple[Any, KeyAuth] | None:
        act_by_key("")  # nothing is left of the request before this one
        kind, _space, text = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        prefix, _dot, secret = text.strip().partition(".")
        known = key_by_prefix(prefix) if len(text) <= LONGEST and prefix.isascii() else None
        is_right = known is not None and compare_digest(digest_of(secret), known.key.digest)
        if known is None or not is_right or not known.key.is_usable:
            raise exceptions.AuthenticationFailed(_("This API key is unknown, revoked or expired."))
        if not (known.user.is_active and known.is_account_active):
            raise exceptions.AuthenticationFailed(_("This service account is not active."))
        address = BaseThrottle().get_ident(request)
        if not may_come_from(known.key, address):
            raise exceptions.AuthenticationFailed(_("This API key may not be used from here."))
        user: Any = known.user
        scopes = tuple(known.key.scopes.split())
        user.is_superuser = False
        user._perm_cache = within_scopes(user._perm_cache, scopes)
        act(request, user)
        note_use(known.key, address, known.last_used_at)
        act_by_key(known.key.prefix)
        return user, KeyAuth(known.key, scopes)

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "apps.integration.api.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "prefix.secret of an API key"}
