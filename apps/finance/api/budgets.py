from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from apps.core.api.bases import DocumentViewSet, LedgerViewSet
from apps.core.api.fields import ChoiceField, DecimalField, IntegerField
from apps.core.api.imports import ImportActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, ReadViewSet, UpdateMixin
from apps.core.models import Site, User
from apps.finance.api.periods import ReasonInput
from apps.finance.budget_resources import BudgetLineResource
from apps.finance.models import (
    Account,
    BudgetLine,
    BudgetOverrun,
    BudgetVersion,
    CostObject,
    Dimension,
)
from apps.finance.services.budgets import (
    SPREADS,
    BudgetRow,
    approve_budget,
    cancel_budget,
    change_budget,
    draft_budget,
    remove_budget_lines,
    revise_budget,
    set_budget_lines,
    spread_budget,
)
from apps.masterdata.models import Item, Machine, Partner, ReasonCode, Shift, WorkCentre


class BudgetVersionSerializer(StrictModelSerializer):
    class Meta:
        model = BudgetVersion
        fields = (
            "id",
            "company",
            "number",
            "status",
            "name",
            "fiscal_year",
            "dimension",
            "policy",
            "span",
            "revises",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "revises")


class BudgetCellInput(StrictSerializer):
    """An account, and a value of the dimension that the budget is by."""

    account = ReferenceField(Account)
    site = ReferenceField(Site, required=False, allow_null=True)
    cost_object = ReferenceField(CostObject, required=False, allow_null=True)
    work_centre = ReferenceField(WorkCentre, required=False, allow_null=True)
    machine = ReferenceField(Machine, required=False, allow_null=True)
    shift = ReferenceField(Shift, required=False, allow_null=True)
    reason = ReferenceField(ReasonCode, required=False, allow_null=True)
    item = ReferenceField(Item, required=False, allow_null=True)
    partner = ReferenceField(Partner, required=False, allow_null=True)


class BudgetRowInput(BudgetCellInput):
    period = IntegerField(min_value=1, max_value=99)
    amount = DecimalField(decimal_places=4)


class BudgetRowsInput(StrictSerializer):
    lines = BudgetRowInput(many=True, allow_empty=False)


class SpreadInput(BudgetCellInput):
    amount = DecimalField(decimal_places=4)
    method = ChoiceField(choices=[(name, name) for name in SPREADS], required=False)


class BudgetVersionViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Versions of a year's budget: draft, approve, revise; one of a year is in force."""

    serializer_class = BudgetVersionSerializer
    create_service = staticmethod(draft_budget)
    update_service = staticmethod(change_budget)
    takes_reason = True
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "fiscal_year": ["exact"],
        "dimension": ["exact"],
    }
    ordering_fields = ("id", "number")
    search_fields = ("number", "name")

    @verb(permission="finance.change_budgetversion", serializer=BudgetRowsInput)
    def set_lines(
        self, budget: BudgetVersion, *, lines: Sequence[dict[str, Any]], by: User
    ) -> BudgetVersion:
        """Write amounts; what is there for the same account, value and month is replaced."""
        return set_budget_lines(budget, [BudgetRow(**line) for line in lines], by=by)

    @verb(permission="finance.change_budgetversion", serializer=BudgetCellInput)
    def remove_lines(self, budget: BudgetVersion, *, by: User, **cell: Any) -> BudgetVersion:
        """Take an account, with its value, out of all months."""
        return remove_budget_lines(budget, by=by, **cell)

    @verb(permission="finance.change_budgetversion", serializer=SpreadInput)
    def spread(
        self, budget: BudgetVersion, *, amount: Decimal, by: User, **given: Any
    ) -> BudgetVersion:
        """Write the amount of a year into its months, evenly or as last year's actuals fell."""
        return spread_budget(budget, amount=amount, by=by, **given)

    @verb(permission="finance.approve_budgetversion")
    def approve(self, budget: BudgetVersion, *, by: User) -> BudgetVersion:
        """Put it in force in the place of the version that is."""
        return approve_budget(budget, by=by)

    @verb(permission="finance.add_budgetversion", status=201)
    def revise(self, budget: BudgetVersion, *, by: User) -> BudgetVersion:
        """A draft with the same lines."""
        return revise_budget(budget, by=by)

    @verb(permission="finance.change_budgetversion", serializer=ReasonInput)
    def cancel(self, budget: BudgetVersion, *, reason: str, by: User) -> BudgetVersion:
        return cancel_budget(budget, reason=reason, by=by)


class BudgetLineSerializer(StrictModelSerializer):
    class Meta:
        model = BudgetLine
        fields = ("id", "company", "budget", "account", *Dimension.values, "period", "amount")
        read_only_fields = fields


class BudgetLineViewSet(ImportActions, ReadViewSet):
    """Amounts of budgets; tables of them set what drafts say."""

    serializer_class = BudgetLineSerializer
    resource_class = BudgetLineResource
    filterset_fields = ("budget", "account", *Dimension.values, "period")
    ordering = "id"
    ordering_fields = ("id",)


class BudgetOverrunSerializer(StrictModelSerializer):
    class Meta:
        model = BudgetOverrun
        fields = (
            "id",
            "company",
            "budget",
            "account",
            *Dimension.values,
            "period",
            "planned",
            "posted",
            "ordered",
            "wanted",
            "source_type",
            "source_id",
            "created_at",
        )


class BudgetOverrunViewSet(LedgerViewSet):
    """Orders that asked for more than was left and were let through."""

    serializer_class = BudgetOverrunSerializer
    filterset_fields = ("budget", "account", *Dimension.values, "source_type", "source_id")
