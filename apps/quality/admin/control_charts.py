from __future__ import annotations

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import display

from apps.core.admin.base import LedgerAdmin
from apps.core.admin.master_data import MasterDataAdmin
from apps.quality.models import ControlChart, ControlLimits, SpcSignal
from apps.quality.resources import ControlChartResource
from apps.quality.services.control_charts import create_control_chart, update_control_chart


@admin.register(ControlChart)
class ControlChartAdmin(MasterDataAdmin):
    """What is charted; the chart itself has a page of its own."""

    resource_class = ControlChartResource
    create_service = staticmethod(create_control_chart)
    update_service = staticmethod(update_control_chart)
    list_display = (
        "code",
        "name",
        "kind",
        "item",
        "characteristic",
        "chart_page",
        "company",
        "is_active",
    )
    list_filter = ("kind", "is_active")
    search_fields = ("code", "name", "item__code")

    @display(description=gettext_lazy("chart"))
    def chart_page(self, chart: ControlChart) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("quality-chart", args=[chart.pk]), _("Show")
        )


@admin.register(ControlLimits)
class ControlLimitsAdmin(LedgerAdmin):
    list_display = (
        "chart",
        "revision",
        "points",
        "center",
        "lower",
        "upper",
        "frozen_at",
        "frozen_by",
        "company",
    )
    list_filter = ("chart",)


@admin.register(SpcSignal)
class SpcSignalAdmin(LedgerAdmin):
    sources = ("quality.inspection",)
    list_display = (
        "chart",
        "point",
        "side",
        "rule",
        "value",
        "inspection",
        "nonconformance",
        "created_at",
        "company",
    )
    list_filter = ("rule", "side", "chart")
