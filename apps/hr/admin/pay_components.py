from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyInline
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.master_data import MasterDataAdmin
from apps.hr.models import PayComponent, PayFormula, PayTable, PayTableRow
from apps.hr.resources import PayComponentResource, PayTableRowResource
from apps.hr.services.pay_components import NewFormula, change_component, save_component
from apps.hr.services.pay_tables import change_pay_table, save_pay_table


class NounWithLinesAdmin(MasterDataAdmin):
    """A noun whose lines reach its service together with it, as a document's do."""

    save_model = DocumentWithLinesAdmin.save_model
    save_related = DocumentWithLinesAdmin.save_related
    construct_change_message = DocumentWithLinesAdmin.construct_change_message


class PayFormulaInline(CompanyInline):
    model = PayFormula
    fields = ("effective_from", "base_formula", "formula")
    extra = 0
    min_num = 1


@admin.register(PayComponent)
class PayComponentAdmin(NounWithLinesAdmin):
    resource_class = PayComponentResource
    list_display = (
        "code",
        "name",
        "kind",
        "sequence",
        "account_role",
        "distribution",
        "company",
        "is_active",
    )
    list_filter = ("kind", "is_active")
    ordering = ("sequence", "code")
    fields = (
        "company",
        ("code", "name"),
        ("kind", "sequence"),
        ("account_role", "distribution"),
        ("decimal_places", "rounding"),
        ("is_shown", "is_active"),
    )
    inlines = (PayFormulaInline,)

    def write_new(self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]) -> Any:
        formulas = [NewFormula(**line) for line in lines]
        return save_component(**values, formulas=formulas, by=request.user)

    def write_change(
        self, request: Any, row: Any, values: dict[str, Any], lines: Any, version: int | None
    ) -> Any:
        formulas = None if lines is None else [NewFormula(**line) for line in lines]
        return change_component(row, **values, formulas=formulas, version=version, by=request.user)


class PayTableRowInline(CompanyInline):
    model = PayTableRow
    fields = ("effective_from", "key", "above", "amount", "percent")
    extra = 1


@admin.register(PayTable)
class PayTableAdmin(NounWithLinesAdmin):
    """Import adds brackets to tables that exist: next year's version is one file."""

    resource_class = PayTableRowResource
    actions_list = ("import_rows",)
    inlines = (PayTableRowInline,)

    def write_new(self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]) -> Any:
        return save_pay_table(**values, rows=lines, by=request.user)

    def write_change(
        self, request: Any, row: Any, values: dict[str, Any], lines: Any, version: int | None
    ) -> Any:
        return change_pay_table(row, **values, rows=lines, version=version, by=request.user)
