from __future__ import annotations

from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.quality.api.inputs import ReasonInput
from apps.quality.models import InspectionPlan, InspectionPlanLine
from apps.quality.services.inspection_plans import (
    PlanLine,
    change_plan,
    create_plan,
    obsolete_plan,
    release_plan,
    revise_plan,
)

RELEASE = "quality.release_inspectionplan"


class InspectionPlanLineSerializer(StrictModelSerializer):
    class Meta:
        model = InspectionPlanLine
        fields = (
            "id",
            "position",
            "characteristic",
            "nominal",
            "lower",
            "upper",
            "needs_gauge",
            "instructions",
        )


class InspectionPlanSerializer(StrictModelSerializer):
    lines = InspectionPlanLineSerializer(many=True, allow_empty=False)

    class Meta:
        model = InspectionPlan
        fields = (
            "id",
            "company",
            "number",
            "revision",
            "status",
            "name",
            "stage",
            "item",
            "category",
            "partner",
            "operation_sequence",
            "sampling",
            "sample_size",
            "level",
            "aql",
            "may_reduce",
            "note",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "revision", "status")


class InspectionPlanViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """What is inspected, where and how many; a released plan is replaced by its next revision."""

    serializer_class = InspectionPlanSerializer
    prefetch_related = ("lines__characteristic",)
    filterset_fields = ("number", "status", "stage", "item", "category", "partner")
    search_fields = ("number", "name", "item__code")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> InspectionPlan:
        lines = [PlanLine(**line) for line in values.pop("lines")]
        return create_plan(values.pop("company"), lines=lines, by=by, **values)

    def perform_update(
        self,
        row: InspectionPlan,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> InspectionPlan:
        given = values.pop("lines", None)
        lines = None if given is None else [PlanLine(**line) for line in given]
        return change_plan(row, lines=lines, version=version, by=by, reason=reason, **values)

    @verb(permission=RELEASE)
    def release(self, plan: InspectionPlan, *, by: User) -> InspectionPlan:
        return release_plan(plan, by=by)

    @verb(permission="quality.add_inspectionplan", status=201)
    def revise(self, plan: InspectionPlan, *, by: User) -> InspectionPlan:
        """The next revision as a draft."""
        return revise_plan(plan, by=by)

    @verb(permission=RELEASE, serializer=ReasonInput)
    def obsolete(self, plan: InspectionPlan, *, reason: str, by: User) -> InspectionPlan:
        return obsolete_plan(plan, reason=reason, by=by)
