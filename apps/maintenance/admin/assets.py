from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.core.admin.master_data import MasterDataAdmin
from apps.core.printouts import pdf_response
from apps.maintenance.models import Asset, FailureCode
from apps.maintenance.printouts import asset_label_pdf
from apps.maintenance.resources import AssetResource, FailureCodeResource
from apps.maintenance.services.assets import create_asset, update_asset
from apps.maintenance.services.failure_codes import create_failure_code, update_failure_code


@admin.register(Asset)
class AssetAdmin(MasterDataAdmin):
    resource_class = AssetResource
    create_service = staticmethod(create_asset)
    update_service = staticmethod(update_asset)
    list_display = (
        "code",
        "name",
        "kind",
        "criticality",
        "parent",
        "machine",
        "site",
        "company",
        "is_active",
    )
    list_filter = ("kind", "criticality", "site", "is_active")
    search_fields = ("code", "name", "serial_number", "maker")
    fields = (
        "company",
        ("code", "name"),
        ("kind", "criticality"),
        ("site", "parent"),
        ("machine", "work_centre"),
        ("maker", "model_name"),
        "serial_number",
        ("commissioned_on", "cost_object"),
        "is_active",
    )
    actions_detail = ("open_page", "print_label")

    @action(description=_("History and cost"), url_path="page")
    def open_page(self, request: Any, object_id: str) -> HttpResponse:
        row = self.visible_object(request, object_id)
        return HttpResponseRedirect(reverse("maintenance-asset", args=[row.pk]))

    @action(description=_("Label with QR code"), url_path="label")
    def print_label(self, request: Any, object_id: str) -> HttpResponse:
        row = self.visible_object(request, object_id)
        return pdf_response(asset_label_pdf(row), name=f"{row.code}.pdf")


@admin.register(FailureCode)
class FailureCodeAdmin(MasterDataAdmin):
    resource_class = FailureCodeResource
    create_service = staticmethod(create_failure_code)
    update_service = staticmethod(update_failure_code)
    list_display = ("code", "name", "kind", "parent", "company", "is_active")
    list_filter = ("kind", "is_active")
