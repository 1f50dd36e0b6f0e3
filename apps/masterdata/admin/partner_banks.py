from __future__ import annotations

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin
from apps.masterdata.models import PartnerBankAccount
from apps.masterdata.services.partner_banks import (
    create_partner_bank_account,
    update_partner_bank_account,
)


@admin.register(PartnerBankAccount)
class PartnerBankAccountAdmin(CompanyModelAdmin):
    create_service = staticmethod(create_partner_bank_account)
    update_service = staticmethod(update_partner_bank_account)
    list_display = (
        "partner",
        "iban",
        "account_number",
        "bic",
        "currency",
        "holder",
        "is_default",
        "account_changed_at",
        "company",
        "is_active",
    )
    list_filter = ("is_active", "is_default", "currency")
    search_fields = ("iban", "account_number", "partner__code", "partner__name", "holder")
    ordering = ("partner", "iban")
    readonly_fields = ("account_changed_at",)
    fields = (
        "company",
        "partner",
        ("iban", "account_number"),
        ("bic", "currency"),
        "holder",
        ("is_default", "is_active"),
        "account_changed_at",
    )
