from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline, LedgerAdmin
from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateForm, DateReasonForm, ReasonForm
from apps.core.admin.imports import ImportExportMixin
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.core.admin.numbers import number_text
from apps.core.admin.printouts import Printout
from apps.core.money import ZERO
from apps.finance.admin.asset_forms import (
    CapitaliseForm,
    DisposeForm,
    EstimateForm,
    TakeOverForm,
    ValueForm,
)
from apps.finance.asset_card import asset_card_pdf
from apps.finance.asset_resources import FixedAssetResource
from apps.finance.models import AssetBook, AssetMovement, AssetUsage, FixedAsset
from apps.finance.services.asset_costs import capitalise_asset, take_over_asset
from apps.finance.services.asset_disposals import dispose_asset, reverse_last_event
from apps.finance.services.asset_values import change_estimate, impair_asset, revalue_asset
from apps.finance.services.assets import (
    BookTerms,
    cancel_asset,
    change_asset,
    put_asset_in_service,
    register_asset,
)

ACTIVE = ("in_use", "impaired")


class AssetBookInline(CompanyInline):
    """Terms are given with a new asset; later they change by a new estimate."""

    model = AssetBook
    fields = (
        "book",
        "method",
        "convention",
        "life_months",
        "rate",
        "factor",
        "residual",
        "units_total",
        "cost",
        "carrying",
    )
    readonly_fields = ("cost", "carrying")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the movements sum up to: one statement for all books."""
        rows = super().get_queryset(request)
        return rows.annotate(
            summed_cost=Coalesce(Sum("movements__cost"), ZERO),
            summed_depreciation=Coalesce(Sum("movements__depreciation"), ZERO),
        )

    @admin.display(description=_("cost"))
    def cost(self, row: Any) -> str:
        return number_text(getattr(row, "summed_cost", ZERO), least=2)

    @admin.display(description=_("carrying amount"))
    def carrying(self, row: Any) -> str:
        carried = getattr(row, "summed_cost", ZERO) - getattr(row, "summed_depreciation", ZERO)
        return number_text(carried, least=2)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(FixedAsset)
class FixedAssetAdmin(ImportExportMixin, DocumentWithLinesAdmin):
    """Without books of its own a new asset gets those of its class."""

    resource_class = FixedAssetResource
    editable_statuses = ("ordered", *ACTIVE)
    list_display = (
        "number",
        "name",
        "status_label",
        "asset_class",
        "in_service_on",
        "site",
        "location",
        "company",
    )
    list_filter = ("status", "asset_class", "site")
    search_fields = ("number", "name", "serial_number")
    inlines = (AssetBookInline,)
    readonly_fields = ("acquired_on", "in_service_on", "disposed_on")
    fields = (
        "company",
        "name",
        "asset_class",
        ("component_of", "cost_object"),
        ("supplier", "serial_number"),
        ("site", "location"),
        ("acquired_on", "in_service_on", "disposed_on"),
    )
    verbs = (
        Verb("capitalise", _("Capitalise"), "finance.capitalise_fixedasset", capitalise_asset,
             ("ordered", *ACTIVE), form=CapitaliseForm),
        Verb("service", _("Put in service"), "finance.capitalise_fixedasset",
             put_asset_in_service, ("ordered",), form=DateForm),
        Verb("take-over", _("Take over"), "finance.capitalise_fixedasset", take_over_asset,
             ("ordered",), form=TakeOverForm),
        Verb("revalue", _("Revalue"), "finance.revalue_fixedasset", revalue_asset, ACTIVE,
             form=ValueForm),
        Verb("impair", _("Impair"), "finance.revalue_fixedasset", impair_asset, ACTIVE,
             form=ValueForm),
        Verb("estimate", _("Change the estimate"), "finance.revalue_fixedasset", change_estimate,
             ACTIVE, form=EstimateForm),
        Verb("dispose", _("Dispose of"), "finance.dispose_fixedasset", dispose_asset, ACTIVE,
             form=DisposeForm, is_danger=True),
        Verb("reverse", _("Take back the last event"), "finance.reverse_fixedasset",
             reverse_last_event, ("ordered", *ACTIVE, "disposed"), form=DateReasonForm,
             is_danger=True),
        Verb("cancel", _("Cancel"), "finance.change_fixedasset", cancel_asset, ("ordered",),
             form=ReasonForm, is_danger=True),
    )  # fmt: skip
    printouts = Printout.on_both_papers("card", _("Asset card"), asset_card_pdf)

    def get_urls(self) -> list[Any]:
        return [*self.import_urls(), *super().get_urls()]

    def links_of(self, request: Any, document: FixedAsset) -> list[Link]:
        above = document.component_of
        links = [admin_row_link(above)] if above else []
        query = f"?asset__id__exact={document.pk}"
        links.append(Link(_("Movements"), admin_list_url(AssetMovement) + query, "receipt_long"))
        return [*links, *super().links_of(request, document)]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> FixedAsset:
        books = [BookTerms(**line) for line in lines]
        return register_asset(**values, books=books, by=request.user)

    def write_change(
        self,
        request: Any,
        row: FixedAsset,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> FixedAsset:
        reason = request.POST.get("change_reason", "")[:500]
        return change_asset(row, **values, version=version, reason=reason, by=request.user)


@admin.register(AssetMovement)
class AssetMovementAdmin(LedgerAdmin):
    list_display = (
        "date",
        "asset",
        "book",
        "kind",
        "cost",
        "depreciation",
        "result",
        "entry",
        "company",
    )
    list_filter = ("kind", "book", "asset", "date")
    list_select_related = ("asset", "book", "entry", "company")
    search_fields = ("asset__number", "asset__name")
    fields = (
        "company",
        ("asset", "book"),
        ("kind", "date"),
        ("cost", "depreciation"),
        ("surplus", "result", "proceeds"),
        ("entry", "reverses"),
        ("created_at", "created_by"),
    )
    ordering = ("-id",)


@admin.register(AssetUsage)
class AssetUsageAdmin(LedgerAdmin):
    list_display = ("date", "asset", "units", "company")
    list_filter = ("asset", "date")
    list_select_related = ("asset", "company")
    search_fields = ("asset__number", "asset__name")
    ordering = ("-id",)
