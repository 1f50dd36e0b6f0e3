from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget, UnfoldAdminSelectWidget

from apps.core.admin.base import CompanyModelAdmin
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm
from apps.finance.models import FiscalYear, Module, Period, PeriodLock
from apps.finance.services.periods import open_fiscal_year, set_period_state
from apps.finance.services.year_end import close_year, reopen_year


class StateForm(ReasonForm):
    """Which state, for which modules, and why."""

    state = forms.ChoiceField(
        label=_("State"), choices=PeriodLock.State.choices, widget=UnfoldAdminSelectWidget
    )
    modules = forms.MultipleChoiceField(
        label=_("Modules"),
        choices=Module.choices,
        initial=[value for value, _label in Module.choices],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )
    field_order = ("state", "modules", "reason")


class _NounWithVerbs(DocumentAdmin):
    """Rows without a status of their own: their buttons depend on permission only."""

    list_filter: Any = ()

    def state_of(self, row: Any) -> str:
        raise NotImplementedError

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def change_view(
        self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if row is not None:
            urls = [
                (verb, self.admin_url("verb", row.pk, verb.name))
                for verb in self.verbs_for(request, row)
            ]
            context["panel"] = {
                "status": self.state_of(row),
                "verbs": urls,
                "links": self.links_of(request, row),
            }
        return CompanyModelAdmin.change_view(self, request, object_id, form_url, context)


@admin.register(FiscalYear)
class FiscalYearAdmin(_NounWithVerbs):
    """Adding a year opens its twelve months and its closing period."""

    can_add = True
    list_display = ("code", "starts_on", "ends_on", "company")
    search_fields = ("code",)
    ordering = ("-starts_on",)
    fields = ("company", "code", "starts_on")
    verbs = (
        Verb(
            "close",
            _("Close the year"),
            "finance.close_period",
            close_year,
            question=_("Profit and loss are carried to retained earnings in the closing period."),
        ),
        Verb(
            "reopen",
            _("Reopen the year"),
            "finance.close_period",
            reopen_year,
            form=ReasonForm,
            is_danger=True,
        ),
    )

    def state_of(self, row: FiscalYear) -> str:
        return f"{row.starts_on} – {row.ends_on}"

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> FiscalYear:
        return open_fiscal_year(**values, by=request.user)


class PeriodLockInline(admin.TabularInline):
    model = PeriodLock
    fields = ("module", "state")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(Period)
class PeriodAdmin(_NounWithVerbs):
    list_display = ("name", "starts_on", "ends_on", "is_closing", "states", "company")
    list_filter = ("fiscal_year", "is_closing")
    list_select_related = ("fiscal_year", "company")
    search_fields = ("fiscal_year__code",)
    ordering = ("-starts_on", "-number")
    fields = ("company", "fiscal_year", "number", "starts_on", "ends_on", "is_closing")
    inlines = (PeriodLockInline,)
    verbs = (
        Verb(
            "state",
            _("Open or close"),
            "finance.close_period",
            set_period_state,
            form=StateForm,
        ),
    )

    def get_queryset(self, request: Any) -> Any:
        return super().get_queryset(request).prefetch_related("locks")

    @admin.display(description=_("period"), ordering="starts_on")
    def name(self, period: Period) -> str:
        return str(period)

    @admin.display(description=_("state"))
    def states(self, period: Period) -> str:
        return self.state_of(period)

    def state_of(self, row: Period) -> str:
        """One word when all modules agree, else those that are not open."""
        locks = list(row.locks.all())
        states = {lock.get_state_display() for lock in locks}
        if len(states) == 1:
            return str(states.pop())
        shut = [lock for lock in locks if lock.state != PeriodLock.State.OPEN]
        return ", ".join(
            f"{lock.get_module_display()}: {lock.get_state_display()}" for lock in shut
        )
