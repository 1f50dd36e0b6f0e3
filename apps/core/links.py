"""Where a row of any model can be looked at: for links from a register back to its source.

Upper apps say so in ``AppConfig.ready``; nobody below imports them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.urls import NoReverseMatch, reverse

from apps.core.api.registry import routers

Resolver = Callable[[int], str]
_pages: dict[str, Resolver] = {}


@dataclass(frozen=True, slots=True)
class Link:
    """``model`` is ``app.model``; ``url`` a page for people, ``api`` the API's; empty: none."""

    model: str
    id: int
    label: str
    url: str
    api: str

    def as_dict(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "id": self.id,
            "label": self.label,
            "url": self.url,
            "api": self.api,
        }


def register(model: str, page: str | Resolver) -> None:
    """Say where rows of ``model`` (``app.model``) are shown: a URL name or a function of keys."""
    _pages[model.lower()] = page if callable(page) else lambda key: reverse(page, args=[key])


def link_to(content_type_id: int, key: int) -> Link:
    """The places of a row: the registered page, else the admin's; and the API's."""
    kind = ContentType.objects.get_for_id(content_type_id)
    name = f"{kind.app_label}.{kind.model}"
    if name in _pages:
        url = _pages[name](key)
    else:
        url = _reversed(f"admin:{kind.app_label}_{kind.model}_change", key)
    return Link(name, key, f"{kind.name} {key}", url, _api(kind, key))


def _api(kind: ContentType, key: int) -> str:
    name = _api_names().get(kind.model_class())
    return "" if name is None else _reversed(f"{name}-detail", key)


@cache
def _api_names() -> dict[Any, str]:
    """Model to the base name of its routes."""
    return {
        viewset.model_class(): basename
        for router in routers()
        for _prefix, viewset, basename in router.registry
        if hasattr(viewset, "retrieve") and hasattr(viewset, "model_class")
    }


def _reversed(name: str, key: int) -> str:
    try:
        return reverse(name, args=[key])
    except NoReverseMatch:
        return ""
