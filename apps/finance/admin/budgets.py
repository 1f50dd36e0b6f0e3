from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminSelectWidget

from apps.core.admin.base import CompanyModelAdmin, LedgerAdmin
from apps.core.admin.documents import DocumentAdmin, Verb
from apps.core.admin.forms import ReasonForm, VerbForm
from apps.core.admin.imports import ImportExportMixin
from apps.core.admin.links import Link, admin_list_url, admin_row_link
from apps.core.links import link_to
from apps.finance.budget_resources import BudgetLineResource
from apps.finance.models import Account, BudgetLine, BudgetOverrun, BudgetVersion, Dimension
from apps.finance.services.budget_lines import (
    change_budget_line,
    create_budget_line,
    delete_budget_line,
)
from apps.finance.services.budgets import (
    approve_budget,
    cancel_budget,
    change_budget,
    draft_budget,
    revise_budget,
    spread_budget,
)


class SpreadForm(VerbForm):
    account = forms.ModelChoiceField(
        Account.objects.none(), label=_("Account"), widget=UnfoldAdminSelectWidget
    )
    amount = forms.DecimalField(
        label=_("Amount of the year"),
        max_digits=20,
        decimal_places=4,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    method = forms.ChoiceField(
        label=_("Spread"),
        choices=[("even", _("Evenly")), ("last_year", _("As last year's actuals fell"))],
        widget=UnfoldAdminSelectWidget,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        account: Any = self.fields["account"]
        account.queryset = _active(Account, self.document)
        budget = self.document
        model: Any = BudgetLine._meta.get_field(budget.dimension).related_model
        self.fields[budget.dimension] = forms.ModelChoiceField(
            _active(model, budget),
            label=budget.get_dimension_display(),
            required=False,
            help_text=_("Empty: all that have no line of their own."),
            widget=UnfoldAdminSelectWidget,
        )
        self.order_fields(["account", budget.dimension])


def _active(model: Any, budget: BudgetVersion) -> Any:
    """What lines of ``budget`` may name, by code."""
    names = {field.name for field in model._meta.concrete_fields}
    rows = model._default_manager.filter(company=budget.company_id)
    return (rows.filter(is_active=True) if "is_active" in names else rows).order_by("code")


@admin.register(BudgetVersion)
class BudgetVersionAdmin(DocumentAdmin):
    can_add = True
    create_service = staticmethod(draft_budget)
    update_service = staticmethod(change_budget)
    list_display = (
        "number",
        "name",
        "status_label",
        "fiscal_year",
        "dimension",
        "policy",
        "span",
        "company",
    )
    list_filter = ("status", "fiscal_year", "dimension")
    list_select_related = ("fiscal_year", "company")
    search_fields = ("number", "name")
    fields = ("company", "name", ("fiscal_year", "dimension"), ("policy", "span"))
    verbs = (
        Verb("spread", _("Spread an amount"), "finance.change_budgetversion", spread_budget,
             ("draft",), form=SpreadForm),
        Verb("approve", _("Approve"), "finance.approve_budgetversion", approve_budget, ("draft",),
             question=_("It takes the place of the version that is in force.")),
        Verb("revise", _("Revise"), "finance.add_budgetversion", revise_budget, ("approved",),
             question=_("A draft with the same lines is made.")),
        Verb("cancel", _("Cancel the draft"), "finance.change_budgetversion", cancel_budget,
             ("draft",), form=ReasonForm, is_danger=True),
    )  # fmt: skip

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        return (*fixed, "fiscal_year") if obj is not None else fixed

    def links_of(self, request: Any, document: BudgetVersion) -> list[Link]:
        links = [admin_row_link(document.revises)] if document.revises else []
        query = f"?budget__id__exact={document.pk}"
        links.append(Link(_("Lines"), admin_list_url(BudgetLine) + query, "table_rows"))
        is_draft = document.status == BudgetVersion.Status.DRAFT
        if is_draft and request.user.has_perm("finance.add_budgetline"):
            more = f"{admin_list_url(BudgetLine)}add/?budget={document.pk}"
            links.append(Link(_("Add a line"), more, "playlist_add"))
        links.append(
            Link(_("Overruns"), admin_list_url(BudgetOverrun) + query, "production_quantity_limits")
        )
        year = document.fiscal_year
        report = reverse("finance-report", args=["budget-variance"])
        dates = f"date_from={year.starts_on}&date_to={year.ends_on}"
        company = document.company.code
        links.append(
            Link(
                _("Budget and actual"),
                f"{report}?{urlencode({'company': company, 'budget': document.number})}&{dates}",
                "monitoring",
            )
        )
        return [*links, *super().links_of(request, document)]


@admin.register(BudgetLine)
class BudgetLineAdmin(ImportExportMixin, CompanyModelAdmin):
    """What drafts say: single amounts here, tables of them by import, a year's amount by the verb
    of its budget."""

    resource_class = BudgetLineResource
    update_service = staticmethod(change_budget_line)
    list_display = ("account", "value", "period", "amount", "budget", "company")
    list_filter = ("budget", "account")
    list_select_related = (
        "budget__company",
        "account",
        *Dimension.values,
        "period__fiscal_year",
        "company",
    )
    search_fields = (
        "account__code",
        "account__name",
        *(f"{name}__code" for name in Dimension.values),
    )
    fieldsets = (
        (None, {"fields": ("company", "budget", "account", ("period", "amount"))}),
        (
            _("What it is for: only what the budget is by"),
            {"fields": tuple(zip(Dimension.values[::2], Dimension.values[1::2], strict=True))},
        ),
    )
    ordering = ("budget", "account", "period")

    @admin.display(description=_("for"))
    def value(self, line: BudgetLine) -> str:
        return str(getattr(line, line.budget.dimension) or "")

    def perform_create(self, request: Any, values: dict[str, Any], reason: str) -> BudgetLine:
        """The dimensions apart: one of them is called as the reason of the change is."""
        given = {name: values.pop(name, None) for name in Dimension.values}
        return create_budget_line(**values, values=given, by=request.user, reason=reason)

    def get_urls(self) -> list[Any]:
        return [*self.import_urls(), *super().get_urls()]

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = super().get_readonly_fields(request, obj)
        cell = ("budget", "account", *Dimension.values, "period")
        return (*fixed, *cell) if obj is not None else fixed

    def has_import_permission(self, request: Any, obj: Any = None) -> bool:
        return bool(request.user.has_perm("finance.change_budgetline"))

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _is_draft(obj)

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _is_draft(obj)

    def delete_model(self, request: Any, obj: BudgetLine) -> None:
        delete_budget_line(obj, by=request.user)

    def get_actions(self, request: Any) -> Any:
        """Lines are deleted one by one: only those of drafts may be."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


def _is_draft(line: BudgetLine | None) -> bool:
    return line is None or line.budget.status == BudgetVersion.Status.DRAFT


@admin.register(BudgetOverrun)
class BudgetOverrunAdmin(LedgerAdmin):
    list_display = (
        "created_at",
        "source_link",
        "budget",
        "account",
        "value",
        "period",
        "planned",
        "posted",
        "ordered",
        "wanted",
        "company",
    )
    list_filter = ("budget", "account")
    list_select_related = (
        "budget",
        "account",
        *Dimension.values,
        "period__fiscal_year",
        "company",
    )
    search_fields = ("account__code", "account__name")
    ordering = ("-id",)
    fields = (
        "company",
        ("created_at", "source_link"),
        ("budget", "period"),
        ("account", "value"),
        ("planned", "posted", "ordered", "wanted"),
    )
    readonly_fields = ("source_link", "value")

    @admin.display(description=_("for"))
    def value(self, overrun: BudgetOverrun) -> str:
        return str(getattr(overrun, overrun.budget.dimension) or "")

    @admin.display(description=_("document"))
    def source_link(self, overrun: BudgetOverrun) -> Any:
        link = link_to(overrun.source_type_id, overrun.source_id)
        return format_html('<a href="{}">{}</a>', link.url, link.label) if link.url else link.label
