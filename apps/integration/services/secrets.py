"""Secrets of endpoints: sealed at rest with a key that is derived from the installation's own."""

from __future__ import annotations

import base64
import secrets
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.integration.models import WebhookEndpoint, WebhookSecret

BYTES = 32
OVERLAP = timedelta(hours=24)


def new_secret(endpoint: WebhookEndpoint) -> str:
    """A new secret, in its only appearance; the one before signs along for a day."""
    text = "whsec_" + base64.b64encode(secrets.token_bytes(BYTES)).decode()
    now = timezone.now()
    older: Any = WebhookSecret.objects.filter(endpoint=endpoint)
    older.filter(Q(expires_at__isnull=True)).update(expires_at=now + OVERLAP)
    WebhookSecret.objects.create(
        company_id=endpoint.company_id,
        endpoint=endpoint,
        sealed=_box().encrypt(text.encode()).decode(),
    )
    return text


def signing_secrets(endpoint: WebhookEndpoint) -> list[str]:
    """The secrets that sign now, newest first. Raises ``BusinessError`` for an unreadable one."""
    valid = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
    rows = WebhookSecret.objects.filter(valid, endpoint=endpoint).order_by("-id")
    try:
        return [_box().decrypt(row.sealed.encode()).decode() for row in rows]
    except InvalidToken:
        raise BusinessError(
            "secret_unreadable",
            _("The secret was sealed with another SECRET_KEY. Renew it."),
            field="secret",
        ) from None


def sealed(text: str) -> str:
    """``text`` as it may lie in the database."""
    return _box().encrypt(text.encode()).decode()


def opened(text: str) -> str:
    """What was sealed. Raises ``BusinessError`` when it was with another key."""
    try:
        return _box().decrypt(text.encode()).decode()
    except InvalidToken:
        raise BusinessError(
            "secret_unreadable",
            _("The secret was sealed with another SECRET_KEY. Renew it."),
            field="password",
        ) from None


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str | bytes) -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"mes-erp webhook secrets")
    return base64.urlsafe_b64encode(derive.derive(force_bytes(key)))
