from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from apps.core.admin.base import CompanyInline, LedgerAdmin
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.imports import ImportExportMixin
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.master_data import MasterDataAdmin
from apps.quality.admin.forms import CalibrateForm
from apps.quality.models import (
    Calibration,
    Characteristic,
    Gauge,
    GaugeReading,
    GaugeStudy,
)
from apps.quality.resources import CharacteristicResource, GaugeResource
from apps.quality.services.gauges import (
    StudyReading,
    calibrate_gauge,
    cancel_gauge_study,
    create_gauge_study,
    finish_gauge_study,
    quarantine_gauge,
)


@admin.register(Characteristic)
class CharacteristicAdmin(MasterDataAdmin):
    resource_class = CharacteristicResource
    list_display = ("code", "name", "kind", "unit", "decimals", "company", "is_active")
    list_filter = ("kind", "is_active")


@admin.register(Gauge)
class GaugeAdmin(ImportExportMixin, DocumentAdmin):
    """The gauge register: calibrate, take out of use, and look back on what it has measured."""

    resource_class = GaugeResource
    can_add = True
    editable_statuses = tuple(Gauge.Status.values)
    list_display = (
        "code",
        "name",
        "status_label",
        "due_on",
        "serial_number",
        "site",
        "company",
        "is_active",
    )
    list_filter = ("status", "site", "due_on", "is_active")
    search_fields = ("code", "name", "serial_number")
    ordering = ("code",)
    fields = (
        "company",
        ("code", "name"),
        ("serial_number", "maker"),
        ("resolution", "interval_days"),
        "site",
        "due_on",
        "is_active",
    )
    readonly_fields = ("due_on",)
    verbs = (
        Verb(
            "calibrate",
            _("Record a calibration"),
            "quality.calibrate_gauge",
            calibrate_gauge,
            form=CalibrateForm,
        ),
        Verb(
            "quarantine",
            _("Take out of use"),
            "quality.quarantine_gauge",
            quarantine_gauge,
            (Gauge.Status.IN_USE, Gauge.Status.DUE, Gauge.Status.OUT),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    @display(description=_("status"), ordering="status", label=True)
    def status_label(self, document: Gauge) -> str:
        return str(document.status_on(timezone.localdate()).label)

    def get_urls(self) -> list[URLPattern]:
        return [*self.import_urls(), *super().get_urls()]

    def links_of(self, request: Any, document: Gauge) -> list[Link]:
        looked = Link(
            _("What it has measured since it was good"),
            reverse("quality-look-back", args=[document.pk]),
            "manage_search",
        )
        return [looked, *super().links_of(request, document)]


@admin.register(Calibration)
class CalibrationAdmin(LedgerAdmin):
    sources = ("quality.gauge",)
    list_display = (
        "gauge",
        "calibrated_on",
        "due_on",
        "is_found_good",
        "is_left_good",
        "certificate",
        "company",
    )
    list_filter = ("is_found_good", "calibrated_on")
    search_fields = ("gauge__code", "certificate")


class GaugeReadingInline(CompanyInline):
    model = GaugeReading
    fields = ("part", "appraiser", "trial", "value")
    extra = 3

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return obj is None and super().has_add_permission(request, obj)


@admin.register(GaugeStudy)
class GaugeStudyAdmin(DocumentWithLinesAdmin):
    editable_statuses = ()
    list_display = (
        "number",
        "status_label",
        "gauge",
        "characteristic",
        "method",
        "percent_gauge",
        "categories",
        "verdict",
        "company",
    )
    list_filter = ("status", "verdict", "gauge")
    search_fields = ("number", "gauge__code")
    inlines = (GaugeReadingInline,)
    verbs = (
        Verb(
            "finish",
            _("Reckon up"),
            "quality.finish_gaugestudy",
            finish_gauge_study,
            (GaugeStudy.Status.OPEN,),
        ),
        Verb(
            "cancel",
            _("Cancel"),
            "quality.finish_gaugestudy",
            cancel_gauge_study,
            (GaugeStudy.Status.OPEN,),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        fields: list[Any] = [
            "company",
            ("gauge", "characteristic"),
            ("method", "date"),
            "tolerance",
        ]
        if obj is not None:
            fields += [("percent_gauge", "percent_tolerance"), ("categories", "verdict")]
        if self._hides_company(request, obj):
            fields = fields[1:]
        return ((None, {"fields": tuple(fields)}),)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return (*fixed, "percent_gauge", "percent_tolerance", "categories", "verdict")

    def links_of(self, request: Any, document: GaugeStudy) -> list[Link]:
        return [admin_row_link(document.gauge), *super().links_of(request, document)]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> GaugeStudy:
        company = values.pop("company")
        readings = [StudyReading(**line) for line in lines]
        return create_gauge_study(company, readings=readings, by=request.user, **values)
