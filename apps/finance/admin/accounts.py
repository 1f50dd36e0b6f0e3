from __future__ import annotations

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.master_data import MasterDataAdmin
from apps.finance.models import Account, CostObject, Journal, PostingRule, StatementLine, TaxCode
from apps.finance.resources import (
    AccountResource,
    CostObjectResource,
    JournalResource,
    StatementLineResource,
    TaxCodeResource,
)
from apps.finance.services.accounts import create_account, update_account


@admin.register(StatementLine)
class StatementLineAdmin(MasterDataAdmin):
    resource_class = StatementLineResource
    list_display = ("code", "name", "statement", "parent", "position", "company")
    list_filter = ("statement", "is_active")
    ordering = ("statement", "position")


@admin.register(Account)
class AccountAdmin(MasterDataAdmin):
    resource_class = AccountResource
    create_service = staticmethod(create_account)
    update_service = staticmethod(update_account)
    list_display = ("code", "name", "kind", "control", "statement_line", "company", "is_active")
    list_filter = ("kind", "control", "is_active")


@admin.register(Journal)
class JournalAdmin(MasterDataAdmin):
    resource_class = JournalResource
    list_display = ("code", "name", "module", "company", "is_active")
    list_filter = ("module", "is_active")


@admin.register(CostObject)
class CostObjectAdmin(MasterDataAdmin):
    resource_class = CostObjectResource
    list_display = ("code", "name", "kind", "company", "is_active")
    list_filter = ("kind", "is_active")


@admin.register(TaxCode)
class TaxCodeAdmin(MasterDataAdmin):
    resource_class = TaxCodeResource
    list_display = ("code", "name", "rate", "treatment", "category", "company", "is_active")
    list_filter = ("treatment", "category", "is_active")


@admin.register(PostingRule)
class PostingRuleAdmin(CompanyModelAdmin):
    list_display = ("role", "category", "reason", "account", "company")
    list_filter = ("role",)
    search_fields = ("role", "account__code", "account__name")
    ordering = ("role",)
