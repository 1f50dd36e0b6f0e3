from __future__ import annotations

from typing import Any

from django.contrib import admin

from apps.core.admin.base import CompanyInline
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.master_data import MasterDataAdmin
from apps.masterdata.models import PaymentInstalment, PaymentTerms
from apps.masterdata.payment_days import Share
from apps.masterdata.resources import PaymentTermsResource
from apps.masterdata.services.payment_terms import change_payment_terms, create_payment_terms


class PaymentInstalmentInline(CompanyInline):
    model = PaymentInstalment
    fields = ("share", "days", "day_of_month")
    extra = 0
    min_num = 1


@admin.register(PaymentTerms)
class PaymentTermsAdmin(MasterDataAdmin):
    """Terms reach their service together with their instalments."""

    resource_class = PaymentTermsResource
    list_display = (
        "code",
        "name",
        "discount_percent",
        "discount_days",
        "company",
        "is_active",
    )
    fields = (
        "company",
        ("code", "name"),
        ("discount_percent", "discount_days"),
        ("discount_corrects_tax", "is_active"),
    )
    inlines = (PaymentInstalmentInline,)
    save_model = DocumentWithLinesAdmin.save_model
    save_related = DocumentWithLinesAdmin.save_related
    construct_change_message = DocumentWithLinesAdmin.construct_change_message

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> PaymentTerms:
        return create_payment_terms(**values, instalments=_shares(lines), by=request.user)

    def write_change(
        self,
        request: Any,
        row: PaymentTerms,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> PaymentTerms:
        instalments = None if lines is None else _shares(lines)
        return change_payment_terms(
            row, **values, instalments=instalments, version=version, by=request.user
        )


def _shares(lines: list[dict[str, Any]]) -> list[Share]:
    return [Share(one["share"], one.get("days", 0), one.get("day_of_month")) for one in lines]
