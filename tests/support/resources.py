"""The tables that nouns are imported from and exported to."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps
from django.utils.module_loading import module_has_submodule

from apps.core.resources import Resource


def resources() -> list[type[Resource]]:
    """Every table whose columns are the fields of one model."""
    for config in apps.get_app_configs():
        if config.name.startswith("apps.") and module_has_submodule(config.module, "resources"):
            import_module(f"{config.name}.resources")
    found: list[type[Resource]] = []
    waiting = list(Resource.__subclasses__())
    while waiting:
        one = waiting.pop()
        waiting.extend(one.__subclasses__())
        is_plain = all(
            getattr(one, name) is getattr(Resource, name)
            for name in ("__init__", "export", "_exported")
        )
        if is_plain and hasattr(one, "model"):
            found.append(one)
    return sorted(found, key=lambda one: one.__qualname__)
