from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminSelectWidget

from apps.core.admin.base import CompanyInline
from apps.core.admin.lines import lines_of
from apps.core.admin.master_data import MasterDataAdmin
from apps.reporting.datasets import datasets
from apps.reporting.models import Dashboard, DashboardTile, SavedReport
from apps.reporting.services.saved_reports import (
    Tile,
    create_dashboard,
    create_saved_report,
    update_dashboard,
    update_saved_report,
)


def dataset_field() -> forms.ChoiceField:
    """The datasets by their titles."""
    choices = [("", "---------"), *((one.code, one.title) for one in datasets().values())]
    return forms.ChoiceField(label=_("dataset"), choices=choices, widget=UnfoldAdminSelectWidget)


class KeptAdmin(MasterDataAdmin):
    """A noun that somebody keeps: no import, for its owner is who makes it."""

    resource_class = None

    def import_urls(self) -> list[Any]:
        return []


@admin.register(SavedReport)
class SavedReportAdmin(KeptAdmin):
    create_service = staticmethod(create_saved_report)
    update_service = staticmethod(update_saved_report)
    list_display = ("code", "name", "dataset", "owner", "is_shared", "company", "is_active")
    list_filter = ("dataset", "is_shared", "is_active")
    fields = ("company", "code", "name", "dataset", "question", "is_shared", "role", "is_active")

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        if db_field.name == "dataset":
            return dataset_field()
        return super().formfield_for_dbfield(db_field, request, **kwargs)


class DashboardTileInline(CompanyInline):
    model = DashboardTile
    fields = ("report", "position")
    extra = 1


@admin.register(Dashboard)
class DashboardAdmin(KeptAdmin):
    list_display = ("code", "name", "owner", "is_shared", "company", "is_active")
    list_filter = ("is_shared", "is_active")
    fields = ("company", "code", "name", "is_shared", "role", "is_active")
    inlines = (DashboardTileInline,)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Nothing yet: the tiles come with ``save_related``."""

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        names = {field.name for field in self.model._meta.concrete_fields}
        given = {name: v for name, v in form.cleaned_data.items() if name in names}
        tiles = [Tile(**line) for formset in formsets for line in lines_of(formset)]
        row = form.instance
        if change:
            stored = self.get_queryset(request).get(pk=row.pk)
            values = {name: given[name] for name in form.changed_data if name in given}
            made = update_dashboard(stored, tiles=tiles, by=request.user, **values)
        else:
            given.setdefault("company", row.company)
            made = create_dashboard(tiles=tiles, by=request.user, **given)
        row.__dict__.update(made.__dict__)

    def construct_change_message(self, *args: Any, **kwargs: Any) -> list[Any]:
        return []  # the history tells it
