from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.core.admin.base import CompanyInline
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm, VerbForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.core.admin.links import Link
from apps.core.admin.master_data import MasterDataAdmin
from apps.finance.models import CloseStep, CloseTask, PeriodClose
from apps.finance.resources import CloseTaskResource
from apps.finance.services.close_tasks import create_close_task, update_close_task
from apps.finance.services.closing import (
    check_all_steps,
    check_step,
    confirm_step,
    except_step,
    finish_close,
    reopen_close,
    start_close,
)


class RemarkForm(VerbForm):
    remark = forms.CharField(
        label=_("What was looked at"), max_length=500, widget=UnfoldAdminTextInputWidget
    )


@admin.register(CloseTask)
class CloseTaskAdmin(MasterDataAdmin):
    resource_class = CloseTaskResource
    create_service = staticmethod(create_close_task)
    update_service = staticmethod(update_close_task)
    list_display = ("code", "name", "position", "check_code", "owner", "company", "is_active")


class CloseStepInline(CompanyInline):
    model = CloseStep
    fields = ("task", "status", "figure", "count", "remark", "done_by", "done_at")
    readonly_fields = fields
    extra = 0
    max_num = 0
    can_delete = False


@admin.register(PeriodClose)
class PeriodCloseAdmin(DocumentWithLinesAdmin):
    """Adding one starts the close of its period."""

    editable_statuses = ()
    list_display = ("period", "status_label", "created_by", "company", "cockpit")
    list_filter = ("status",)
    list_select_related = ("period__fiscal_year", "created_by", "company")
    search_fields = ("period__fiscal_year__code",)
    fields = ("company", "period")
    inlines = (CloseStepInline,)
    verbs = (
        Verb("check", _("Check all steps"), "finance.change_closestep", check_all_steps, ("open",)),
        Verb(
            "finish",
            _("Close the period"),
            "finance.finish_periodclose",
            finish_close,
            ("open",),
            question=_("Every check runs once more; then nobody posts into the period."),
        ),
        Verb(
            "reopen",
            _("Reopen"),
            "finance.reopen_periodclose",
            reopen_close,
            ("closed",),
            form=ReasonForm,
            is_danger=True,
        ),
    )

    @admin.display(description=_("cockpit"))
    def cockpit(self, close: PeriodClose) -> Any:
        url = reverse("finance-close", args=[close.pk])
        return format_html('<a href="{}">{}</a>', url, _("Open"))

    def links_of(self, request: Any, document: PeriodClose) -> list[Link]:
        own = Link(str(_("Cockpit")), reverse("finance-close", args=[document.pk]))
        return [own, *super().links_of(request, document)]

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> PeriodClose:
        return start_close(values["period"], by=request.user)


@admin.register(CloseStep)
class CloseStepAdmin(DocumentAdmin):
    admin_hidden = True
    list_display = ("close", "task", "status_label", "figure", "count", "done_by", "company")
    list_filter = ("status", "task")
    list_select_related = ("close__period__fiscal_year", "task", "done_by", "company")
    search_fields = ("task__code", "task__name")
    fields = ("company", ("close", "task"), ("figure", "count"), "remark", ("done_by", "done_at"))
    verbs = (
        Verb("check", _("Run the check"), "finance.change_closestep", check_step),
        Verb(
            "confirm",
            _("Confirm"),
            "finance.change_closestep",
            confirm_step,
            ("pending", "passed"),
            form=RemarkForm,
        ),
        Verb(
            "except",
            _("Accept as it stands"),
            "finance.except_closestep",
            except_step,
            ("failed",),
            form=ReasonForm,
            is_danger=True,
        ),
    )
