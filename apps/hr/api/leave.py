from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from apps.core.api.bases import DocumentViewSet, LedgerViewSet, MasterDataViewSet
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import Company, User
from apps.hr.api.time_cards import ReasonInput
from apps.hr.models import Employee, LeaveEntry, LeaveRequest, LeaveType
from apps.hr.resources import LeaveTypeResource
from apps.hr.services import leave as services


class LeaveTypeSerializer(StrictModelSerializer):
    class Meta:
        model = LeaveType
        fields = (
            *MASTER_DATA_FIELDS,
            "is_paid",
            "needs_balance",
            "days_per_month",
            "overdraft",
            *AUDIT_FIELDS,
        )


class AccrueInput(StrictSerializer):
    date = DateField()


class AccrueOutput(serializers.Serializer):
    employees = serializers.IntegerField()


class LeaveTypeViewSet(MasterDataViewSet):
    serializer_class = LeaveTypeSerializer
    resource_class = LeaveTypeResource
    filterset_fields = ("code", "is_active", "is_paid")

    @verb(permission="hr.accrue_leave", serializer=AccrueInput, response=AccrueOutput)
    def accrue(self, leave_type: LeaveType, *, date: datetime.date, by: User) -> Any:
        """Credit a month's days to everybody with a contract on that day, once."""
        count = services.accrue_leave(leave_type.company, leave_type=leave_type, date=date, by=by)
        return {"employees": count}


class LeaveRequestSerializer(StrictModelSerializer):
    class Meta:
        model = LeaveRequest
        fields = (
            "id",
            "company",
            "number",
            "status",
            "employee",
            "leave_type",
            "starts_on",
            "ends_on",
            "days",
            "note",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "days")


class LeaveRequestViewSet(CreateMixin, DocumentViewSet):
    """Leave of everybody: asked, decided, taken."""

    serializer_class = LeaveRequestSerializer
    create_service = staticmethod(services.ask_leave)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "employee": ["exact"],
        "leave_type": ["exact"],
        "starts_on": ["exact", "gte", "lte"],
        "ends_on": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "starts_on")

    @verb(permission="hr.approve_leaverequest")
    def approve(self, request: LeaveRequest, *, by: User) -> LeaveRequest:
        return services.approve_leave(request, by=by)

    @verb(permission="hr.approve_leaverequest", serializer=ReasonInput)
    def reject(self, request: LeaveRequest, *, reason: str, by: User) -> LeaveRequest:
        return services.reject_leave(request, reason=reason, by=by)

    @verb(permission="hr.approve_leaverequest")
    def take(self, request: LeaveRequest, *, by: User) -> LeaveRequest:
        return services.take_leave(request, by=by)

    @verb(permission="hr.change_leaverequest", serializer=ReasonInput)
    def cancel(self, request: LeaveRequest, *, reason: str, by: User) -> LeaveRequest:
        return services.cancel_leave(request, reason=reason, by=by)


class LeaveEntrySerializer(StrictModelSerializer):
    class Meta:
        model = LeaveEntry
        fields = (
            "id",
            "company",
            "employee",
            "leave_type",
            "date",
            "kind",
            "days",
            "reason",
            "created_at",
        )


class AdjustInput(StrictSerializer):
    company = CompanyField()
    employee = ReferenceField(Employee)
    leave_type = ReferenceField(LeaveType)
    date = DateField()
    days = DecimalField()
    reason = TextField(max_length=200)


class LeaveEntryViewSet(LedgerViewSet):
    """Days earned and granted; a balance is their sum."""

    serializer_class = LeaveEntrySerializer
    filterset_fields = {
        "employee": ["exact"],
        "leave_type": ["exact"],
        "kind": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")

    @verb(
        permission="hr.adjust_leave",
        serializer=AdjustInput,
        response=LeaveEntrySerializer,
        detail=False,
        status=201,
    )
    def adjust(self, *, company: Company, days: Decimal, by: User, **given: Any) -> LeaveEntry:
        """Correct a balance by hand: opening, carry-over, expiry."""
        return services.adjust_leave(company=company, days=days, by=by, **given)
