from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from apps.core.admin.documents import Verb
from apps.core.admin.forms import DateReasonForm, ReasonForm
from apps.core.admin.lines import DocumentWithLinesAdmin
from apps.hr.admin.inlines import DraftInline
from apps.hr.admin.pay_runs import PaymentForm
from apps.hr.models import ExpenseClaim, ExpenseLine
from apps.hr.services.expenses import (
    Expense,
    approve_expense_claim,
    cancel_expense_claim,
    change_expense_claim,
    draft_expense_claim,
    pay_expense_claim,
    post_expense_claim,
    return_expense_claim,
    reverse_expense_claim,
    submit_expense_claim,
)

Status = ExpenseClaim.Status


class ExpenseLineInline(DraftInline):
    model = ExpenseLine
    fields = ("date", "description", "amount", "account", "cost_object")
    extra = 1


@admin.register(ExpenseClaim)
class ExpenseClaimAdmin(DocumentWithLinesAdmin):
    list_display = ("number", "employee", "status_label", "date", "purpose", "total", "company")
    list_filter = ("status", "date")
    list_totals = ("total",)
    search_fields = ("number", "purpose", "employee__code", "employee__name")
    fields = ("company", "employee", ("date", "purpose"), "total")
    inlines = (ExpenseLineInline,)
    verbs = (
        Verb("submit", _("Submit"), "hr.change_expenseclaim", submit_expense_claim, ("draft",)),
        Verb(
            "approve",
            _("Approve"),
            "hr.approve_expenseclaim",
            approve_expense_claim,
            (Status.SUBMITTED,),
        ),
        Verb(
            "give-back",
            _("Give back"),
            "hr.approve_expenseclaim",
            return_expense_claim,
            (Status.SUBMITTED, Status.APPROVED),
            form=ReasonForm,
        ),
        Verb("post", _("Post"), "hr.post_expenseclaim", post_expense_claim, (Status.APPROVED,)),
        Verb(
            "pay",
            _("Pay"),
            "hr.post_expenseclaim",
            pay_expense_claim,
            (Status.POSTED,),
            form=PaymentForm,
        ),
        Verb(
            "reverse",
            _("Reverse"),
            "hr.post_expenseclaim",
            reverse_expense_claim,
            (Status.POSTED,),
            form=DateReasonForm,
            is_danger=True,
        ),
        Verb(
            "cancel",
            _("Cancel"),
            "hr.change_expenseclaim",
            cancel_expense_claim,
            (Status.DRAFT, Status.SUBMITTED),
            question=_("The claim is kept, but pays nothing."),
            is_danger=True,
        ),
    )

    def get_readonly_fields(self, request: Any, obj: Any = None) -> Any:
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if obj is None else (*fixed, "employee")

    def write_new(
        self, request: Any, values: dict[str, Any], lines: list[dict[str, Any]]
    ) -> ExpenseClaim:
        return draft_expense_claim(
            **values, lines=[Expense(**line) for line in lines], by=request.user
        )

    def write_change(
        self,
        request: Any,
        row: ExpenseClaim,
        values: dict[str, Any],
        lines: list[dict[str, Any]] | None,
        version: int | None,
    ) -> ExpenseClaim:
        kept = None if lines is None else [Expense(**line) for line in lines]
        return change_expense_claim(row, **values, lines=kept, version=version, by=request.user)
