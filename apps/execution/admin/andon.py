from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.admin.base import CompanyInline, _seen_version
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm, VerbForm
from apps.core.admin.lines import lines_of
from apps.core.admin.links import Link, admin_row_link
from apps.core.admin.master_data import MasterDataAdmin
from apps.execution.models import AndonCall, AndonCategory, AndonStep
from apps.execution.resources import AndonCategoryResource
from apps.execution.services.andon import acknowledge_andon, cancel_andon, resolve_andon
from apps.execution.services.andon_categories import (
    StepLine,
    create_andon_category,
    update_andon_category,
)

Status = AndonCall.Status
_RESPOND = "execution.respond_andoncall"


class AndonStepInline(CompanyInline):
    model = AndonStep
    verbose_name, verbose_name_plural = _("step"), _("Ladder")
    fields = ("level", "after_minutes", "role", "user")


@admin.register(AndonCategory)
class AndonCategoryAdmin(MasterDataAdmin):
    resource_class = AndonCategoryResource
    list_display = ("code", "name", "colour", "calls_maintenance", "company", "is_active")
    list_filter = ("colour", "is_active")
    fields = ("company", ("code", "name"), ("colour", "calls_maintenance"), "is_active")
    inlines = (AndonStepInline,)

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Nothing yet: the ladder comes with ``save_related``."""

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        row = form.instance
        names = {field.name for field in row._meta.concrete_fields}
        values = {name: value for name, value in form.cleaned_data.items() if name in names}
        about = {"by": request.user, "reason": request.POST.get("change_reason", "")[:500]}
        steps = [_step(line) for formset in formsets for line in lines_of(formset)]
        if change:
            given = {name: values[name] for name in form.changed_data if name in values}
            if any(formset.has_changed() for formset in formsets):
                given["steps"] = steps
            stored = self.get_queryset(request).get(pk=row.pk)
            made = update_andon_category(stored, version=_seen_version(request), **given, **about)
        else:
            values.setdefault("company", row.company)
            made = create_andon_category(**values, steps=steps, **about)
        row.__dict__.update(made.__dict__)

    def construct_change_message(
        self, request: Any, form: Any, formsets: Any, add: bool = False
    ) -> list[Any]:
        return []  # the history tells it


def _step(line: dict[str, Any]) -> StepLine:
    return StepLine(line["level"], line["after_minutes"], line.get("role"), line.get("user"))


class ResolutionForm(VerbForm):
    """What was done."""

    resolution = forms.CharField(
        label=_("What was done"), max_length=500, widget=UnfoldAdminTextInputWidget
    )


@admin.register(AndonCall)
class AndonCallAdmin(DocumentAdmin):
    editable_statuses = ()
    list_display = (
        "number",
        "status_label",
        "category",
        "machine",
        "called_at",
        "acknowledged_at",
        "resolved_at",
        "level",
        "company",
    )
    list_select_related = ("category", "machine", "company")
    list_filter = ("status", "category", "site", "called_at")
    search_fields = ("number", "machine__code", "note", "resolution")
    verbs = (
        Verb("acknowledge", _("I come"), _RESPOND, acknowledge_andon, (Status.OPEN,)),
        Verb(
            "resolve",
            _("Resolved"),
            _RESPOND,
            resolve_andon,
            AndonCall.WAITING,
            form=ResolutionForm,
        ),
        Verb(
            "cancel",
            _("Cancel"),
            "execution.cancel_andoncall",
            cancel_andon,
            AndonCall.WAITING,
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def links_of(self, request: Any, document: AndonCall) -> list[Link]:
        links = [admin_row_link(document.machine)]
        if document.request is not None:
            links.append(admin_row_link(document.request, icon="build"))
        return [*links, *super().links_of(request, document)]
