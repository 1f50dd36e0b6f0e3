"""Rows with a list of tasks and a list of parts: all of it reaches its service in one call."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyForm, CompanyInline, _seen_version
from apps.core.admin.lines import lines_of
from apps.maintenance.models import MaintenancePart, OrderTask, PlanPart, PlanTask
from apps.maintenance.services.plans import PartLine, TaskLine

LONGEST_REASON = 500
_LISTS: dict[Any, tuple[str, Any]] = {
    PlanTask: ("tasks", TaskLine),
    OrderTask: ("tasks", TaskLine),
    PlanPart: ("parts", PartLine),
    MaintenancePart: ("parts", PartLine),
}
_TASK_FIELDS = ("position", "text", "kind", "is_required", "unit", "lower_limit", "upper_limit")


class PlanTaskInline(CompanyInline):
    model = PlanTask
    verbose_name, verbose_name_plural = _("task"), _("List")
    fields = _TASK_FIELDS


class PlanPartInline(CompanyInline):
    model = PlanPart
    verbose_name, verbose_name_plural = _("part"), _("Parts")
    fields = ("item", "quantity")


class OrderTaskInline(CompanyInline):
    model = OrderTask
    verbose_name, verbose_name_plural = _("task"), _("List")
    fields = (*_TASK_FIELDS, "result", "value", "note")
    readonly_fields = ("result", "value", "note")


class OrderPartInline(CompanyInline):
    model = MaintenancePart
    verbose_name, verbose_name_plural = _("part"), _("Parts")
    fields = ("item", "quantity")


class ServiceJudgesForm(CompanyForm):
    """Leaves the rules between fields to the service, which names the field at fault."""

    def _post_clean(self) -> None:
        own = vars(self.instance)
        own["full_clean"] = partial(self.instance.full_clean, validate_constraints=False)
        super()._post_clean()
        del own["full_clean"]


class ListsMixin:
    """Calls ``write_new(**values, by=, reason=)`` or ``write_change(row, **values, …)``."""

    def write_new(self, values: dict[str, Any], *, by: Any, reason: str) -> Any:
        raise NotImplementedError

    def write_change(
        self, row: Any, values: dict[str, Any], *, version: int | None, by: Any, reason: str
    ) -> Any:
        raise NotImplementedError

    def save_model(self, request: Any, obj: Any, form: Any, change: bool) -> None:
        """Nothing yet: the lists come with ``save_related``."""

    def save_related(self, request: Any, form: Any, formsets: Any, change: bool) -> None:
        row = form.instance
        names = {field.name for field in row._meta.concrete_fields}
        values = {name: v for name, v in form.cleaned_data.items() if name in names}
        reason = request.POST.get("change_reason", "")[:LONGEST_REASON]
        lists = {}
        for formset in formsets:
            name, kind = _LISTS[formset.model]
            if formset.has_changed() or not change:
                lists[name] = [kind(**_known(kind, line)) for line in lines_of(formset)]
        if change:
            given = {name: values[name] for name in form.changed_data if name in values}
            stored = self.get_queryset(request).get(pk=row.pk)  # type: ignore[attr-defined]
            made = self.write_change(
                stored,
                given | lists,
                version=_seen_version(request),
                by=request.user,
                reason=reason,
            )
        else:
            values.setdefault("company", row.company)
            made = self.write_new(values | lists, by=request.user, reason=reason)
        row.__dict__.update(made.__dict__)

    def construct_change_message(
        self, request: Any, form: Any, formsets: Any, add: bool = False
    ) -> list[Any]:
        return []  # the history tells it


def _known(kind: Any, line: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in line.items() if name in kind.__slots__}
