"""Nouns in the admin: history with who and why, import with preview, retire instead of delete."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.conversations import ConversationMixin
from apps.core.admin.imports import ImportExportMixin
from apps.core.services.master_data import deactivate
from apps.core.transactions import unit_of_work


class MasterDataAdmin(ImportExportMixin, ConversationMixin, CompanyModelAdmin):
    """A noun. Set ``resource_class`` for import and export, services for its rules."""

    list_display: Any = ("code", "name", "company", "is_active")
    list_filter: Any = ("is_active",)
    search_fields: Any = ("code", "name")
    ordering: Any = ("code",)
    actions: Any = ("deactivate_selected",)

    @action(description=gettext_lazy("Deactivate the selected rows"))
    def deactivate_selected(self, request: Any, queryset: Any) -> None:
        if not self.may_retire(request):
            raise PermissionDenied
        rows = list(queryset.filter(is_active=True).order_by("pk"))
        with unit_of_work():
            for row in rows:
                deactivate(row, by=request.user, reason=_("Deactivated in the list"))
        text = ngettext("%(n)d row deactivated.", "%(n)d rows deactivated.", len(rows))
        messages.success(request, text % {"n": len(rows)})

    def may_retire(self, request: Any) -> bool:
        opts = self.model._meta
        return bool(request.user.has_perm(f"{opts.app_label}.delete_{opts.model_name}"))

    def get_actions(self, request: Any) -> dict[str, Any]:
        actions = super().get_actions(request)
        if not self.may_retire(request):
            actions.pop("deactivate_selected", None)
        return actions

    def get_urls(self) -> list[URLPattern]:
        return [*self.import_urls(), *self.conversation_urls(), *super().get_urls()]
