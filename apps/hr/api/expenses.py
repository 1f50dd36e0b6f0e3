from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.finance.models import Account
from apps.hr.api.pay_runs import PayInputs, PostInput, ReverseRunInput
from apps.hr.api.time_cards import ReasonInput
from apps.hr.models import ExpenseClaim, ExpenseLine
from apps.hr.services import expenses as services


class ExpenseLineSerializer(StrictModelSerializer):
    class Meta:
        model = ExpenseLine
        fields = ("date", "description", "amount", "account", "cost_object")


class ExpenseClaimSerializer(StrictModelSerializer):
    lines = ExpenseLineSerializer(many=True, allow_empty=False)

    class Meta:
        model = ExpenseClaim
        fields = (
            "id",
            "company",
            "number",
            "status",
            "employee",
            "date",
            "purpose",
            "total",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "total")


class ExpenseClaimViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Expenses of employees: draft, submit, approve, post, pay."""

    serializer_class = ExpenseClaimSerializer
    prefetch_related = ("lines__account", "lines__cost_object")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "employee": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date", "total")
    search_fields = ("number", "purpose")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> ExpenseClaim:
        lines = [services.Expense(**line) for line in values.pop("lines")]
        return services.draft_expense_claim(lines=lines, by=by, **values)

    def perform_update(
        self,
        row: ExpenseClaim,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> ExpenseClaim:
        if "employee" in values:
            raise InvalidInput("fixed", "A draft keeps this. Write another.", field="employee")
        given = values.pop("lines", None)
        lines = None if given is None else [services.Expense(**line) for line in given]
        return services.change_expense_claim(row, lines=lines, version=version, by=by, **values)

    @verb(permission="hr.change_expenseclaim")
    def submit(self, claim: ExpenseClaim, *, by: User) -> ExpenseClaim:
        return services.submit_expense_claim(claim, by=by)

    @verb(permission="hr.approve_expenseclaim", serializer=ReasonInput)
    def give_back(self, claim: ExpenseClaim, *, reason: str, by: User) -> ExpenseClaim:
        return services.return_expense_claim(claim, reason=reason, by=by)

    @verb(permission="hr.approve_expenseclaim")
    def approve(self, claim: ExpenseClaim, *, by: User) -> ExpenseClaim:
        return services.approve_expense_claim(claim, by=by)

    @verb(permission="hr.change_expenseclaim")
    def cancel(self, claim: ExpenseClaim, *, by: User) -> ExpenseClaim:
        return services.cancel_expense_claim(claim, by=by)

    @verb(permission="hr.post_expenseclaim", serializer=PostInput)
    def post(
        self, claim: ExpenseClaim, *, by: User, date: datetime.date | None = None
    ) -> ExpenseClaim:
        return services.post_expense_claim(claim, date=date, by=by)

    @verb(permission="hr.post_expenseclaim", serializer=PayInputs)
    def pay(
        self, claim: ExpenseClaim, *, account: Account, date: datetime.date, by: User
    ) -> ExpenseClaim:
        return services.pay_expense_claim(claim, account=account, date=date, by=by)

    @verb(permission="hr.post_expenseclaim", serializer=ReverseRunInput)
    def reverse(
        self, claim: ExpenseClaim, *, date: datetime.date, reason: str, by: User
    ) -> ExpenseClaim:
        return services.reverse_expense_claim(claim, date=date, reason=reason, by=by)
