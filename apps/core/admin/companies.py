from __future__ import annotations

from typing import Any

from django.contrib import admin
from unfold.admin import ModelAdmin, TabularInline

from apps.core.admin.base import CompanyModelAdmin, LedgerAdmin
from apps.core.admin.scoping import ScopedChoicesMixin
from apps.core.models import Company, CompanySwitch, Membership, Site


class SiteInline(ScopedChoicesMixin, TabularInline):
    model = Site
    extra = 0
    fields = ("code", "name", "time_zone", "is_active")
    show_change_link = True

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Company)
class CompanyAdmin(CompanyModelAdmin):
    list_display = ("code", "name", "currency")
    search_fields = ("code", "name")
    fieldsets = (
        (None, {"fields": ("code", "name", "currency", ("tax_number", "registration_number"))}),
        (
            "Contact",
            {
                "fields": (
                    ("address", "country"),
                    ("email", "phone"),
                    ("electronic_address", "electronic_address_scheme"),
                    "bank_details",
                    ("iban", "bic"),
                )
            },
        ),
    )
    inlines = (SiteInline,)

    def get_queryset(self, request: Any) -> Any:
        rows = ModelAdmin.get_queryset(self, request)
        return rows.open_to(request.user)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        """Only the company acted in is changed, but for who sets companies up."""
        if obj is not None and not request.user.is_superuser:
            acting = request.user.acting
            if acting is not None and acting.company_id != obj.pk:
                return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        """The books are kept in it: neither changes after the first day."""
        return () if obj is None else ("code", "currency")

    def has_add_permission(self, request: Any) -> bool:
        return bool(request.user.is_superuser)

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        for row in formset.save(commit=False):
            row.company_id = form.instance.pk
            self.save_line(request, row)


@admin.register(Site)
class SiteAdmin(CompanyModelAdmin):
    list_display = ("code", "name", "company", "time_zone", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code", "name")
    fields = ("company", "code", "name", "time_zone", "address", "is_active")


@admin.register(Membership)
class MembershipAdmin(CompanyModelAdmin):
    """Who sees which company. Only a superuser gives access."""

    list_display = ("user", "company", "is_default")
    search_fields = ("user__username",)
    filter_horizontal = ("sites",)

    def get_queryset(self, request: Any) -> Any:
        rows = super().get_queryset(request)
        if request.user.is_superuser:
            return rows
        return rows.filter(company_id__in=request.user.scope.company_ids)

    def has_add_permission(self, request: Any) -> bool:
        return bool(request.user.is_superuser)

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.is_superuser)


@admin.register(CompanySwitch)
class CompanySwitchAdmin(LedgerAdmin):
    """Who went to act where, and when."""

    list_display = ("created_at", "created_by", "left", "company", "site")
    search_fields = ("created_by__username",)
    fields = ("created_at", "created_by", "left", "company", "site")
