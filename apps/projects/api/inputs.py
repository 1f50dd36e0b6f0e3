"""References and inputs that several endpoints share."""

from __future__ import annotations

from typing import Any

from apps.core.api.fields import ChoiceField, DateField, DecimalField, TextField
from apps.core.api.references import ReferenceField, is_id
from apps.core.api.serializers import StrictModelSerializer, StrictSerializer
from apps.finance.models import Invoice
from apps.projects.models import BillingMilestone, Task, TaskDependency, TimesheetLine, WbsNode


class KeyReference(ReferenceField):
    """By id only: the codes of nodes and tasks are those of their project, not of the company."""

    def to_internal_value(self, data: Any) -> Any:
        if not is_id(data):
            self.fail("invalid")
        return super().to_internal_value(data)


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=500)


class ReverseInput(StrictSerializer):
    date = DateField()
    reason = TextField(max_length=500)


class BaselineInput(StrictSerializer):
    reason = TextField(max_length=200, required=False)


class WaitsInput(StrictSerializer):
    """``predecessor`` is the code of a task of the same project, ``lag`` working days."""

    predecessor = TextField(max_length=30)
    kind = ChoiceField(TaskDependency.Kind.choices, required=False)
    lag = DecimalField(required=False)


class ProgressInput(StrictSerializer):
    """How much was done at the end of ``date``."""

    percent = DecimalField(max_digits=5, decimal_places=2, min_value=0, max_value=100)
    date = DateField()


class MilestoneInput(StrictSerializer):
    milestone = KeyReference(BillingMilestone)


class BillInput(StrictSerializer):
    """``milestones``: those of this project that are to be billed."""

    date = DateField()
    due_date = DateField(required=False)
    milestones = MilestoneInput(many=True, allow_empty=False)


class BillHoursInput(StrictSerializer):
    """All hours up to ``until`` that are not billed yet."""

    date = DateField()
    until = DateField()
    due_date = DateField(required=False)


class ProjectInvoiceMade(StrictModelSerializer):
    """The invoice that was posted; the rest is at ``/finance/invoices/{id}/``."""

    class Meta:
        model = Invoice
        fields = (
            "id",
            "number",
            "status",
            "partner",
            "date",
            "due_date",
            "reference",
            "currency",
            "total",
        )


class TimesheetLineSerializer(StrictModelSerializer):
    node = KeyReference(WbsNode, required=False, related=("project",))
    task = KeyReference(Task, required=False, allow_null=True, related=("node__project",))

    class Meta:
        model = TimesheetLine
        fields = (
            "id",
            "employee",
            "date",
            "node",
            "task",
            "hours",
            "machine",
            "is_billable",
            "note",
            "cost_rate",
            "amount",
            "machine_amount",
        )
        read_only_fields = ("cost_rate", "amount", "machine_amount")
