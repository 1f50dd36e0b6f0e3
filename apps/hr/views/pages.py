"""What the pages of people share: who may come, and that a tap counts once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest
from django.views.decorators.cache import never_cache

from apps.core.errors import BusinessError
from apps.core.views.page_forms import once


def page(view: Any) -> Any:
    """For everybody who is signed in; never from a cache."""
    return never_cache(login_required(view))


def act_once(request: HttpRequest, act: Callable[[], str]) -> bool:
    """Run ``act`` once for the form's key; say what came of it, or why nothing did."""

    try:
        said = once(request, lambda: str(act()))
    except BusinessError as error:
        messages.error(request, str(error))
        return False
    messages.success(request, said)
    return True
