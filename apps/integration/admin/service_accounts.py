from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from apps.core.admin.base import CompanyForm, CompanyModelAdmin
from apps.integration.models import ServiceAccount
from apps.integration.services.service_accounts import (
    create_service_account,
    update_service_account,
)


class ServiceAccountForm(CompanyForm):
    roles = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"),
        required=False,
        label=_("Roles"),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("What the account may do. You can give only rights that you have."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["roles"].initial = self.instance.user.groups.all()


@admin.register(ServiceAccount)
class ServiceAccountAdmin(CompanyModelAdmin):
    """Programs that use the API."""

    form = ServiceAccountForm
    list_display = ("code", "name", "user", "company", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name")
    ordering = ("code",)
    fields = ("company", "code", "name", "is_active", "user", "roles")
    readonly_fields = ("user",)

    def get_fields(self, request: Any, obj: Any = None) -> Any:
        return [name for name in self.fields if obj is not None or name != "user"]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return fixed if obj is None else (*fixed, "code")

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        request._roles = [group.name for group in form.cleaned_data["roles"]]
        request._are_roles_changed = "roles" in form.changed_data
        super().save_model(request, obj, form, change)

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> Any:
        return create_service_account(
            **values, roles=request._roles, by=request.user, reason=reason
        )

    def perform_update(self, request: Any, row: Any, values: dict[str, Any], reason: str) -> Any:
        roles = request._roles if request._are_roles_changed else None
        return update_service_account(row, **values, roles=roles, by=request.user, reason=reason)
