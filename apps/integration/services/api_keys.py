"""API keys: shown once, kept as a hash, narrowed by scopes, over when they should be."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from django.apps import apps
from django.contrib.auth.models import Permission
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.core.services.documents import lock
from apps.core.sql import execute
from apps.core.transactions import unit_of_work
from apps.integration.models import ApiKey, ServiceAccount
from apps.integration.services.endpoints import WithSecret
from apps.integration.services.service_accounts import require_no_more_rights

LONGEST_LIFE = timedelta(days=366)
USE_IS_WRITTEN_EVERY = timedelta(minutes=5)
_SCOPE = re.compile(r"(\*|[a-z_]+)\.(read|write)", re.ASCII)
_USED = """
INSERT INTO integration_apikeyuse (company_id, key_id, last_used_at, last_address)
VALUES (%s, %s, clock_timestamp(), %s) ON CONFLICT (key_id) DO UPDATE
   SET last_used_at = excluded.last_used_at, last_address = excluded.last_address
"""


def create_api_key(
    account: ServiceAccount,
    *,
    name: str,
    scopes: str,
    expires_at: datetime,
    by: User,
    networks: str = "",
    requests_per_minute: int | None = None,
    reason: str = "",
) -> WithSecret:
    """A key of ``account``: ``prefix.secret``, told this once."""
    now = timezone.now()
    if not now < expires_at <= now + LONGEST_LIFE:
        raise InvalidInput(
            "bad_expiry", _("A key ends within a year, and not in the past."), field="expires_at"
        )
    prefix, secret = f"mesk_{secrets.token_hex(5)}", secrets.token_urlsafe(32)
    opened = checked_scopes(scopes).split()
    with unit_of_work():
        require_no_more_rights(account, by=by, may=lambda one: is_in_scope(one, opened))
        key = ApiKey(
            company_id=account.company_id,
            account=account,
            name=name,
            prefix=prefix,
            digest=digest_of(secret),
            scopes=" ".join(opened),
            networks=checked_networks(networks),
            requests_per_minute=requests_per_minute,
            expires_at=expires_at,
        )
        return WithSecret(key.save_by(by, reason=reason), f"{prefix}.{secret}")


def revoke_api_key(key: ApiKey, *, by: User) -> ApiKey:
    """From now on it opens nothing. A second time is harmless."""
    with unit_of_work():
        row = lock(key)
        if row.revoked_at is None:
            row.revoked_at = timezone.now()
            row.save_by(by, reason=_("Revoked"))
    return row


def note_use(key: ApiKey, address: str, last: datetime | None) -> None:
    """Keep when and from where, unless that was written a few minutes ago."""
    if last is None or last < timezone.now() - USE_IS_WRITTEN_EVERY:
        execute(_USED, [key.company_id, key.pk, address[:45]])


def digest_of(secret: str) -> str:
    """The secret has 256 random bits: a plain hash can't be guessed back."""
    return hashlib.sha256(secret.encode()).hexdigest()


def scope_of(permission: str) -> str:
    """The scope that opens ``permission``."""
    app, _dot, codename = permission.partition(".")
    return f"{app}.{'read' if codename.startswith('view_') else 'write'}"


def within_scopes(permissions: Iterable[str], scopes: Collection[str]) -> set[str]:
    """Those of ``permissions`` that one of ``scopes`` opens; *write* opens reading, too."""
    return {one for one in permissions if is_in_scope(one, scopes)}


def is_in_scope(permission: str, scopes: Collection[str]) -> bool:
    app, _dot, _codename = permission.partition(".")
    wanted = {permission, f"{app}.write", "*.write"}
    if scope_of(permission).endswith(".read"):
        wanted |= {f"{app}.read", "*.read"}
    return not wanted.isdisjoint(scopes)


def checked_scopes(text: str) -> str:
    """The scopes in ``text``, once each. Raises ``InvalidInput`` for one that opens nothing."""
    scopes = list(dict.fromkeys(text.split()))
    if not scopes:
        raise InvalidInput("no_scope", _("A key has at least one scope."), field="scopes")
    labels = {c.label for c in apps.get_app_configs() if c.name.startswith("apps.")}
    single = [scope for scope in scopes if not _is_wide(scope, labels)]
    known = set()
    if single:
        rows = Permission.objects.filter(codename__in=[s.partition(".")[2] for s in single])
        for app, code in rows.values_list("content_type__app_label", "codename"):
            known.add(f"{app}.{code}")
    for scope in single:
        if scope not in known:
            raise InvalidInput(
                "unknown_scope",
                _("There is no scope {scope}.").format(scope=scope[:140]),
                field="scopes",
            )
    return " ".join(scopes)


def checked_networks(text: str) -> str:
    networks = text.replace(",", " ").split()
    for network in networks:
        try:
            ip_network(network)
        except ValueError:
            raise InvalidInput(
                "bad_network",
                _("{network} is no network, such as 203.0.113.0/24.").format(network=network[:60]),
                field="networks",
            ) from None
    return " ".join(networks)


def may_come_from(key: ApiKey, address: str) -> bool:
    """Whether ``key`` may be used from ``address``."""
    networks = key.networks.split()
    if not networks:
        return True
    try:
        here: Any = ip_address(address)
    except ValueError:
        return False
    here = getattr(here, "ipv4_mapped", None) or here
    return any(here in ip_network(network) for network in networks)


def _is_wide(scope: str, labels: Collection[str]) -> bool:
    match = _SCOPE.fullmatch(scope)
    return match is not None and (match[1] == "*" or match[1] in labels)
