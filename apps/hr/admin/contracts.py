from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.imports import ImportExportMixin
from apps.hr.models import Contract, PayFact
from apps.hr.resources import ContractResource, PayFactResource
from apps.hr.services.contracts import create_contract, update_contract
from apps.hr.services.pay_facts import create_pay_fact, update_pay_fact


class WithTables(ImportExportMixin, CompanyModelAdmin):
    """Rows without a code of their own that come and go as tables."""

    def get_urls(self) -> list[Any]:
        return [*self.import_urls(), *super().get_urls()]


@admin.register(Contract)
class ContractAdmin(WithTables):
    """New terms are a new contract; one that pay was calculated under may only end."""

    resource_class = ContractResource
    create_service = staticmethod(create_contract)
    update_service = staticmethod(update_contract)
    list_display = (
        "employee",
        "effective_from",
        "effective_to",
        "basis",
        "rate",
        "hours_per_week",
        "structure",
        "cost_centre",
        "company",
    )
    list_filter = ("basis", "structure")
    search_fields = ("employee__code", "employee__name")
    ordering = ("employee__code", "-effective_from")
    fields = (
        "company",
        "employee",
        ("effective_from", "effective_to"),
        ("basis", "rate", "hours_per_week"),
        ("structure", "cost_centre"),
    )


@admin.register(PayFact)
class PayFactAdmin(WithTables):
    resource_class = PayFactResource
    create_service = staticmethod(create_pay_fact)
    update_service = staticmethod(update_pay_fact)
    list_display = ("employee", "code", "effective_from", "value", "company")
    list_filter = ("code",)
    search_fields = ("employee__code", "employee__name", "code")
    ordering = ("employee__code", "code", "-effective_from")
