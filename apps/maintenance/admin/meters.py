from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.core.admin.master_data import MasterDataAdmin
from apps.maintenance.admin.lines import ServiceJudgesForm
from apps.maintenance.models import Meter
from apps.maintenance.resources import MeterResource
from apps.maintenance.services.meters import create_meter, read_meter, update_meter


class ReadingForm(forms.Form):
    """What the display shows now."""

    reading = forms.DecimalField(
        label=gettext_lazy("Reading"),
        min_value=0,
        max_digits=20,
        decimal_places=6,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    is_reset = forms.BooleanField(
        label=gettext_lazy("The meter was exchanged or reset"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
    )
    final_reading = forms.DecimalField(
        label=gettext_lazy("Last reading of the old meter"),
        required=False,
        min_value=0,
        max_digits=20,
        decimal_places=6,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
    )


@admin.register(Meter)
class MeterAdmin(MasterDataAdmin):
    form = ServiceJudgesForm
    resource_class = MeterResource
    create_service = staticmethod(create_meter)
    update_service = staticmethod(update_meter)
    list_display = ("code", "name", "asset", "kind", "source", "machine", "company", "is_active")
    list_filter = ("kind", "source", "is_active")
    fields = (
        "company",
        ("code", "name"),
        ("asset", "kind"),
        ("source", "machine"),
        ("per_count", "rolls_over_at"),
        "is_active",
    )
    actions_detail = ("read",)

    @action(description=gettext_lazy("Read the meter"), url_path="read", permissions=["read"])
    def read(self, request: Any, object_id: str) -> HttpResponse:
        meter = self.visible_object(request, object_id)
        form = ReadingForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            self.attempt(
                request, lambda: read_meter(meter, by=request.user, **given), _("Written down.")
            )
            return self.back_to(meter)
        if meter.source != Meter.Source.MANUAL:
            messages.warning(request, _("{meter} is told by its machine.").format(meter=meter.code))
            return self.back_to(meter)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "original": meter,
            "title": _("Read {meter}").format(meter=meter),
            "verb": {"label": _("Read the meter")},
            "form": form,
            "back_url": self.admin_url("change", meter.pk),
        }
        return TemplateResponse(request, "core/admin/verb.html", context)

    def has_read_permission(self, request: Any, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("maintenance.add_meterreading"))
