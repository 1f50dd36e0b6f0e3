"""The sidebar: apps in the order of their layers, each with the lists that the user may see."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apps.core.admin.documents import admin_list_url
from apps.core.models import Document, LedgerRow, MasterData

_ICONS = {
    "core": "settings",
    "masterdata": "category",
    "finance": "account_balance",
    "inventory": "warehouse",
    "hr": "badge",
    "engineering": "design_services",
    "quality": "verified",
    "maintenance": "build",
    "crm": "handshake",
    "supply_chain": "local_shipping",
    "execution": "precision_manufacturing",
    "planning": "event",
    "projects": "flag",
    "reporting": "monitoring",
    "integration": "hub",
}


def navigation(request: Any) -> list[dict[str, Any]]:
    """One group per app, lowest layer last but for the administration, which closes the list.

    An app's ``pages`` outside the admin come first: (title, name of the address, icon, permission).
    """
    configs = [config for config in apps.get_app_configs() if config.name.startswith("apps.")]
    work = [config for config in configs if config.label != "core"]
    core = [config for config in configs if config.label == "core"]
    groups = []
    for config in [*reversed(work), *core]:
        items = [
            {"title": title, "link": link, "icon": icon, "active": request.path.startswith(link)}
            for title, name, icon, permission in getattr(config, "pages", ())
            if request.user.has_perm(permission)
            for link in (reverse(name),)
        ]
        items += [
            {"title": _title(model), "link": admin_list_url(model), "icon": _icon(model)}
            for model, model_admin in _sorted_models(config.label)
            if model_admin.has_view_permission(request)
        ]
        if items:
            groups.append(
                {
                    "title": config.verbose_name,
                    "icon": _ICONS.get(config.label, "folder"),
                    "collapsible": True,
                    "items": items,
                }
            )
    return groups


def acting_label(request: Any) -> list[str] | None:
    """The company acted in, in the bar of every page, for those who may go to another."""
    user = request.user
    acting = getattr(user, "acting", None)
    return [acting.code, "info"] if acting is not None and len(user.reach) > 1 else None


def account_links(request: Any) -> list[dict[str, Any]]:
    """The user menu: where to act, and the password."""
    user = request.user
    links = []
    if getattr(user, "acting", None) is not None:
        here = f"{reverse('company')}?{urlencode({'next': request.get_full_path()})}"
        links.append({"title": _("Company: %(code)s") % {"code": user.acting.code}, "link": here})
    if user.has_usable_password():
        links.append({"title": _("Change password"), "link": reverse("account_change_password")})
    return links


def _sorted_models(label: str) -> list[tuple[Any, Any]]:
    """Documents first, then nouns, then registers; a model may say ``admin_hidden``."""
    found = [
        (model, model_admin)
        for model, model_admin in admin.site._registry.items()
        if model._meta.app_label == label and not getattr(model_admin, "admin_hidden", False)
    ]
    return sorted(found, key=lambda pair: _rank(pair[0]))


def _rank(model: Any) -> int:
    for rank, base in enumerate((Document, MasterData, LedgerRow)):
        if issubclass(model, base):
            return rank
    return 3


def _title(model: Any) -> str:
    name = str(model._meta.verbose_name_plural)
    return name[:1].upper() + name[1:]


def _icon(model: Any) -> str:
    return ("description", "label", "receipt_long", "tune")[_rank(model)]
