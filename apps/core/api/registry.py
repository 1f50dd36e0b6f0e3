"""``/api/v1/<app>/<plural-noun>/``: every app's routes, collected in layer order."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import apps
from django.urls import URLPattern, URLResolver, include, path
from django.utils.module_loading import module_has_submodule
from rest_framework.routers import SimpleRouter


class ApiRouter(SimpleRouter):
    """The routes of one app; names are ``<app>-<plural-noun>-list`` and so on."""

    def __init__(self, app: str) -> None:
        super().__init__()
        self.app = app
        self.pages: list[URLPattern] = []

    def register(self, prefix: str, viewset: Any, basename: str | None = None) -> None:
        super().register(prefix, viewset, basename=basename or f"{self.app}-{prefix}")

    def add_page(self, route: str, view: Any, name: str) -> None:
        """A single page beside the nouns, such as ``me/``."""
        self.pages.append(path(route, view, name=f"{self.app}-{name}"))


def routers() -> list[ApiRouter]:
    """The router of each of our apps that has one, in the order of ``INSTALLED_APPS``."""
    found = []
    for config in apps.get_app_configs():
        if not config.name.startswith("apps.") or not module_has_submodule(config.module, "api"):
            continue
        package = import_module(f"{config.name}.api")
        if module_has_submodule(package, "urls"):
            found.append(import_module(f"{config.name}.api.urls").router)
    return found


def api_patterns() -> list[URLPattern | URLResolver]:
    return [path(f"{r.app.replace('_', '-')}/", include([*r.pages, *r.urls])) for r in routers()]
