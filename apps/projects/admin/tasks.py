from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.admin.base import CompanyForm, CompanyModelAdmin, LedgerAdmin, _seen_version
from apps.projects.admin.tables import WithTables
from apps.projects.link_texts import BadLink, link_text, read_links
from apps.projects.models import Task, TaskDependency, TaskProgress
from apps.projects.resources import TaskResource
from apps.projects.services.tasks import Waits, create_task, update_task


class TaskForm(CompanyForm):
    """What a task waits for is written in a line, as in a table."""

    waits_for = forms.CharField(
        label=_("Waits for"),
        required=False,
        max_length=2000,
        help_text=_("Codes of tasks: A; B SS+2; C FF-1 (days)."),
        widget=UnfoldAdminTextInputWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None and "waits_for" in self.fields:
            links = self.instance.predecessors.select_related("predecessor").order_by("pk")
            self.initial["waits_for"] = link_text(
                (link.predecessor.code, link.kind, link.lag) for link in links
            )

    def clean_waits_for(self) -> list[Waits]:
        try:
            return [Waits(*link) for link in read_links(self.cleaned_data["waits_for"])]
        except BadLink as bad:
            raise forms.ValidationError(
                _("“%(text)s” names no predecessor."), code="invalid", params={"text": str(bad)}
            ) from bad

    def _post_clean(self) -> None:
        """Rules between fields are the service's, which names the field at fault."""
        own = vars(self.instance)
        own["full_clean"] = partial(self.instance.full_clean, validate_constraints=False)
        super()._post_clean()
        del own["full_clean"]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        error = getattr(self.request, "_business_error", None)
        if error is not None and error.field == "predecessors":
            self.add_error("waits_for", str(error))
        return cleaned


@admin.register(Task)
class TaskAdmin(WithTables):
    form = TaskForm
    resource_class = TaskResource
    list_display = (
        "project",
        "node",
        "code",
        "name",
        "duration",
        "percent_complete",
        "not_before",
        "responsible",
        "company",
    )
    list_filter = ("project", "responsible")
    search_fields = ("code", "name", "project__number")
    ordering = ("project", "node__path", "id")
    fields = (
        "company",
        "node",
        ("code", "name"),
        ("duration", "optimistic", "pessimistic"),
        "waits_for",
        ("not_before", "responsible"),
        "percent_complete",
    )

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        request._waits = form.cleaned_data.get("waits_for", [])
        request._waits_changed = "waits_for" in form.changed_data
        super().save_model(request, obj, form, change)

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> Task:
        return create_task(**values, predecessors=request._waits, by=request.user, reason=reason)

    def perform_update(self, request: Any, row: Task, values: dict[str, Any], reason: str) -> Task:
        return update_task(
            self.get_queryset(request).get(pk=row.pk),
            **values,
            predecessors=request._waits if request._waits_changed else None,
            version=_seen_version(request),
            by=request.user,
            reason=reason,
        )


@admin.register(TaskDependency)
class TaskDependencyAdmin(CompanyModelAdmin):
    """Links of all tasks, to look at; they are written on the task that waits."""

    list_display = ("successor", "predecessor", "kind", "lag", "company")
    list_filter = ("kind",)
    search_fields = ("successor__code", "predecessor__code")
    fields = ("company", ("predecessor", "successor"), ("kind", "lag"))

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(TaskProgress)
class TaskProgressAdmin(LedgerAdmin):
    list_display = ("task", "date", "percent", "created_by", "created_at", "company")
    list_filter = ("date",)
    list_select_related = ("task", "created_by", "company")
    search_fields = ("task__code", "task__name")
    fields = ("company", "task", ("date", "percent"), ("created_by", "created_at"))
