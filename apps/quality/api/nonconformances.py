from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.quality.api.inputs import ContainInput, DispositionInput, ReasonInput, ReopenInput
from apps.quality.models import Disposition, Nonconformance, NonconformingLot
from apps.quality.services.dispositions import (
    Decision,
    disposition_nonconformance,
    reopen_nonconformance,
)
from apps.quality.services.nonconformances import (
    Held,
    cancel_nonconformance,
    close_nonconformance,
    contain_nonconformance,
    open_nonconformance,
    review_nonconformance,
)


class NonconformingLotSerializer(StrictModelSerializer):
    class Meta:
        model = NonconformingLot
        fields = ("id", "lot", "location", "home", "quantity")
        read_only_fields = ("home",)


class DispositionSerializer(StrictModelSerializer):
    class Meta:
        model = Disposition
        fields = (
            "id",
            "nonconforming_lot",
            "kind",
            "quantity",
            "reason",
            "cost_object",
            "note",
            "value",
            "move",
            "decided_at",
            "decided_by",
            "is_reversed",
        )
        read_only_fields = fields


class NonconformanceSerializer(StrictModelSerializer):
    lots = NonconformingLotSerializer(many=True, required=False)
    dispositions = DispositionSerializer(many=True, read_only=True)

    class Meta:
        model = Nonconformance
        fields = (
            "id",
            "company",
            "number",
            "status",
            "origin",
            "title",
            "description",
            "item",
            "quantity",
            "reason",
            "partner",
            "inspection",
            "operation_sequence",
            "blocks_start",
            "containment",
            "conclusion",
            "source_type",
            "source_id",
            "lots",
            "dispositions",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "origin",
            "quantity",
            "inspection",
            "containment",
            "conclusion",
            "source_type",
            "source_id",
        )


class NonconformanceViewSet(CreateMixin, DocumentViewSet):
    """Nonconformance reports: what is wrong, what it holds, what becomes of it."""

    serializer_class = NonconformanceSerializer
    prefetch_related = ("lots__lot", "lots__location", "lots__home", "dispositions__reason")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "origin": ["exact"],
        "item": ["exact"],
        "partner": ["exact"],
        "inspection": ["exact"],
        "blocks_start": ["exact"],
    }
    search_fields = ("number", "title", "item__code")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Nonconformance:
        held = [Held(**line) for line in values.pop("lots", [])]
        return open_nonconformance(values.pop("company"), held=held, by=by, **values)

    @verb(permission="quality.contain_nonconformance", serializer=ContainInput)
    def contain(self, ncr: Nonconformance, *, containment: str, by: User) -> Nonconformance:
        return contain_nonconformance(ncr, containment=containment, by=by)

    @verb(permission="quality.review_nonconformance")
    def review(self, ncr: Nonconformance, *, by: User) -> Nonconformance:
        """Bring it before the material review board."""
        return review_nonconformance(ncr, by=by)

    @verb(permission="quality.disposition_nonconformance", serializer=DispositionInput)
    def disposition(
        self,
        ncr: Nonconformance,
        *,
        by: User,
        decisions: Sequence[dict[str, Any]] = (),
        date: datetime.date | None = None,
        conclusion: str = "",
    ) -> Nonconformance:
        """Decide, and post it: stock, lot status and value in one transaction."""
        return disposition_nonconformance(
            ncr,
            decisions=[Decision(**one) for one in decisions],
            date=date,
            conclusion=conclusion,
            by=by,
        )

    @verb(permission="quality.close_nonconformance")
    def close(self, ncr: Nonconformance, *, by: User) -> Nonconformance:
        return close_nonconformance(ncr, by=by)

    @verb(permission="quality.reopen_nonconformance", serializer=ReopenInput)
    def reopen(
        self, ncr: Nonconformance, *, reason: str, by: User, date: datetime.date | None = None
    ) -> Nonconformance:
        """Take the decisions back, with their postings."""
        return reopen_nonconformance(ncr, reason=reason, date=date, by=by)

    @verb(permission="quality.reopen_nonconformance", serializer=ReasonInput)
    def cancel(self, ncr: Nonconformance, *, reason: str, by: User) -> Nonconformance:
        return cancel_nonconformance(ncr, reason=reason, by=by)
