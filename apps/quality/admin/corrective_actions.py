from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm
from apps.core.admin.links import Link, admin_row_link
from apps.quality.admin.forms import (
    CompleteForm,
    FinishForm,
    JudgeForm,
    RootCauseForm,
    StepForm,
)
from apps.quality.models import CorrectiveAction, CorrectiveStep
from apps.quality.services import corrective_actions as services

Status = CorrectiveAction.Status
WORK, CLOSE = "quality.work_correctiveaction", "quality.close_correctiveaction"


def _complete(_action: CorrectiveAction, *, step: CorrectiveStep, result: str, by: Any) -> Any:
    return services.complete_step(step, result=result, by=by)


class CorrectiveStepInline(CompanyInline):
    """Steps are planned and done by the buttons."""

    model = CorrectiveStep
    fields = ("kind", "what", "owner", "due_on", "done_on", "result")
    max_num = 0
    can_delete = False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(CorrectiveAction)
class CorrectiveActionAdmin(DocumentAdmin):
    can_add = True
    editable_statuses = ()
    list_display = (
        "number",
        "status_label",
        "title",
        "owner",
        "due_on",
        "nonconformance",
        "company",
    )
    list_filter = ("status", "owner", "due_on")
    search_fields = ("number", "title")
    inlines = (CorrectiveStepInline,)
    verbs = (
        Verb(
            "root-cause",
            _("Root cause found"),
            WORK,
            services.find_root_cause,
            (Status.OPEN,),
            form=RootCauseForm,
        ),
        Verb(
            "plan",
            _("Plan a step"),
            WORK,
            services.plan_steps,
            (Status.ROOT_CAUSE, Status.ACTION),
            form=StepForm,
        ),
        Verb("complete", _("Step done"), WORK, _complete, (Status.ACTION,), form=CompleteForm),
        Verb(
            "finish",
            _("All steps done"),
            WORK,
            services.finish_actions,
            (Status.ACTION,),
            form=FinishForm,
        ),
        Verb(
            "judge",
            _("Judge effectiveness"),
            CLOSE,
            services.judge_effectiveness,
            (Status.EFFECTIVENESS,),
            form=JudgeForm,
        ),
        Verb(
            "reopen",
            _("Reopen"),
            CLOSE,
            services.reopen_corrective_action,
            (Status.CLOSED,),
            form=ReasonForm,
        ),
        Verb(
            "cancel",
            _("Cancel"),
            CLOSE,
            services.cancel_corrective_action,
            (Status.OPEN, Status.ROOT_CAUSE, Status.ACTION),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def get_inlines(self, request: Any, obj: Any = None) -> Any:
        return () if obj is None else self.inlines

    def get_fieldsets(self, request: Any, obj: Any = None) -> Any:
        fields: list[Any] = [
            "company",
            ("title", "nonconformance"),
            ("owner", "due_on"),
            "team",
            "problem",
            "containment",
        ]
        if obj is not None:
            fields += ["root_cause", "why_not_found", ("check_on", "is_effective"), "evidence"]
        if self._hides_company(request, obj):
            fields = fields[1:]
        return ((None, {"fields": tuple(fields)}),)

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return (*fixed, "root_cause", "why_not_found", "check_on", "is_effective", "evidence")

    def links_of(self, request: Any, document: CorrectiveAction) -> list[Link]:
        ncr = document.nonconformance
        return [*([admin_row_link(ncr)] if ncr else []), *super().links_of(request, document)]

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> Any:
        return services.open_corrective_action(values.pop("company"), by=request.user, **values)
