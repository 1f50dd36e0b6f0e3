"""Users and roles. Only a superuser gives privileges; nobody gives what he lacks."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as BaseGroupAdmin
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.paginator import InfinitePaginator

from apps.core.models import Membership, User

#: What staff see of another person, and what they may edit: not what signs that person in.
SHOWN = ("username", "email", "is_active", "is_staff", "last_login")
HARMLESS = ("first_name", "last_name")


class MembershipInline(TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("company",)
    filter_horizontal = ("sites",)

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_view_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.has_perm("core.view_membership"))


@admin.register(User)
class UserAdmin(BaseUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    paginator = InfinitePaginator
    show_full_result_count = False
    list_disable_select_all = True
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff")
    inlines = (MembershipInline,)

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        companies = request.user.scope.company_ids
        return rows.filter(memberships__company_id__in=companies).distinct()

    # Staff may correct names. Privileges, sign-in name, password and e-mail take a superuser.

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        if obj is None or request.user.is_superuser:
            return super().get_fieldsets(request, obj)
        return ((None, {"fields": (*SHOWN, *HARMLESS)}),)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = ("last_login", "date_joined")
        return fixed if request.user.is_superuser else (*fixed, *SHOWN)

    def get_form(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        if obj is not None and not request.user.is_superuser:
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, **kwargs)

    def has_add_permission(self, request: Any) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False  # a person who ever acted stays; deactivate instead

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        if obj is not None and obj.is_superuser and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def user_change_password(self, request: Any, id: str, form_url: str = "") -> Any:
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(BaseGroupAdmin, ModelAdmin):
    """Roles come from the catalogue (``manage.py sync_roles``); a superuser may add own ones."""

    def has_add_permission(self, request: Any) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)
