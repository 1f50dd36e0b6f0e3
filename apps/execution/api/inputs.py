"""Inputs that several verbs of the shop floor share."""

from __future__ import annotations

from apps.core.api.fields import BooleanField, DateField, DecimalField, TextField, TimestampField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import StrictSerializer
from apps.execution.models import WorkOrderComponent, WorkOrderOperation
from apps.hr.models import Employee
from apps.inventory.models import Lot
from apps.masterdata.models import Machine, ReasonCode, Shift


class DateInput(StrictSerializer):
    date = DateField()


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=500)


class DateReasonInput(DateInput, ReasonInput):
    """When and why."""


class ReportInput(StrictSerializer):
    """What was made; quantities in stock units, time in minutes (standard when left out)."""

    operation = ReferenceField(WorkOrderOperation, required=False, allow_null=True)
    quantity_good = DecimalField(required=False, min_value=0)
    quantity_scrap = DecimalField(required=False, min_value=0)
    scrap_reason = ReferenceField(ReasonCode, required=False, allow_null=True)
    labour_minutes = DecimalField(required=False, allow_null=True, min_value=0)
    machine_minutes = DecimalField(required=False, allow_null=True, min_value=0)
    employee = ReferenceField(Employee, required=False, allow_null=True)
    machine = ReferenceField(Machine, required=False, allow_null=True)
    shift = ReferenceField(Shift, required=False, allow_null=True)
    reported_at = TimestampField(required=False)
    date = DateField(required=False)
    note = TextField(max_length=200, required=False)


class IssueLineInput(StrictSerializer):
    component = ReferenceField(WorkOrderComponent)
    quantity = DecimalField(positive=True)
    lot = ReferenceField(Lot, required=False, allow_null=True)


class IssueInput(DateInput):
    lines = IssueLineInput(many=True)
    employee = ReferenceField(Employee, required=False, allow_null=True)
    allow_excess = BooleanField(required=False)
