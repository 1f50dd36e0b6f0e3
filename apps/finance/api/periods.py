from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import ChoiceField, DecimalField, TextField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CompanyViewSet, CreateMixin
from apps.core.models import User
from apps.finance.models import FiscalYear, Module, Period, PeriodLock
from apps.finance.services.periods import open_fiscal_year, set_period_state
from apps.finance.services.year_end import close_year, reopen_year


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=500)


class FiscalYearSerializer(StrictModelSerializer):
    class Meta:
        model = FiscalYear
        fields = ("id", "company", "code", "starts_on", "ends_on", *AUDIT_FIELDS)
        read_only_fields = ("ends_on",)


class BalancesOutput(serializers.Serializer):
    debit = DecimalField()
    credit = DecimalField()


class YearClosed(serializers.Serializer):
    """The closing entry, the result (profit above 0), the trial balance without and with it."""

    voucher = serializers.IntegerField()
    number = serializers.CharField()
    result = DecimalField()
    before = BalancesOutput()
    after = BalancesOutput()


class YearReopened(serializers.Serializer):
    reversed = serializers.ListField(child=serializers.CharField(), help_text="numbers of vouchers")


class FiscalYearViewSet(CreateMixin, CompanyViewSet):
    """``POST`` opens a year of twelve months and a closing period."""

    serializer_class = FiscalYearSerializer
    filterset_fields = ("code",)
    ordering = "-starts_on"
    ordering_fields = ("id", "starts_on")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> FiscalYear:
        return open_fiscal_year(by=by, **values)

    @verb(permission="finance.close_period", response=YearClosed)
    def close(self, year: FiscalYear, *, by: User) -> dict[str, Any]:
        """Carry profit and loss to retained earnings."""
        made = close_year(year, by=by)
        return {
            "voucher": made.voucher.pk,
            "number": made.voucher.number,
            "result": made.result,
            "before": {"debit": made.before.debit_balances, "credit": made.before.credit_balances},
            "after": {"debit": made.after.debit_balances, "credit": made.after.credit_balances},
        }

    @verb(permission="finance.close_period", serializer=ReasonInput, response=YearReopened)
    def reopen(self, year: FiscalYear, *, reason: str, by: User) -> dict[str, Any]:
        """Take the closing entries back."""
        return {"reversed": [voucher.number for voucher in reopen_year(year, reason=reason, by=by)]}


class PeriodSerializer(StrictModelSerializer):
    states = serializers.SerializerMethodField()

    class Meta:
        model = Period
        fields = (
            "id",
            "company",
            "fiscal_year",
            "number",
            "starts_on",
            "ends_on",
            "is_closing",
            "states",
            *AUDIT_FIELDS,
        )

    def get_states(self, period: Period) -> dict[str, str]:
        return {row.module: row.state for row in period.locks.all()}


class SetStateInput(StrictSerializer):
    state = ChoiceField(choices=PeriodLock.State.choices)
    modules = serializers.ListField(
        child=ChoiceField(choices=Module.choices), required=False, allow_empty=False, max_length=10
    )
    reason = TextField(max_length=500)
    accepted = serializers.ListField(
        child=TextField(max_length=60),
        required=False,
        max_length=50,
        help_text="Codes of invariants that are known to be broken; the reason answers for them",
    )


class PeriodViewSet(CompanyViewSet):
    """Months and closing periods, with their state for each module."""

    serializer_class = PeriodSerializer
    prefetch_related = ("locks",)
    list_fields = ("id", "company", "fiscal_year", "number", "starts_on", "ends_on", "is_closing")
    filterset_fields = {
        "fiscal_year": ["exact"],
        "number": ["exact"],
        "is_closing": ["exact"],
        "starts_on": ["lte", "gte"],
        "ends_on": ["lte", "gte"],
    }
    ordering = "id"
    ordering_fields = ("id", "starts_on")

    @verb(permission="finance.close_period", serializer=SetStateInput)
    def set_state(
        self,
        period: Period,
        *,
        state: str,
        reason: str,
        by: User,
        modules: list[str] | None = None,
        accepted: list[str] | None = None,
    ) -> None:
        """Open, soften or close the period, for some modules or all."""
        set_period_state(
            period,
            state=state,
            modules=modules,
            reason=reason,
            accepted=accepted or (),
            by=by,
        )
