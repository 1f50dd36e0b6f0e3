"""One signed message over the wire: to a checked address, within seconds, no redirects."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import httpcore
from django.utils.translation import gettext as _
from standardwebhooks import Webhook

from apps.core.errors import InvalidInput
from apps.integration.services.targets import Target, resolve

CONNECT_SECONDS = 5.0
TOTAL_SECONDS = 15.0
LONGEST_ERROR = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt: the receiver's status, or why there is none."""

    status_code: int | None
    error: str
    duration_ms: int
    retry_after: int | None = None

    @property
    def is_delivered(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


def send(url: str, body: bytes, *, message_id: str, secrets: Iterable[str]) -> Outcome:
    """POST ``body``, signed with each of ``secrets`` (Standard Webhooks). The wire never raises."""
    begun = monotonic()
    status, error, retry_after = None, "", None
    try:
        status, retry_after = _post(resolve(url), _headers(body, message_id, secrets), body)
        if 300 <= status < 400:
            error = _("A redirect, which is not followed.")
        elif status >= 400:
            error = _("The receiver answered {status}.").format(status=status)
    except InvalidInput as refused:
        error = refused.message
    except httpcore.TimeoutException:
        error = _("No answer in time.")
    except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as failure:
        error = f"{type(failure).__name__}: {failure}"
    spent = round((monotonic() - begun) * 1000)
    return Outcome(status, error[:LONGEST_ERROR], spent, retry_after)


def _headers(body: bytes, message_id: str, secrets: Iterable[str]) -> list[tuple[str, str]]:
    now = datetime.now(UTC)
    text = body.decode()
    signatures = [Webhook(secret).sign(message_id, now, text) for secret in secrets]
    return list(
        {
            "content-type": "application/json",
            "user-agent": "MES-ERP webhooks",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }.items()
    )


def _post(target: Target, headers: Any, body: bytes) -> tuple[int, int | None]:
    """(status, seconds of Retry-After). The answer's body is not read: nobody wants it."""
    backend = _PinnedBackend(target.addresses, monotonic() + TOTAL_SECONDS)
    timeout = {"connect": CONNECT_SECONDS, "read": TOTAL_SECONDS, "write": TOTAL_SECONDS}
    with (
        httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(), network_backend=backend, max_connections=1
        ) as pool,
        pool.stream(
            "POST", target.url, headers=headers, content=body, extensions={"timeout": timeout}
        ) as response,
    ):
        return response.status, _seconds(dict(response.headers).get(b"retry-after", b""))


def _seconds(header: bytes) -> int | None:
    return int(header) if header.isdigit() and len(header) < 6 else None


class _PinnedBackend(httpcore.NetworkBackend):
    """Connects to the checked addresses whatever the name says by now; all of it until ``end``.

    Host and certificate are still those of the URL, for they are httpcore's to send and to check.
    """

    def __init__(self, addresses: tuple[str, ...], end: float) -> None:
        self._addresses, self._end = addresses, end
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Any = None,
    ) -> httpcore.NetworkStream:
        for address in self._addresses[:-1]:
            try:
                return self._connect(address, port)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(self._addresses[-1], port)

    def _connect(self, address: str, port: int) -> httpcore.NetworkStream:
        left = self._end - monotonic()
        if left <= 0:
            raise httpcore.ConnectTimeout
        stream = self._backend.connect_tcp(address, port, min(CONNECT_SECONDS, left))
        return _TimedStream(stream, self._end)


class _TimedStream(httpcore.NetworkStream):
    """A stream whose time runs out, however steadily it drips."""

    def __init__(self, stream: httpcore.NetworkStream, end: float) -> None:
        self._stream, self._end = stream, end

    def _left(self) -> float:
        left = self._end - monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: Any = None
    ) -> httpcore.NetworkStream:
        inner = self._stream.start_tls(
            ssl_context, server_hostname, min(CONNECT_SECONDS, self._left())
        )
        return _TimedStream(inner, self._end)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
