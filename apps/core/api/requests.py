"""What the headers of a request promise: a repeat's key, the version seen, the reason."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import APIException, ErrorDetail, ValidationError
from rest_framework.response import Response

from apps.core.api.renderers import to_plain
from apps.core.errors import StaleVersion
from apps.core.services.idempotency import answer_once, request_hash

LONGEST_KEY = 100
LONGEST_REASON = 500
_ETAG = re.compile(r'(?:W/)?"([0-9]{1,10})"')


class PreconditionRequired(APIException):
    status_code = 428
    default_code = "precondition_required"
    default_detail = "Send If-Match with the ETag that you have seen."


def idempotency_key(request: Any) -> str:
    """The request's Idempotency-Key; raises ``ValidationError`` (400) when it is missing."""
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        code = "invalid" if key else "required"
        text = _("Send an Idempotency-Key header of 1 to 100 printable characters.")
        raise ValidationError({"Idempotency-Key": [ErrorDetail(text, code=code)]})
    return key


def request_digest(request: Any) -> bytes:
    """A hash over method, path, query, company and body, the same for the same request."""
    files = getattr(request, "FILES", None)
    if files:
        digest = hashlib.sha256()
        for name in sorted(files):
            digest.update(f"{name}:{files[name].size}:".encode())
            for chunk in files[name].chunks():
                digest.update(chunk)
            files[name].seek(0)
        fields = sorted((n, v) for n, v in request.data.items() if n not in files)
        body = digest.digest() + repr(fields).encode()
    else:
        body = request._request.body
    acting = request.user.acting
    company = b"" if acting is None else f"{acting.company_id}:".encode()
    return request_hash(request.method, request.get_full_path(), company + body)


def respond_once(request: Any, act: Callable[[], tuple[int, Any]]) -> Response:
    """Do ``act`` once for the request's key and answer; a repeat gets the first answer again."""
    key = idempotency_key(request)

    def act_plainly() -> tuple[int, Any]:
        status, data = act()
        return status, to_plain(data)

    status, body, replayed = answer_once(
        user=request.user, key=key, digest=request_digest(request), act=act_plainly
    )
    response = Response(body, status=status, headers=etag_header(body))
    if replayed:
        response["Idempotent-Replay"] = "true"
    return response


def etag_header(body: Any) -> dict[str, str]:
    version = body.get("version") if isinstance(body, dict) else None
    return {"ETag": f'"{version}"'} if isinstance(version, int) else {}


def seen_version(request: Any, *, required: bool = True) -> int | None:
    """The version in ``If-Match``. Missing is 428, malformed 412: neither may change anything."""
    header = request.headers.get("If-Match", "").strip()
    if not header:
        if required:
            raise PreconditionRequired(_("Send If-Match with the ETag that you have seen."))
        return None
    match = _ETAG.fullmatch(header)
    if match is None:
        raise StaleVersion("stale_version", _("If-Match is no ETag of this row."))
    return int(match[1])


def check_version(row: Any, version: int | None) -> None:
    if version is not None and getattr(row, "version", version) != version:
        raise StaleVersion(
            "stale_version", _("Somebody changed this in the meantime. Reload and try again.")
        )


def change_reason(request: Any) -> str:
    """Why, for the history: the header ``Change-Reason``."""
    reason = request.headers.get("Change-Reason", "")
    if len(reason) > LONGEST_REASON or not (reason.isprintable() or not reason):
        text = _("At most 500 printable characters.")
        raise ValidationError({"Change-Reason": [ErrorDetail(text, code="invalid")]})
    return reason
