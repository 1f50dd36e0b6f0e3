"""The admin's site: what every page carries is built only when it is shown, and cheaply."""

from __future__ import annotations

from typing import Any

from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string
from unfold.settings import get_config
from unfold.sites import UnfoldAdminSite


class SuiteAdminSite(UnfoldAdminSite):
    """Unfold's site for a few hundred models: the list of all of them costs nothing unless read."""

    def get_app_list(self, request: Any, app_label: str | None = None) -> Any:
        """Apps with their models, made when first looked at: most pages never do."""
        listed = super().get_app_list
        return SimpleLazyObject(lambda: listed(request, app_label))

    def get_sidebar_list(self, request: Any) -> list[dict[str, Any]]:
        """Groups of links as the project's ``navigation`` gives them, which knows the rights."""
        navigation = get_config(self.settings_name)["SIDEBAR"]["navigation"]
        return import_string(navigation)(request)
