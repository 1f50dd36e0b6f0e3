from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import LedgerViewSet
from apps.core.api.fields import TimestampField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.execution.api.labour_spans import LabourSpanSerializer
from apps.execution.api.machine_states import OperationRunSerializer
from apps.execution.models import WorkOrderOperation
from apps.execution.services import dispatch, labour_spans
from apps.hr.models import Employee
from apps.masterdata.models import Machine


class WorkOrderOperationSerializer(StrictModelSerializer):
    class Meta:
        model = WorkOrderOperation
        fields = (
            "id",
            "company",
            "work_order",
            "sequence",
            "name",
            "work_centre",
            "machine",
            "status",
            "setup_minutes",
            "run_minutes",
            "labour_factor",
            "is_counted",
            "is_badged",
            "tool",
            "instruction_revision",
            "instructions",
            "inspection",
        )


class StartInput(StrictSerializer):
    machine = ReferenceField(Machine)
    employee = ReferenceField(Employee, required=False, allow_null=True)
    at = TimestampField(required=False)


class PauseInput(StrictSerializer):
    """Without a machine it is paused wherever it runs."""

    machine = ReferenceField(Machine, required=False, allow_null=True)
    at = TimestampField(required=False)


class FinishInput(StrictSerializer):
    at = TimestampField(required=False)


class BadgeInput(StrictSerializer):
    employee = ReferenceField(Employee)
    machine = ReferenceField(Machine, required=False, allow_null=True)
    at = TimestampField(required=False)


class BadgeOffInput(StrictSerializer):
    employee = ReferenceField(Employee)
    at = TimestampField(required=False)


class OperationViewSet(LedgerViewSet):
    """Operations of released work orders, and what is done with them on machines."""

    serializer_class = WorkOrderOperationSerializer
    filterset_fields = {
        "work_order": ["exact"],
        "work_order__status": ["exact"],
        "work_centre": ["exact"],
        "machine": ["exact"],
        "status": ["exact"],
    }
    search_fields = ("work_order__number", "name")
    ordering = "id"

    @verb(
        permission="execution.run_workorderoperation",
        serializer=StartInput,
        response=OperationRunSerializer,
        status=201,
    )
    def start(
        self,
        operation: Any,
        *,
        machine: Machine,
        by: User,
        employee: Employee | None = None,
        at: datetime.datetime | None = None,
    ) -> Any:
        """Let the operation run on a machine; also resumes a paused one."""
        return dispatch.start_operation(operation, machine=machine, employee=employee, at=at, by=by)

    @verb(permission="execution.run_workorderoperation", serializer=PauseInput)
    def pause(
        self,
        operation: Any,
        *,
        by: User,
        machine: Machine | None = None,
        at: datetime.datetime | None = None,
    ) -> Any:
        """Take the operation off the machine; it can be started again."""
        return dispatch.pause_operation(operation, machine=machine, at=at, by=by)

    @verb(permission="execution.run_workorderoperation", serializer=FinishInput)
    def finish(self, operation: Any, *, by: User, at: datetime.datetime | None = None) -> Any:
        """End the operation, wherever it runs."""
        return dispatch.finish_operation(operation, at=at, by=by)

    @verb(
        permission="execution.run_workorderoperation",
        serializer=BadgeInput,
        response=LabourSpanSerializer,
        status=201,
    )
    def badge_on(
        self,
        operation: Any,
        *,
        employee: Employee,
        by: User,
        machine: Machine | None = None,
        at: datetime.datetime | None = None,
    ) -> Any:
        """Somebody works at the operation from now on, beside whatever else he is at."""
        return labour_spans.badge_on(operation, employee=employee, machine=machine, at=at, by=by)

    @verb(
        permission="execution.run_workorderoperation",
        serializer=BadgeOffInput,
        response=LabourSpanSerializer,
    )
    def badge_off(
        self,
        operation: Any,
        *,
        employee: Employee,
        by: User,
        at: datetime.datetime | None = None,
    ) -> Any:
        """He leaves it; his fair share of the time is booked."""
        return labour_spans.badge_off(operation, employee=employee, at=at, by=by)
