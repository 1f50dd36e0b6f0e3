from __future__ import annotations

from typing import Any

from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.projects.api.inputs import KeyReference
from apps.projects.models import BillingMilestone, HourlyRate, ProjectBilling, Task, WbsNode
from apps.projects.services.milestones import create_milestone, update_milestone
from apps.projects.services.rates import create_rate, update_rate


class BillingMilestoneSerializer(StrictModelSerializer):
    node = KeyReference(WbsNode)
    task = KeyReference(Task, required=False, allow_null=True)

    class Meta:
        model = BillingMilestone
        fields = (
            "id",
            "company",
            "project",
            "node",
            "name",
            "amount",
            "due_on",
            "task",
            *AUDIT_FIELDS,
        )


class BillingMilestoneViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """The billing plan; a project's verb ``bill-milestones/`` bills it."""

    serializer_class = BillingMilestoneSerializer
    create_service = staticmethod(create_milestone)
    takes_reason = True
    filterset_fields = {
        "project": ["exact"],
        "node": ["exact"],
        "task": ["exact"],
        "due_on": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "due_on")
    search_fields = ("name",)

    def perform_update(
        self,
        row: BillingMilestone,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> BillingMilestone:
        if "project" in values and values.pop("project").pk != row.project_id:
            raise InvalidInput("read_only", "A milestone stays in its project.", field="project")
        return update_milestone(row, version=version, by=by, reason=reason, **values)


class BilledPartSerializer(StrictModelSerializer):
    class Meta:
        model = ProjectBilling
        fields = (
            "id",
            "company",
            "project",
            "milestone",
            "timesheet_line",
            "invoice_line",
            "is_live",
            *AUDIT_FIELDS,
        )


class ProjectBillingViewSet(CompanyViewSet):
    """What invoices bill of projects, and whether it stands."""

    serializer_class = BilledPartSerializer
    filterset_fields = {
        "project": ["exact"],
        "milestone": ["exact"],
        "timesheet_line": ["exact"],
        "is_live": ["exact"],
    }


class HourlyRateSerializer(StrictModelSerializer):
    class Meta:
        model = HourlyRate
        fields = (
            "id",
            "company",
            "employee",
            "project",
            "effective_from",
            "cost_rate",
            "billing_rate",
            *AUDIT_FIELDS,
        )


class HourlyRateViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """What an hour costs and is billed at, from a day on."""

    serializer_class = HourlyRateSerializer
    create_service = staticmethod(create_rate)
    update_service = staticmethod(update_rate)
    takes_reason = True
    filterset_fields = {
        "employee": ["exact", "isnull"],
        "project": ["exact", "isnull"],
        "effective_from": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "effective_from")
