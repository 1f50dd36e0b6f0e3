from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.finance.api.vouchers import ReverseInput
from apps.finance.models import Invoice, Payment, PaymentAllocation
from apps.finance.services.advances import allocate_oldest, release_allocation
from apps.finance.services.payments import (
    Allocation,
    allocate_payment,
    post_payment,
    reverse_payment,
)
from apps.finance.services.write_offs import write_off_payment_rest


class AllocationSerializer(StrictModelSerializer):
    discount = DecimalField(decimal_places=4, positive=True, required=False, write_only=True)
    write_off = DecimalField(decimal_places=4, positive=True, required=False, write_only=True)

    class Meta:
        model = PaymentAllocation
        fields = (
            "invoice",
            "settlement",
            "amount",
            "discount",
            "write_off",
            "amount_company",
            "date",
        )
        read_only_fields = ("settlement", "amount_company", "date")
        extra_kwargs = {"invoice": {"required": True}}


class AllocationInput(StrictSerializer):
    invoice = ReferenceField(Invoice)
    amount = DecimalField(decimal_places=4, positive=True)
    discount = DecimalField(decimal_places=4, positive=True, required=False)
    write_off = DecimalField(decimal_places=4, positive=True, required=False)


class DateInput(StrictSerializer):
    date = DateField()


class ReleaseInput(StrictSerializer):
    invoice = ReferenceField(Invoice)
    date = DateField()
    reason = TextField(max_length=500)


class DateReasonInput(DateInput):
    reason = TextField(max_length=500)


class AllocateInput(StrictSerializer):
    date = DateField()
    allocations = AllocationInput(many=True, allow_empty=False)
    write_off_overpayment = serializers.BooleanField(required=False)
    reason = TextField(max_length=500, required=False)


class PaymentSerializer(StrictModelSerializer):
    allocations = AllocationSerializer(many=True, required=False)
    write_off_overpayment = serializers.BooleanField(required=False, write_only=True)
    write_off_reason = TextField(max_length=500, required=False, write_only=True)

    class Meta:
        model = Payment
        fields = (
            "id",
            "company",
            "number",
            "status",
            "direction",
            "partner",
            "account",
            "date",
            "currency",
            "exchange_rate",
            "amount",
            "reference",
            "entry",
            "allocations",
            "write_off_overpayment",
            "write_off_reason",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "exchange_rate", "entry")
        extra_kwargs = {"currency": {"required": False}}


class PaymentViewSet(CreateMixin, DocumentViewSet):
    """``POST`` posts money received or paid and settles invoices with it."""

    serializer_class = PaymentSerializer
    prefetch_related = ("allocations__invoice",)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "direction": ["exact"],
        "partner": ["exact"],
        "account": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date", "number")
    search_fields = ("number", "reference")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Payment:
        given = values.pop("allocations", ())
        values["reason"] = values.pop("write_off_reason", reason)
        require_may_write_off(given, values.get("write_off_overpayment"), by)
        parts = [Allocation(**part) for part in given]
        return post_payment(allocations=parts, by=by, **values)

    @verb(permission="finance.add_payment", serializer=AllocateInput)
    def allocate(
        self,
        payment: Payment,
        *,
        date: datetime.date,
        allocations: list[dict[str, Any]],
        by: User,
        **more: Any,
    ) -> Payment:
        """Settle invoices with money that is on account; small rests may be written off."""
        require_may_write_off(allocations, more.get("write_off_overpayment"), by)
        parts = [Allocation(**part) for part in allocations]
        return allocate_payment(payment, allocations=parts, date=date, by=by, **more)

    @verb(permission="finance.add_payment", serializer=DateInput)
    def allocate_oldest(self, payment: Payment, *, date: datetime.date, by: User) -> Payment:
        """Settle open invoices with money that is on account, the longest due first."""
        return allocate_oldest(payment, date=date, by=by)

    @verb(permission="finance.writeoff_settlement", serializer=DateReasonInput)
    def write_off_rest(
        self, payment: Payment, *, date: datetime.date, reason: str, by: User
    ) -> Payment:
        """Keep the small rest of an overpayment, within the company's limit."""
        return write_off_payment_rest(payment, date=date, reason=reason, by=by)

    @verb(permission="finance.reverse_payment", serializer=ReleaseInput)
    def release(
        self, payment: Payment, *, invoice: Invoice, date: datetime.date, reason: str, by: User
    ) -> Payment:
        """Take an allocation back: the money is on account again, the invoice open."""
        return release_allocation(payment, invoice=invoice, date=date, reason=reason, by=by)

    @verb(permission="finance.reverse_payment", serializer=ReverseInput)
    def reverse(self, payment: Payment, *, date: datetime.date, reason: str, by: User) -> Payment:
        return reverse_payment(payment, date=date, reason=reason, by=by)


def require_may_write_off(
    allocations: Sequence[Mapping[str, Any]], overpayment: bool | None, by: User
) -> None:
    """Refuse who may not write off to do it with a payment."""
    asked = overpayment or any("write_off" in part for part in allocations)
    if asked and not by.has_perm("finance.writeoff_settlement"):
        raise PermissionDenied
