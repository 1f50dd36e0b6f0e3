"""An OpenID Connect provider as large as the protocol asks: a real HTTP server with real keys.

It answers discovery, authorisation (code with PKCE), token, keys and user information as OpenID
Connect Core 1.0 and RFC 7636 say; ``claims`` are of the person who signs in there.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

CLIENT, SECRET, KEY = "mes-erp", "its-secret", "key-1"


@dataclass
class IdentityProvider:
    """One client, one key. ``audience`` and ``is_code_good`` make it a bad provider."""

    claims: dict[str, Any] = field(default_factory=dict)
    audience: str = CLIENT
    is_code_good: bool = True
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: set[str] = set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_error: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "jwks_uri": f"{self.url}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser goes next: back, with a code."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        back = urlencode({"code": code, "state": query["state"]})
        return f"{query['redirect_uri']}?{back}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        asked = self._codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if authorization != f"Basic {basic}":
            return 401, {"error": "invalid_client"}
        if asked is None or not self.is_code_good or not _is_proved(asked, form):
            return 400, {"error": "invalid_grant"}
        access = secrets.token_urlsafe(16)
        self._tokens.add(access)
        now = int(time.time())
        claims = self.claims | {"iss": self.url, "aud": self.audience, "iat": now, "exp": now + 60}
        identity = jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": KEY})
        return 200, {"access_token": access, "token_type": "Bearer", "id_token": identity}

    def keys(self) -> dict[str, Any]:
        public = json.loads(RSAAlgorithm.to_jwk(self._key.public_key()))
        return {"keys": [public | {"kid": KEY, "use": "sig", "alg": "RS256"}]}

    def is_known(self, authorization: str) -> bool:
        return authorization.removeprefix("Bearer ") in self._tokens


def _is_proved(asked: dict[str, str], form: dict[str, str]) -> bool:
    """RFC 7636: the caller knows what its challenge was made of."""
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    wanted = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return asked.get("code_challenge") == wanted


def _handler(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path)
            provider.asked.append(path.path)
            if path.path == "/authorize":
                query = {name: values[0] for name, values in parse_qs(path.query).items()}
                self.send_response(302)
                self.send_header("Location", provider.authorize(query))
                self.end_headers()
            elif path.path == "/.well-known/openid-configuration":
                self._answer(200, provider.discovery())
            elif path.path == "/keys":
                self._answer(200, provider.keys())
            elif path.path == "/userinfo" and provider.is_known(self.headers["Authorization"]):
                self._answer(200, provider.claims)
            else:
                self._answer(401, {"error": "invalid_token"})

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*provider.token(form, self.headers.get("Authorization", "")))

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *_args: Any) -> None:
            """Tests print nothing."""

    return Handler
