from __future__ import annotations

from typing import Any

from apps.core.api.bases import DocumentViewSet, LedgerViewSet, MasterDataViewSet
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.engineering.api.boms import ReasonInput
from apps.engineering.models import (
    Acknowledgement,
    InstructionRevision,
    InstructionStep,
    WorkInstruction,
)
from apps.engineering.resources import WorkInstructionResource
from apps.engineering.services import instructions as services
from apps.hr.models import Employee

RELEASE = "engineering.release_instructionrevision"


class WorkInstructionSerializer(StrictModelSerializer):
    class Meta:
        model = WorkInstruction
        fields = (
            "id",
            "company",
            "code",
            "name",
            "must_acknowledge",
            "is_active",
            *AUDIT_FIELDS,
        )


class WorkInstructionViewSet(MasterDataViewSet):
    """Controlled documents that operations refer to; what they say is in their revisions."""

    serializer_class = WorkInstructionSerializer
    resource_class = WorkInstructionResource
    filterset_fields = ("code", "must_acknowledge", "is_active")


class InstructionStepSerializer(StrictModelSerializer):
    class Meta:
        model = InstructionStep
        fields = ("id", "position", "title", "text", "is_critical", "picture")


class InstructionRevisionSerializer(StrictModelSerializer):
    steps = InstructionStepSerializer(many=True, allow_empty=False)

    class Meta:
        model = InstructionRevision
        fields = (
            "id",
            "company",
            "status",
            "instruction",
            "revision",
            "changed",
            "effective_from",
            "effective_until",
            "steps",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("status",)


class AcknowledgementSerializer(StrictModelSerializer):
    class Meta:
        model = Acknowledgement
        fields = ("id", "company", "revision", "employee", "created_at", "created_by")


class AcknowledgeInput(StrictSerializer):
    """Without an employee the caller's own record."""

    employee = ReferenceField(Employee, required=False, allow_null=True)


class InstructionRevisionViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """What a work instruction says from a day on."""

    serializer_class = InstructionRevisionSerializer
    prefetch_related = ("steps",)
    filterset_fields = ("instruction", "revision", "status")
    search_fields = ("instruction__code", "instruction__name", "changed")

    def perform_create(
        self, values: dict[str, Any], *, by: User, reason: str
    ) -> InstructionRevision:
        steps = [services.Step(**step) for step in values.pop("steps")]
        return services.create_instruction_revision(
            values.pop("company"), steps=steps, by=by, **values
        )

    def perform_update(
        self,
        row: InstructionRevision,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> InstructionRevision:
        given = values.pop("steps", None)
        steps = None if given is None else [services.Step(**step) for step in given]
        return services.change_instruction_revision(
            row, steps=steps, version=version, by=by, reason=reason, **values
        )

    @verb(permission=RELEASE)
    def release(self, revision: InstructionRevision, *, by: User) -> InstructionRevision:
        """Let orders take it from its first day on; its author can't."""
        return services.release_instruction_revision(revision, by=by)

    @verb(permission=RELEASE, serializer=ReasonInput)
    def obsolete(
        self, revision: InstructionRevision, *, reason: str, by: User
    ) -> InstructionRevision:
        return services.obsolete_instruction_revision(revision, reason=reason, by=by)

    @verb(
        permission="engineering.add_acknowledgement",
        serializer=AcknowledgeInput,
        response=AcknowledgementSerializer,
        status=201,
    )
    def acknowledge(
        self, revision: InstructionRevision, *, by: User, employee: Employee | None = None
    ) -> Acknowledgement:
        """It has been read and understood."""
        return services.acknowledge_revision(revision, employee=employee, by=by)


class AcknowledgementViewSet(LedgerViewSet):
    """Who has read and understood which revision, and when."""

    serializer_class = AcknowledgementSerializer
    filterset_fields = ("revision", "employee", "revision__instruction")
