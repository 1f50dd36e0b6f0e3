from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.imports import ImportExportMixin
from apps.core.admin.master_data import MasterDataAdmin
from apps.core.models import Company
from apps.finance.consolidation_resources import (
    ConsolidationGroupResource,
    GroupAccountResource,
)
from apps.finance.models import (
    AverageRate,
    ConsolidationGroup,
    GroupAccount,
    GroupMargin,
    GroupMember,
    IntercompanyPartner,
)
from apps.finance.services.group_terms import (
    add_group_account,
    add_margin,
    change_group_account,
    change_margin,
)
from apps.finance.services.intercompany import (
    add_member,
    change_flag,
    change_member,
    create_average_rate,
    flag_partner,
)


class _OfReach:
    """Offers all companies that the reader may enter, not only the one he acts in."""

    reach_fields: tuple[str, ...] = ()

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        if db_field.name in self.reach_fields:
            ids = [one.company_id for one in request.user.reach]
            field.queryset = Company.objects.filter(pk__in=ids).order_by("code")
        return field


@admin.register(ConsolidationGroup)
class ConsolidationGroupAdmin(MasterDataAdmin):
    resource_class = ConsolidationGroupResource


@admin.register(GroupMember)
class GroupMemberAdmin(_OfReach, CompanyModelAdmin):
    reach_fields = ("member",)
    create_service = staticmethod(add_member)
    update_service = staticmethod(change_member)
    list_display = ("group", "member", "share", "has_own_chart", "company", "is_active")
    list_filter = ("group", "is_active")
    list_select_related = ("group", "member", "company")
    search_fields = ("group__code", "member__code", "member__name")
    ordering = ("group", "id")


@admin.register(GroupAccount)
class GroupAccountAdmin(ImportExportMixin, _OfReach, CompanyModelAdmin):
    reach_fields = ("member",)
    resource_class = GroupAccountResource
    create_service = staticmethod(add_group_account)
    update_service = staticmethod(change_group_account)
    list_display = ("group", "member", "account_code", "account", "company")
    list_filter = ("group",)
    list_select_related = ("group", "member", "account", "company")
    search_fields = ("account_code", "account__code", "account__name", "member__code")
    ordering = ("group", "member", "account_code")
    autocomplete_fields = ("account",)

    def get_urls(self) -> Any:
        return [*self.import_urls(), *super().get_urls()]


@admin.register(GroupMargin)
class GroupMarginAdmin(_OfReach, CompanyModelAdmin):
    reach_fields = ("seller", "buyer")
    create_service = staticmethod(add_margin)
    update_service = staticmethod(change_margin)
    list_display = ("group", "seller", "buyer", "margin", "company")
    list_filter = ("group",)
    list_select_related = ("group", "seller", "buyer", "company")
    search_fields = ("seller__code", "buyer__code")
    ordering = ("group", "id")


@admin.register(IntercompanyPartner)
class IntercompanyPartnerAdmin(_OfReach, CompanyModelAdmin):
    reach_fields = ("counterpart",)
    create_service = staticmethod(flag_partner)
    update_service = staticmethod(change_flag)
    list_display = ("partner", "counterpart", "account", "company")
    list_select_related = ("partner", "counterpart", "account", "company")
    search_fields = ("partner__code", "partner__name")
    ordering = ("id",)


@admin.register(AverageRate)
class AverageRateAdmin(CompanyModelAdmin):
    create_service = staticmethod(create_average_rate)
    list_display = ("currency", "starts_on", "ends_on", "rate", "company")
    list_filter = ("currency", "ends_on")
    list_select_related = ("currency", "company")
    search_fields = ("currency__code",)
    ordering = ("currency", "starts_on", "ends_on")

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)
