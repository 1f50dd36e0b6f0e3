"""The demo's pages are up while its month is still being played: look, but don't touch.

The loader notes in a file how far it is; the web process knows the file by its environment. While
the file is there, nothing is changed: a change would take goods that the story still needs.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _

from mes_erp.bootstrap import ROOT

VARIABLE = "MES_ERP_PLAYING"
NOTE = ROOT / "var" / "playing.json"
SAFE = ("GET", "HEAD", "OPTIONS")
#: Signing in and out, the language and the company are nobody's business but one's own.
OPEN = ("/accounts/", "/i18n/", "/company/", "/admin/login/", "/admin/logout/")
RETRY_SECONDS = "15"


def note_progress(done: int, total: int, path: Path = NOTE) -> None:
    """Say that ``done`` of ``total`` days are played; whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps({"done": done, "total": total}))
    draft.replace(path)


def note_end(path: Path = NOTE) -> None:
    path.unlink(missing_ok=True)


def progress() -> tuple[int, int] | None:
    """Days played and days in all; None when nothing is being played."""
    name = os.environ.get(VARIABLE)
    try:
        note = json.loads(Path(name).read_text()) if name else None
    except FileNotFoundError:
        return None
    return (note["done"], note["total"]) if note else None


def shown_progress(_request: HttpRequest) -> list[str] | None:
    """The label at the top of the admin."""
    days = progress()
    if days is None:
        return None
    return [_("Day {done} of {total} is played").format(done=days[0], total=days[1]), "warning"]


class LookOnly(MiddlewareMixin):
    """Refuses what changes anything while the month is being played."""

    def process_request(self, request: HttpRequest) -> HttpResponseBase | None:
        if request.method in SAFE or request.path_info.startswith(OPEN):
            return None
        days = progress()
        if days is None:
            return None
        values = {"done": days[0], "total": days[1]}
        if request.path_info.startswith("/api/"):
            return _with_retry(JsonResponse(_refusal(values), status=503))
        return _with_retry(render(request, "playing.html", values, status=503))


def _refusal(values: dict[str, int]) -> dict[str, Any]:
    """In the shape of every error of the API."""
    detail = _("The demo month is being played: day {done} of {total}.").format(**values)
    error = {"code": "month_is_played", "detail": detail, "attr": None}
    return {"type": "server_error", "errors": [error]}


def _with_retry(response: HttpResponseBase) -> HttpResponseBase:
    response.headers["Retry-After"] = RETRY_SECONDS
    return response
