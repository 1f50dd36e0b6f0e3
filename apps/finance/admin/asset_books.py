from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import DateReasonForm
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.master_data import MasterDataAdmin
from apps.finance.asset_resources import AssetClassResource, DepreciationBookResource
from apps.finance.models import (
    AssetClass,
    AssetClassBook,
    DepreciationBook,
    DepreciationRun,
)
from apps.finance.services.asset_classes import (
    create_class,
    create_class_book,
    update_book,
    update_class,
    update_class_book,
)
from apps.finance.services.depreciation_runs import post_depreciation, reverse_depreciation


@admin.register(DepreciationBook)
class DepreciationBookAdmin(MasterDataAdmin):
    resource_class = DepreciationBookResource
    update_service = staticmethod(update_book)
    list_display = ("code", "name", "posts_to_ledger", "company", "is_active")


@admin.register(AssetClass)
class AssetClassAdmin(MasterDataAdmin):
    resource_class = AssetClassResource
    create_service = staticmethod(create_class)
    update_service = staticmethod(update_class)
    list_display = ("code", "name", "asset_account", "depreciation_account", "company", "is_active")


@admin.register(AssetClassBook)
class AssetClassBookAdmin(CompanyModelAdmin):
    create_service = staticmethod(create_class_book)
    update_service = staticmethod(update_class_book)
    list_display = (
        "asset_class",
        "book",
        "method",
        "convention",
        "life_months",
        "residual_percent",
        "company",
    )
    list_filter = ("book", "method")
    search_fields = ("asset_class__code", "asset_class__name")
    ordering = ("asset_class", "book")


@admin.register(DepreciationRun)
class DepreciationRunAdmin(DocumentAdmin):
    """Adding one depreciates its period in its book."""

    can_add = True
    editable_statuses = ()
    list_display = (
        "number",
        "status_label",
        "book",
        "period",
        "date",
        "assets",
        "total",
        "company",
    )
    list_filter = ("status", "book", "date")
    list_select_related = ("book", "period__fiscal_year", "company")
    list_totals = ("total",)
    fields = ("company", ("book", "period"), ("date", "assets", "total"))
    readonly_fields = ("date", "assets", "total")
    verbs = (
        Verb(
            "reverse",
            _("Reverse"),
            "finance.reverse_depreciationrun",
            reverse_depreciation,
            ("posted",),
            form=DateReasonForm,
            is_danger=True,
        ),
    )

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> DepreciationRun:
        return post_depreciation(
            values["company"], period=values["period"], book=values["book"], by=request.user
        )

    def get_form(self, request: Any, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        if "period" in form.base_fields:
            periods = form.base_fields["period"].queryset
            form.base_fields["period"].queryset = periods.filter(is_closing=False)
        return form

    def links_of(self, request: Any, document: DepreciationRun) -> list[Link]:
        links = [admin_row_link(document.entry)] if document.entry else []
        return [*links, *super().links_of(request, document)]
