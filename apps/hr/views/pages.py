"""What the pages of people share: who may come, and that a tap counts once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from apps.core.errors import BusinessError, InvalidInput
from apps.core.services.idempotency import answer_once, request_hash

LONGEST_KEY = 100
CSRF = "csrfmiddlewaretoken"


def page(view: Any) -> Any:
    """For everybody who is signed in; never from a cache."""
    return never_cache(login_required(view))


def act_once(request: HttpRequest, act: Callable[[], str]) -> bool:
    """Run ``act`` once for the form's key; say what came of it, or why nothing did."""

    def once() -> tuple[int, Any]:
        return 200, {"said": str(act())}

    key = request.POST.get("key", "")
    sent = "&".join(f"{n}={v}" for n, v in sorted(request.POST.items()) if n != CSRF)
    try:
        if not 0 < len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
            raise InvalidInput("key_required", _("Reload the page and try again."), field="key")
        digest = request_hash("POST", request.path, sent.encode())
        _status, body, _replayed = answer_once(user=request.user, key=key, digest=digest, act=once)
    except BusinessError as error:
        messages.error(request, str(error))
        return False
    messages.success(request, body["said"])
    return True
