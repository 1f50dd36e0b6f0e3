from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from unfold.decorators import action, display

from apps.core.admin.base import CompanyModelAdmin
from apps.integration.admin.secrets import ShowsSecret
from apps.integration.models import ApiKey
from apps.integration.services.api_keys import create_api_key, revoke_api_key


@admin.register(ApiKey)
class ApiKeyAdmin(ShowsSecret, CompanyModelAdmin):
    """Keys: made here, shown once, revoked in the list or on the page."""

    create_service = staticmethod(create_api_key)
    list_display = ("prefix", "name", "account", "state", "expires_at", "company")
    list_filter = ("account",)
    search_fields = ("prefix", "name")
    fields = (
        "company",
        "account",
        "name",
        "scopes",
        "networks",
        "requests_per_minute",
        "expires_at",
        "prefix",
        "revoked_at",
        "last_used",
    )
    readonly_fields = ("prefix", "revoked_at", "last_used")
    actions = ("revoke_selected",)

    @display(
        description=gettext_lazy("state"),
        label={"valid": "success", "expired": "warning", "revoked": "danger"},
    )
    def state(self, key: ApiKey) -> tuple[str, Any]:
        if key.revoked_at is not None:
            return "revoked", _("Revoked")
        if key.expires_at < timezone.now():
            return "expired", _("Expired")
        return "valid", _("Valid")

    @admin.display(description=gettext_lazy("last used"))
    def last_used(self, key: ApiKey) -> str:
        use = key.uses.first() if key.pk else None
        if use is None:
            return _("never")
        local = timezone.localtime(use.last_used_at)
        return f"{local:%Y-%m-%d %H:%M}, {use.last_address}"

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        made = ("prefix", "revoked_at", "last_used")
        return [name for name in self.fields if obj is not None or name not in made]

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> Any:
        values.pop("company", None)  # the account's
        return super().perform_create(request, values, reason)

    def get_actions(self, request: Any) -> dict[str, Any]:
        actions = super().get_actions(request)
        if not request.user.has_perm("integration.change_apikey"):
            actions.pop("revoke_selected", None)
        return actions

    @action(description=gettext_lazy("Revoke the selected keys"))
    def revoke_selected(self, request: Any, queryset: Any) -> HttpResponse | None:
        if not request.user.has_perm("integration.change_apikey"):
            raise PermissionDenied
        keys = list(queryset.filter(revoked_at__isnull=True).order_by("pk"))
        for key in keys:
            revoke_api_key(key, by=request.user)
        text = ngettext("%(n)d key revoked.", "%(n)d keys revoked.", len(keys))
        messages.success(request, text % {"n": len(keys)})
        return None
