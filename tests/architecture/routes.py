"""Every address of the API and the admin, and who may go there, read off the code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib import admin
from django.test import RequestFactory
from django.urls import URLPattern, get_resolver
from rest_framework.permissions import IsAuthenticated

from apps.core.api.permissions import permissions_for
from apps.core.api.registry import routers
from apps.core.models import User
from apps.core.models.users import Scope

NOBODYS_ROW = "0"


@dataclass(frozen=True)
class Endpoint:
    """``path`` has ``{id}`` where a row is named. ``permissions`` is None when none is mapped."""

    method: str
    path: str
    action: str
    view: type[Any]
    permissions: tuple[str, ...] | None
    is_personal: bool = False

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def model(self) -> type[Any] | None:
        """The model of a viewset on our bases; None for reports and personal pages."""
        return self.view.model_class() if hasattr(self.view, "model_class") else None

    def url(self, key: Any = None) -> str:
        """The address of row ``key``, or of a row that can't exist."""
        pattern = getattr(self.view, "lookup_value_regex", "") or NOBODYS_ROW
        nobodys = NOBODYS_ROW if re.fullmatch(pattern, NOBODYS_ROW) else "XXX"
        return "/api/v1" + self.path.replace("{id}", nobodys if key is None else str(key))


@cache
def api_endpoints() -> tuple[Endpoint, ...]:
    """Every method of every address of the API, nouns and single pages alike."""
    found = [endpoint for router in routers() for endpoint in _of_router(router)]
    return (*found, *(page for router in routers() for page in _of_pages(router)))


def _of_pages(router: Any) -> Iterator[Endpoint]:
    """``add_page``: open to whoever is signed in, or to the permissions the view names."""
    prefix = "/" + router.app.replace("_", "-")
    for pattern in router.pages:
        view = pattern.callback.cls
        path = re.sub(r"<[^>]*>", "{id}", str(pattern.pattern))
        is_personal = view.permission_classes == (IsAuthenticated,)
        for method in ("get", "post", "put", "patch", "delete"):
            if hasattr(view, method):
                permissions = () if is_personal else permissions_for(view, method, method)
                yield Endpoint(
                    method.upper(), f"{prefix}/{path}", method, view, permissions, is_personal
                )


def _of_router(router: Any) -> Iterator[Endpoint]:
    prefix = "/" + router.app.replace("_", "-")
    for noun, viewset, _basename in router.registry:
        for route in router.get_routes(viewset):
            mapping = router.get_method_map(viewset, route.mapping)
            allowed = getattr(viewset, "http_method_names", ())
            for method, action in mapping.items():
                if method not in allowed:
                    continue
                path = route.url.format(prefix=noun, lookup="{id}", trailing_slash="/")
                yield Endpoint(
                    method.upper(),
                    f"{prefix}/{path.strip('^$')}".replace("//", "/"),
                    action,
                    viewset,
                    _permissions(viewset, action, method),
                    getattr(viewset, "is_personal", False),
                )


def _permissions(viewset: type[Any], action: str, method: str) -> tuple[str, ...] | None:
    if getattr(viewset, "is_personal", False):
        return ()
    view = viewset()
    view.action = action
    return permissions_for(view, action, method)


def admin_rights(permissions: set[str]) -> Iterator[tuple[str, bool]]:
    """(page of the admin, whether somebody with ``permissions`` may go there)."""
    request = RequestFactory().get("/admin/")
    user = User(username="role", is_staff=True, is_active=True)
    user.pk = -1
    user._perm_cache = permissions
    user.scope = Scope((), None)
    request.user = user
    for model, page in sorted(admin.site._registry.items(), key=lambda p: p[0]._meta.label_lower):
        label = model._meta.label_lower
        yield f"{label}: view", page.has_view_permission(request)
        yield f"{label}: add", page.has_add_permission(request)
        yield f"{label}: change", page.has_change_permission(request)
        yield f"{label}: delete", page.has_delete_permission(request)
        if getattr(page, "resource_class", None) is not None:
            yield f"{label}: import", page.has_import_permission(request)
        for verb in getattr(page, "verbs", ()):
            yield f"{label}: {verb.name}", verb.permission in permissions


def admin_urls() -> list[str]:
    """Every page of every model, with a row that does not exist where one is named."""
    urls = []
    for model, page in admin.site._registry.items():
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for pattern in page.urls:
            route = str(pattern.pattern)
            if "(?P" in route or "^" in route:
                continue
            for word in ("object_id", "id", "attachment_id"):
                for kind in ("path:", "int:", ""):
                    route = route.replace(f"<{kind}{word}>", NOBODYS_ROW)
            route = route.replace("<slug:name>", "x")
            urls.append(base + route)
    return sorted(set(urls))


@cache
def every_route() -> tuple[tuple[str, URLPattern], ...]:
    """(route, pattern) of every address there is, with a name or without."""
    return tuple(_walk(get_resolver(), ""))


def _walk(resolver: Any, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield route, entry
        else:
            yield from _walk(entry, route)
