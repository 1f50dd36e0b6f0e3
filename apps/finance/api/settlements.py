from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import CompanyViewSet, DocumentViewSet
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import Company, Currency, User
from apps.finance.api.vouchers import ReverseInput
from apps.finance.models import FinancePolicy, Invoice, Settlement, SettlementLine
from apps.finance.services.policies import change_policy, create_policy
from apps.finance.services.settlement import Allocation
from apps.finance.services.settlements import net_invoices, reverse_settlement
from apps.finance.services.write_offs import write_off
from apps.masterdata.models import Partner


class SettlementLineSerializer(StrictModelSerializer):
    class Meta:
        model = SettlementLine
        fields = ("invoice", "amount", "amount_company")
        read_only_fields = fields


class SettlementSerializer(StrictModelSerializer):
    lines = SettlementLineSerializer(many=True, read_only=True)

    class Meta:
        model = Settlement
        fields = (
            "id",
            "company",
            "number",
            "status",
            "kind",
            "partner",
            "date",
            "currency",
            "payment",
            "reference",
            "entry",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = fields


class PartInput(StrictSerializer):
    invoice = ReferenceField(Invoice)
    amount = DecimalField(decimal_places=4, positive=True)


class NetInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    partner = ReferenceField(Partner)
    date = DateField()
    currency = ReferenceField(Currency, required=False)
    reference = TextField(max_length=60, required=False)
    allocations = PartInput(many=True, required=False, allow_empty=False)


class WriteOffInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    partner = ReferenceField(Partner)
    date = DateField()
    reason = TextField(max_length=500)
    allocations = PartInput(many=True, allow_empty=False)


class SettlementViewSet(DocumentViewSet):
    """Open items settled without money: netting, write-offs, discounts taken with payments."""

    serializer_class = SettlementSerializer
    prefetch_related = ("lines__invoice",)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "kind": ["exact"],
        "partner": ["exact"],
        "payment": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date", "number")
    search_fields = ("number", "reference")

    @verb(permission="finance.net_settlement", serializer=NetInput, detail=False, status=201)
    def net(
        self,
        *,
        company: Company,
        partner: Partner,
        date: datetime.date,
        by: User,
        allocations: list[dict[str, Any]] | None = None,
        **more: Any,
    ) -> Settlement:
        """Set receivables off against payables: all that can be, or ``allocations``."""
        parts = [Allocation(**part) for part in allocations or ()]
        return net_invoices(company, partner=partner, date=date, allocations=parts, by=by, **more)

    @verb(
        permission="finance.writeoff_settlement", serializer=WriteOffInput, detail=False, status=201
    )
    def write_off(
        self,
        *,
        company: Company,
        partner: Partner,
        date: datetime.date,
        reason: str,
        allocations: list[dict[str, Any]],
        by: User,
    ) -> Settlement:
        """Give up small remainders, each within the company's limit."""
        parts = [Allocation(**part) for part in allocations]
        return write_off(
            company, partner=partner, date=date, allocations=parts, reason=reason, by=by
        )

    @verb(permission="finance.reverse_settlement", serializer=ReverseInput)
    def reverse(
        self, settlement: Settlement, *, date: datetime.date, reason: str, by: User
    ) -> Settlement:
        return reverse_settlement(settlement, date=date, reason=reason, by=by)


class FinancePolicySerializer(StrictModelSerializer):
    class Meta:
        model = FinancePolicy
        fields = (
            "id",
            "company",
            "valid_from",
            "ageing_days",
            "write_off_limit",
            "price_tolerance",
            "amount_tolerance",
            "quantity_tolerance",
            "quantity_amount_tolerance",
            *AUDIT_FIELDS,
        )


class FinancePolicyViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Limits and buckets of a company from a day on; without a row the defaults hold."""

    serializer_class = FinancePolicySerializer
    create_service = staticmethod(create_policy)
    update_service = staticmethod(change_policy)
    takes_reason = True
    filterset_fields = {"valid_from": ["exact", "gte", "lte"]}
    ordering_fields = ("id", "valid_from")
