"""The catalogue of roles: each app says in ``roles.toml`` what a role may do with its nouns.

``apps/core/roles.toml`` names the roles; the tables of every app grant ``view``, ``add``,
``change``, ``delete`` of models (``*`` = all of the app) and further ``verbs``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction

FILE = "roles.toml"
ACTIONS = ("view", "add", "change", "delete")


class UnknownPermission(Exception):
    """A catalogue grants what does not exist; the text names file and word."""


def our_apps() -> list[AppConfig]:
    return [config for config in apps.get_app_configs() if config.name.startswith("apps.")]


def nouns(config: AppConfig) -> list[Any]:
    """The app's models without the tables of their history."""
    return [model for model in config.get_models() if not hasattr(model, "history_object")]


def catalogue() -> dict[str, set[str]]:
    """Role → permissions as ``<app>.<codename>``. Raises ``UnknownPermission``."""
    core = _read(apps.get_app_config("core"))
    roles: dict[str, set[str]] = {name: set() for name in core["roles"]}
    for config in our_apps():
        tables = _read(config)
        tables.pop("roles", None)
        everywhere = core.get("everywhere", {})
        for role in everywhere:
            roles[role] |= _granted(config, role, everywhere[role])
        tables.pop("everywhere", None)
        for role, grants in tables.items():
            if role not in roles:
                raise UnknownPermission(f"{config.label}/{FILE}: there is no role {role}")
            roles[role] |= _granted(config, role, grants)
    return roles


def _read(config: AppConfig) -> dict[str, Any]:
    path = Path(config.path) / FILE
    return tomllib.loads(path.read_text()) if path.exists() else {}


def _granted(config: AppConfig, role: str, grants: dict[str, list[str]]) -> set[str]:
    models = {model._meta.model_name for model in nouns(config)}
    verbs = {code for model in nouns(config) for code, _name in model._meta.permissions}
    found: set[str] = set()
    for action, words in grants.items():
        if action not in (*ACTIONS, "verbs"):
            raise UnknownPermission(f"{config.label}/{FILE}: [{role}] has no {action}")
        known = verbs if action == "verbs" else models
        chosen: Iterable[str] = known if words == ["*"] else words
        for word in chosen:
            if word not in known:
                raise UnknownPermission(
                    f"{config.label}/{FILE}: [{role}] {action}: there is no {word}"
                )
            found.add(f"{config.label}.{word if action == 'verbs' else f'{action}_{word}'}")
    return found


def sync_roles(using: str = "default") -> dict[str, int]:
    """Make the groups of the catalogue hold exactly its permissions; role → number granted.

    Groups that the catalogue does not name are left alone. Raises ``UnknownPermission``.
    """
    wanted = catalogue()
    known = {
        f"{app}.{codename}": pk
        for pk, app, codename in Permission.objects.using(using).values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    with transaction.atomic(using=using):
        for role, permissions in wanted.items():
            missing = sorted(permissions - known.keys())
            if missing:
                raise UnknownPermission(f"{role}: not in the database: {', '.join(missing)}")
            group, _created = Group.objects.using(using).get_or_create(name=role)
            group.permissions.set([known[permission] for permission in permissions])
    return {role: len(permissions) for role, permissions in wanted.items()}


def sync_after_migrate(app_config: AppConfig, using: str = "default", **_signal: Any) -> None:
    """After the last of our apps has its permissions."""
    if app_config.label == our_apps()[-1].label:
        sync_roles(using)
