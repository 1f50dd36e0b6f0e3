"""Single sign-on as settings; read before any app is loaded."""

from __future__ import annotations

from typing import Any


def single_sign_on(
    server: str, client_id: str, secret: str, name: str, *, vouches: bool = False
) -> dict[str, Any]:
    """Settings of an OpenID Connect provider; empty when there is none.

    One that ``vouches`` is believed every address; of another only those it calls verified.
    """
    if not server:
        return {}
    app = {
        "provider_id": "sso",
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {"server_url": server, "oauth_pkce_enabled": True},
    }
    trust = {"EMAIL_AUTHENTICATION": True, "VERIFIED_EMAIL": vouches}
    return {"openid_connect": {"APPS": [app], **trust}}
