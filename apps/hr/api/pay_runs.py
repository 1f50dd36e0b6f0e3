from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.finance.models import Account
from apps.hr.models import PayRun, PayRunInput
from apps.hr.services import pay_runs as services
from apps.hr.services.pay_posting import pay_pay_run, post_pay_run, reverse_pay_run

#: What a draft may change.
CHANGEABLE = {"pay_date", "note", "inputs"}


class PayRunInputSerializer(StrictModelSerializer):
    class Meta:
        model = PayRunInput
        fields = ("employee", "code", "value")


class PayRunSerializer(StrictModelSerializer):
    inputs = PayRunInputSerializer(many=True, required=False)

    class Meta:
        model = PayRun
        fields = (
            "id",
            "company",
            "number",
            "status",
            "kind",
            "structure",
            "period_start",
            "period_end",
            "pay_date",
            "retro_from",
            "note",
            "gross",
            "deductions",
            "net",
            "employer_cost",
            "paid_on",
            "inputs",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "gross",
            "deductions",
            "net",
            "employer_cost",
            "paid_on",
        )


class PostInput(StrictSerializer):
    date = DateField(required=False)


class PayInputs(StrictSerializer):
    account = ReferenceField(Account)
    date = DateField()


class ReverseRunInput(StrictSerializer):
    date = DateField()
    reason = TextField(max_length=500)


class PayRunViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Pay runs: draft, calculate, approve, pay, post, reverse."""

    serializer_class = PayRunSerializer
    prefetch_related = ("inputs__employee",)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "kind": ["exact"],
        "structure": ["exact"],
        "pay_date": ["exact", "gte", "lte"],
        "period_start": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "pay_date")
    search_fields = ("number", "note")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> PayRun:
        inputs = [services.RunInput(**row) for row in values.pop("inputs", [])]
        return services.create_pay_run(inputs=inputs, by=by, **values)

    def perform_update(
        self, row: PayRun, values: dict[str, Any], *, version: int | None, by: User, reason: str
    ) -> PayRun:
        for name in sorted(values.keys() - CHANGEABLE):
            raise InvalidInput("fixed", "A draft keeps this. Write another.", field=name)
        given = values.pop("inputs", None)
        inputs = None if given is None else [services.RunInput(**line) for line in given]
        return services.change_pay_run(row, inputs=inputs, version=version, by=by, **values)

    @verb(permission="hr.calculate_payrun")
    def calculate(self, run: PayRun, *, by: User) -> PayRun:
        return services.calculate_pay_run(run, by=by)

    @verb(permission="hr.calculate_payrun")
    def redraft(self, run: PayRun, *, by: User) -> PayRun:
        return services.redraft_pay_run(run, by=by)

    @verb(permission="hr.approve_payrun")
    def approve(self, run: PayRun, *, by: User) -> PayRun:
        return services.approve_pay_run(run, by=by)

    @verb(permission="hr.change_payrun")
    def cancel(self, run: PayRun, *, by: User) -> PayRun:
        return services.cancel_pay_run(run, by=by)

    @verb(permission="hr.pay_payrun", serializer=PayInputs)
    def pay(self, run: PayRun, *, account: Account, date: datetime.date, by: User) -> PayRun:
        """The bank has paid the net."""
        return pay_pay_run(run, account=account, date=date, by=by)

    @verb(permission="hr.post_payrun", serializer=PostInput)
    def post(self, run: PayRun, *, by: User, date: datetime.date | None = None) -> PayRun:
        return post_pay_run(run, date=date, by=by)

    @verb(permission="hr.reverse_payrun", serializer=ReverseRunInput)
    def reverse(self, run: PayRun, *, date: datetime.date, reason: str, by: User) -> PayRun:
        return reverse_pay_run(run, date=date, reason=reason, by=by)
