from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from apps.core.api.bases import DocumentViewSet, LedgerViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CompanyViewSet, CreateMixin
from apps.core.models import User
from apps.quality.api.inputs import (
    CorrectInput,
    DecideInput,
    PassRestInput,
    ReasonInput,
    RecordInput,
)
from apps.quality.models import (
    Characteristic,
    Gauge,
    Inspection,
    InspectionResult,
    SamplingState,
)
from apps.quality.services.deciding import decide_inspection, resume_acceptance
from apps.quality.services.inspections import cancel_inspection, open_inspection
from apps.quality.services.measuring import (
    Reading,
    correct_result,
    pass_the_rest,
    record_results,
)

MEASURE, DECIDE = "quality.measure_inspection", "quality.decide_inspection"


class InspectionSerializer(StrictModelSerializer):
    class Meta:
        model = Inspection
        fields = (
            "id",
            "company",
            "number",
            "status",
            "plan",
            "plan_revision",
            "stage",
            "item",
            "lot",
            "partner",
            "location",
            "home",
            "operation_sequence",
            "quantity",
            "severity",
            "code_letter",
            "sample_size",
            "accept",
            "reject",
            "nonconforming",
            "quantity_accepted",
            "quantity_rejected",
            "decided_at",
            "source_type",
            "source_id",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "plan_revision",
            "stage",
            "home",
            "operation_sequence",
            "severity",
            "code_letter",
            "sample_size",
            "accept",
            "reject",
            "nonconforming",
            "quantity_accepted",
            "quantity_rejected",
            "decided_at",
            "source_type",
            "source_id",
        )


class InspectionResultSerializer(StrictModelSerializer):
    class Meta:
        model = InspectionResult
        fields = (
            "id",
            "company",
            "inspection",
            "line",
            "characteristic",
            "item",
            "lot",
            "sample",
            "value",
            "is_conforming",
            "gauge",
            "measured_at",
            "supersedes",
            "reason",
            "created_at",
            "created_by",
        )


class InspectionViewSet(CreateMixin, DocumentViewSet):
    """Inspections at receipt, operation and final; while one is open, its lot is blocked."""

    serializer_class = InspectionSerializer
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "stage": ["exact"],
        "item": ["exact"],
        "lot": ["exact"],
        "partner": ["exact"],
        "plan": ["exact"],
        "source_type": ["exact"],
        "source_id": ["exact"],
    }
    search_fields = ("number", "item__code", "lot__code")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Inspection:
        return open_inspection(values.pop("company"), by=by, **values)

    @verb(
        permission=MEASURE,
        serializer=RecordInput,
        response=InspectionResultSerializer,
        lists=True,
        status=201,
    )
    def record(
        self,
        inspection: Inspection,
        *,
        readings: list[dict[str, Any]],
        by: User,
        measured_at: datetime.datetime | None = None,
    ) -> list[InspectionResult]:
        """Write results, all or none."""
        return record_results(
            inspection,
            readings=[Reading(**one) for one in readings],
            measured_at=measured_at,
            by=by,
        )

    @verb(
        permission=MEASURE,
        serializer=PassRestInput,
        response=InspectionResultSerializer,
        lists=True,
        status=201,
    )
    def pass_rest(
        self,
        inspection: Inspection,
        *,
        characteristic: Characteristic,
        by: User,
        gauge: Gauge | None = None,
    ) -> list[InspectionResult]:
        """Every sample without a result for a pass-or-fail characteristic passes."""
        return pass_the_rest(inspection, characteristic=characteristic, gauge=gauge, by=by)

    @verb(permission=DECIDE, serializer=DecideInput)
    def decide(
        self,
        inspection: Inspection,
        *,
        by: User,
        quantity_accepted: Decimal | None = None,
        reason: str = "",
    ) -> Inspection:
        """Accept, reject, or accept a part."""
        return decide_inspection(
            inspection, quantity_accepted=quantity_accepted, reason=reason, by=by
        )

    @verb(permission=DECIDE, serializer=ReasonInput)
    def cancel(self, inspection: Inspection, *, reason: str, by: User) -> Inspection:
        return cancel_inspection(inspection, reason=reason, by=by)


class InspectionResultViewSet(LedgerViewSet):
    """Results as they were entered; a correction is a row of its own."""

    serializer_class = InspectionResultSerializer
    filterset_fields = {
        "inspection": ["exact"],
        "characteristic": ["exact"],
        "item": ["exact"],
        "lot": ["exact"],
        "gauge": ["exact"],
        "is_conforming": ["exact"],
        "measured_at": ["gte", "lte"],
    }

    @verb(permission=MEASURE, serializer=CorrectInput, status=201)
    def correct(self, result: Any, *, by: User, **values: Any) -> InspectionResult:
        """A new result in its place, with the reason."""
        return correct_result(result, by=by, **values)


class SamplingStateSerializer(StrictModelSerializer):
    class Meta:
        model = SamplingState
        fields = (
            "id",
            "company",
            "item",
            "partner",
            "plan_number",
            "severity",
            "recent",
            "score",
            "refused",
            "is_stopped",
            *AUDIT_FIELDS,
        )


class SamplingStateViewSet(CompanyViewSet):
    """Normal, tightened or reduced: where an item of a supplier stands."""

    serializer_class = SamplingStateSerializer
    filterset_fields = ("item", "partner", "plan_number", "severity", "is_stopped")
    ordering_fields = ("id",)

    @verb(permission="quality.resume_samplingstate", serializer=ReasonInput)
    def resume(self, state: Any, *, reason: str, by: User) -> SamplingState:
        """Acceptance that was stopped goes on, under tightened inspection."""
        return resume_acceptance(state, reason=reason, by=by)
