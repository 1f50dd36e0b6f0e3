from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyInline
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.master_data import MasterDataAdmin
from apps.finance.models import RecurringInvoice, RecurringInvoiceLine, RecurringPeriod
from apps.finance.services.invoices import BillingLine
from apps.finance.services.recurring_invoices import (
    change_recurring_invoice,
    create_recurring_invoice,
)


class RecurringInvoiceLineInline(CompanyInline):
    model = RecurringInvoiceLine
    fields = (
        "item",
        "description",
        "quantity",
        "unit_price",
        "tax_code",
        "account",
        "cost_object",
    )
    extra = 0
    min_num = 1


class RecurringPeriodInline(CompanyInline):
    model = RecurringPeriod
    fields = ("date", "invoice")
    readonly_fields = fields
    max_num = 0
    can_delete = False


@admin.register(RecurringInvoice)
class RecurringInvoiceAdmin(MasterDataAdmin):
    """Schedules reach their service together with their lines."""

    list_display = (
        "code",
        "name",
        "kind",
        "partner",
        "every",
        "unit",
        "next_on",
        "company",
        "is_active",
    )
    list_filter = ("kind", "is_active", "partner")
    list_select_related = ("partner", "company")
    fields = (
        "company",
        ("code", "name"),
        ("kind", "partner"),
        ("currency", "payment_terms"),
        ("every", "unit"),
        ("starts_on", "ends_on"),
        ("reference", "is_active"),
        ("next_on", "periods_done"),
    )
    readonly_fields = ("next_on", "periods_done")
    inlines = (RecurringInvoiceLineInline, RecurringPeriodInline)
    save_model = DocumentWithLinesAdmin.save_model
    save_related = DocumentWithLinesAdmin.save_related
    construct_change_message = DocumentWithLinesAdmin.construct_change_message

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> RecurringInvoice:
        billed = _billed(lines)
        return create_recurring_invoice(**values, lines=billed, by=request.user)

    def write_change(
        self,
        request: Any,
        row: RecurringInvoice,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> RecurringInvoice:
        billed = None if lines is None else _billed(lines)
        return change_recurring_invoice(
            row, **values, lines=billed, version=version, by=request.user
        )


def _billed(lines: list[dict[str, Any]]) -> list[BillingLine]:
    """The lines; periods, which say nothing here, are left out."""
    return [BillingLine(**line) for line in lines if line]
