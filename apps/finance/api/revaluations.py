from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.finance.api.vouchers import ReverseInput
from apps.finance.models import CurrencyRevaluation, RevaluationLine
from apps.finance.services.revaluations import revalue_currencies, reverse_revaluation


class RevaluationLineSerializer(StrictModelSerializer):
    class Meta:
        model = RevaluationLine
        fields = ("date", "account", "invoice", "currency", "open_amount", "rate", "carrying",
                  "difference")  # fmt: skip
        read_only_fields = fields


class CurrencyRevaluationSerializer(StrictModelSerializer):
    lines = RevaluationLineSerializer(many=True, read_only=True)

    class Meta:
        model = CurrencyRevaluation
        fields = (
            "id",
            "company",
            "number",
            "status",
            "date",
            "reverses_on",
            "entry",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "entry")


class CurrencyRevaluationViewSet(CreateMixin, DocumentViewSet):
    """``POST`` posts foreign receivables, payables and cash at the closing rates of a day."""

    serializer_class = CurrencyRevaluationSerializer
    prefetch_related = ("lines__invoice", "lines__account")
    filterset_fields = {"number": ["exact"], "status": ["exact"], "date": ["exact", "gte", "lte"]}
    ordering_fields = ("id", "date", "number")
    search_fields = ("number",)

    def perform_create(
        self, values: dict[str, Any], *, by: User, reason: str
    ) -> CurrencyRevaluation:
        return revalue_currencies(by=by, **values)

    @verb(permission="finance.reverse_currencyrevaluation", serializer=ReverseInput)
    def reverse(
        self, revaluation: CurrencyRevaluation, *, date: datetime.date, reason: str, by: User
    ) -> CurrencyRevaluation:
        return reverse_revaluation(revaluation, date=date, reason=reason, by=by)
