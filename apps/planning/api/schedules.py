from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import listed, shape_of
from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import TimestampField
from apps.core.api.jobs import JobSerializer
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CompanyViewSet, CreateMixin, ReadViewSet, UpdateMixin
from apps.core.models import User
from apps.masterdata.models import Machine
from apps.planning.jobs import start_schedule
from apps.planning.models import ChangeoverRule, Schedule, ScheduledOperation
from apps.planning.queries.late_orders import LateOrder, late_orders
from apps.planning.services import schedules as services
from apps.planning.services.schedule_moves import move_operation


class ChangeoverRuleSerializer(StrictModelSerializer):
    class Meta:
        model = ChangeoverRule
        fields = (
            "id",
            "company",
            "work_centre",
            "from_family",
            "to_family",
            "minutes",
            *AUDIT_FIELDS,
        )


class ChangeoverRuleViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Set-up from one family of items to another."""

    serializer_class = ChangeoverRuleSerializer
    filterset_fields = ("work_centre", "from_family", "to_family")
    ordering = "id"
    ordering_fields = ("id",)


class ScheduleSerializer(StrictModelSerializer):
    class Meta:
        model = Schedule
        fields = (
            "id",
            "company",
            "number",
            "status",
            "site",
            "starts_at",
            "horizon_days",
            "objective",
            "ignores_calendar",
            "time_limit_seconds",
            "message",
            "unscheduled",
            "proved_optimal",
            "makespan_minutes",
            "bound",
            "tardy_minutes",
            "operation_count",
            "late_count",
            "seconds",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "message",
            "unscheduled",
            "proved_optimal",
            "makespan_minutes",
            "bound",
            "tardy_minutes",
            "operation_count",
            "late_count",
            "seconds",
        )
        extra_kwargs = {"starts_at": {"required": False}}


class ScheduleViewSet(CreateMixin, DocumentViewSet):
    """Sequences of the open operations of a site, finite on machines and shifts."""

    serializer_class = ScheduleSerializer
    create_service = staticmethod(services.create_schedule)
    filterset_fields = ("status", "site")

    @verb(permission="planning.run_schedule")
    def calculate(self, schedule: Schedule, *, by: User) -> Schedule:
        """Calculate at once, within the time box."""
        return services.calculate_schedule(schedule, by=by)

    @verb(permission="planning.run_schedule", response=JobSerializer, status=202)
    def start(self, schedule: Schedule, *, by: User) -> Any:
        """Calculate in the background."""
        return start_schedule(schedule, by=by)

    @extend_schema(responses=listed(shape_of(LateOrder), has_next=False), filters=False)
    @action(detail=True, methods=["get"], url_path="why-late", pagination_class=None)
    def why_late(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Each late order with what binds it: a machine and what it is busy with, or material."""
        return Response({"results": [asdict(one) for one in late_orders(self.get_object())]})

    why_late.required_permissions = ("view", "planning.view_scheduledoperation")

    @verb(permission="planning.publish_schedule")
    def publish(self, schedule: Schedule, *, by: User) -> Schedule:
        return services.publish_schedule(schedule, by=by)

    @verb(permission="planning.publish_schedule")
    def discard(self, schedule: Schedule, *, by: User) -> Schedule:
        return services.discard_schedule(schedule, by=by)


class MoveInput(StrictSerializer):
    starts_at = TimestampField()
    machine = ReferenceField(Machine, required=False, allow_null=True)


class ScheduledOperationSerializer(StrictModelSerializer):
    class Meta:
        model = ScheduledOperation
        fields = (
            "id",
            "company",
            "schedule",
            "operation",
            "work_centre",
            "machine",
            "starts_at",
            "ends_at",
            "setup_minutes",
            "work_minutes",
            "is_pinned",
            "late_minutes",
            "cause",
            "cause_machine",
            "cause_operation",
            "cause_item",
        )
        read_only_fields = fields


class ScheduledOperationViewSet(ReadViewSet):
    """Operations on machines; late orders with what they waited for."""

    serializer_class = ScheduledOperationSerializer
    filterset_fields = {
        "schedule": ["exact"],
        "machine": ["exact"],
        "operation": ["exact"],
        "starts_at": ["gte", "lte"],
        "late_minutes": ["gt"],
    }
    ordering = "starts_at"
    ordering_fields = ("id", "starts_at")

    @verb(permission="planning.change_schedule", serializer=MoveInput)
    def move(
        self,
        scheduled: ScheduledOperation,
        *,
        starts_at: datetime.datetime,
        by: User,
        machine: Machine | None = None,
    ) -> ScheduledOperation:
        """Put it elsewhere; refused with the cause when that can't be."""
        return move_operation(scheduled, starts_at=starts_at, machine=machine, by=by)
