"""The sidebar: apps in the order of their layers, each with the lists that the user may see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.urls import get_script_prefix, reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core.admin.links import admin_list_url
from apps.core.models import Document, LedgerRow, MasterData

_LINK = (
    "flex h-[38px] items-center -mx-3 px-3 rounded-default hover:text-primary-600 "
    "dark:hover:text-primary-500"
)
_ACTIVE = (
    f"{_LINK} bg-base-100 font-semibold text-primary-600 dark:bg-white/[.06] "
    "dark:text-primary-500 active"
)
_SIGN = "material-symbols-outlined md-18 mr-3 w-[18px]"


@dataclass(frozen=True, slots=True)
class _Place:
    """A link of the sidebar, drawn; ``may`` asks of a request whether it is shown."""

    link: str
    drawn: str
    drawn_active: str
    may: Callable[[Any], bool]


def navigation(request: Any) -> list[dict[str, Any]]:
    """One group per app, lowest layer last but for the administration, which closes the list.

    An app's ``pages`` outside the admin come first: (title, name of the address, icon, permission).
    """
    groups = []
    for title, places in _places(get_language() or "", get_script_prefix()):
        shown = [
            (place, request.path.startswith(place.link)) for place in places if place.may(request)
        ]
        if shown:
            drawn = (place.drawn_active if active else place.drawn for place, active in shown)
            links = SafeString("".join(drawn))
            is_active = any(active for _place, active in shown)
            groups.append({"title": title, "active": is_active, "links": links})
    return groups


@lru_cache(maxsize=64)
def _places(_language: str, _prefix: str) -> list[tuple[str, list[_Place]]]:
    """(title, places) of each app; the same for everybody who reads one language."""
    configs = [config for config in apps.get_app_configs() if config.name.startswith("apps.")]
    work = [config for config in configs if config.label != "core"]
    core = [config for config in configs if config.label == "core"]
    return [(str(config.verbose_name), _of_app(config)) for config in [*reversed(work), *core]]


def _of_app(config: Any) -> list[_Place]:
    pages = [
        _place(str(title), reverse(name), icon, partial(_has, permission))
        for title, name, icon, permission in getattr(config, "pages", ())
    ]
    lists = [
        _place(_title(model), admin_list_url(model), _icon(model), model_admin.has_view_permission)
        for model, model_admin in _sorted_models(config.label)
    ]
    return pages + lists


def _place(title: str, link: str, icon: str, may: Callable[[Any], bool]) -> _Place:
    drawn = [
        format_html(
            '<li><a href="{}" class="{}"><span class="{}">{}</span><span>{}</span></a></li>',
            *(link, look, _SIGN, icon, title),
        )
        for look in (_LINK, _ACTIVE)
    ]
    return _Place(link, drawn[0], drawn[1], may)


def _has(permission: str, request: Any) -> bool:
    return request.user.has_perm(permission)


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
