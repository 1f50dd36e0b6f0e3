"""The first page after signing in (``UNFOLD["DASHBOARD_CALLBACK"]``)."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from apps.reporting.presentation import present_home
from apps.reporting.queries.home import home_of

SECONDS_BETWEEN_LOOKS = 30


def dashboard(request: Any, context: dict[str, Any]) -> dict[str, Any]:
    """Adds ``home`` (see ``present_home``) and where the page asks for it again."""
    home = present_home(home_of(request.user))
    return context | {
        "title": None,
        "home": home,
        "home_url": reverse("reporting-home-list"),
        "home_seconds": SECONDS_BETWEEN_LOOKS,
    }
