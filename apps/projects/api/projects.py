from __future__ import annotations

import datetime
from dataclasses import asdict
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.response import Response

from apps.core.api.bases import DocumentViewSet
from apps.core.api.printouts import PdfActions
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.core.money import round_money
from apps.core.queries.currencies import decimal_places
from apps.finance.models import Invoice
from apps.projects.api.answers import (
    EarnedValueOutput,
    ProjectCostOutput,
    ProjectScheduleOutput,
)
from apps.projects.api.baselines import BaselineSerializer
from apps.projects.api.inputs import (
    BaselineInput,
    BillHoursInput,
    BillInput,
    ProjectInvoiceMade,
    ReasonInput,
)
from apps.projects.models import Baseline, Project
from apps.projects.printouts import status_report_pdf
from apps.projects.queries.costs import node_costs
from apps.projects.queries.earned_value import project_value, value_curve
from apps.projects.queries.schedules import project_schedule
from apps.projects.services.baselines import take_baseline
from apps.projects.services.billing import bill_hours, bill_milestones
from apps.projects.services.projects import (
    activate_project,
    change_project,
    close_project,
    create_project,
    hold_project,
    reopen_project,
)

_ACTIVATE, _CLOSE = "projects.activate_project", "projects.close_project"
_COST, _BILL = "projects.view_project_cost", "projects.bill_project"
_FIGURES = (
    "planned",
    "earned",
    "actual",
    "budget",
    "cost_variance",
    "schedule_variance",
    "cost_index",
    "schedule_index",
    "estimate_at_completion",
    "estimate_as_planned",
    "estimate_with_schedule",
    "estimate_to_complete",
    "variance_at_completion",
    "index_to_complete",
)
_INDICES = ("cost_index", "schedule_index", "index_to_complete")


def _shown(value: Any, *, places: int) -> Any:
    """Amounts to the places of the currency, in a mapping each of them."""
    if isinstance(value, dict):
        return {name: _shown(one, places=places) for name, one in value.items()}
    return round_money(value, places) if isinstance(value, Decimal) else value


class ProjectSerializer(StrictModelSerializer):
    class Meta:
        model = Project
        fields = (
            "id",
            "company",
            "number",
            "status",
            "name",
            "description",
            "partner",
            "customer_reference",
            "site",
            "manager",
            "starts_on",
            "due_on",
            "billing",
            "currency",
            "tax_code",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status")
        extra_kwargs = {name: {"required": False} for name in ("starts_on", "currency")}


class ProjectViewSet(CreateMixin, UpdateMixin, PdfActions, DocumentViewSet):
    """Projects: schedule, cost and earned value are read from the network and the ledger.

    ``pdf/`` is the status report.
    """

    serializer_class = ProjectSerializer
    printout = staticmethod(status_report_pdf)
    more_permissions = {"pdf": (_COST,)}
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "partner": ["exact"],
        "site": ["exact"],
        "manager": ["exact"],
        "billing": ["exact"],
        "due_on": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "due_on", "starts_on")
    search_fields = ("number", "name", "customer_reference")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Project:
        return create_project(values.pop("company"), by=by, reason=reason, **values)

    def perform_update(
        self, row: Project, values: dict[str, Any], *, version: int | None, by: User, reason: str
    ) -> Project:
        return change_project(row, version=version, by=by, reason=reason, **values)

    @verb(permission=_ACTIVATE)
    def activate(self, project: Project, *, by: User) -> Project:
        return activate_project(project, by=by)

    @verb(permission=_ACTIVATE, serializer=ReasonInput)
    def hold(self, project: Project, *, reason: str, by: User) -> Project:
        return hold_project(project, reason=reason, by=by)

    @verb(permission=_CLOSE)
    def close(self, project: Project, *, by: User) -> Project:
        return close_project(project, by=by)

    @verb(permission=_CLOSE, serializer=ReasonInput)
    def reopen(self, project: Project, *, reason: str, by: User) -> Project:
        return reopen_project(project, reason=reason, by=by)

    @verb(
        permission="projects.add_baseline",
        serializer=BaselineInput,
        response=BaselineSerializer,
        status=201,
    )
    def take_baseline(self, project: Project, *, by: User, **given: Any) -> Baseline:
        """Freeze the schedule and the budgets: from now on they are the measure."""
        return take_baseline(project, by=by, **given)

    @verb(permission=_BILL, serializer=BillInput, response=ProjectInvoiceMade, status=201)
    def bill_milestones(
        self, project: Project, *, milestones: list[dict[str, Any]], by: User, **given: Any
    ) -> Invoice:
        rows = [one["milestone"] for one in milestones]
        return bill_milestones(project, milestones=rows, by=by, **given)

    @verb(permission=_BILL, serializer=BillHoursInput, response=ProjectInvoiceMade, status=201)
    def bill_hours(self, project: Project, *, by: User, **given: Any) -> Invoice:
        return bill_hours(project, by=by, **given)

    @extend_schema(responses=ProjectScheduleOutput, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def schedule(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Earliest and latest times (working days and dates), floats, the critical path."""
        found = project_schedule(self.get_object())
        return Response(
            {
                "duration": found.duration,
                "finishes_on": found.finishes_on,
                "critical": found.critical_codes,
                "chain": found.chain_codes,
                "mean": found.outlook and found.outlook.mean,
                "deviation": found.outlook and found.outlook.deviation,
                "tasks": [
                    {
                        "id": row.task.pk,
                        "code": row.task.code,
                        "name": row.task.name,
                        "node": row.task.node_id,
                        "percent_complete": row.task.percent_complete,
                        "starts_on": row.starts_on,
                        "finishes_on": row.finishes_on,
                        "latest_start": row.latest_start,
                        "latest_finish": row.latest_finish,
                        "is_critical": row.is_critical,
                        **asdict(row.times),
                    }
                    for row in found.rows
                ],
            }
        )

    @extend_schema(
        responses=ProjectCostOutput,
        parameters=[OpenApiParameter("date", datetime.date)],
        filters=False,
    )
    @action(detail=True, methods=["get"], query_parameters=("date",), pagination_class=None)
    def cost(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Budget, committed, actual and revenue of each node, as the ledger has them."""
        project = self.get_object()
        costs = node_costs(project, until=self._date(datetime.date(9999, 12, 31)))
        shown = partial(_shown, places=decimal_places(project.company.currency_id))
        return Response(
            {
                "nodes": [
                    {
                        "id": one.node.pk,
                        "code": one.node.code,
                        "name": one.node.name,
                        "parent": one.node.parent_id,
                        "cost_object": one.node.cost_object_id,
                        "budget": shown(one.budget),
                        "actual": shown(one.actual),
                        "committed": shown(one.committed),
                        "revenue": shown(one.revenue),
                        "total_budget": shown(one.total_budget),
                        "total_actual": shown(one.total_actual),
                        "total_committed": shown(one.total_committed),
                        "total_revenue": shown(one.total_revenue),
                        "left": shown(one.left),
                    }
                    for one in costs
                ]
            }
        )

    @extend_schema(
        responses=EarnedValueOutput,
        parameters=[OpenApiParameter("date", datetime.date)],
        filters=False,
    )
    @action(
        detail=True,
        methods=["get"],
        query_parameters=("date",),
        pagination_class=None,
        url_path="earned-value",
    )
    def earned_value(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Planned, earned and actual at the end of ``date`` (today), and where that leads."""
        project = self.get_object()
        today = timezone.now().astimezone(project.site.zone).date()
        date = self._date(today)
        value = project_value(project, date)
        shown = partial(_shown, places=decimal_places(project.company.currency_id))
        return Response(
            {
                "date": date,
                "baseline": value.baseline and value.baseline.sequence,
                **{
                    name: figure if name in _INDICES else shown(figure)
                    for name in _FIGURES
                    for figure in [getattr(value.total, name)]
                },
                "curve": [shown(asdict(point)) for point in value_curve(project, date)],
            }
        )

    schedule.required_permissions = ("view", "projects.view_task")  # type: ignore[attr-defined]
    cost.required_permissions = ("view", _COST)  # type: ignore[attr-defined]
    earned_value.required_permissions = ("view", _COST)  # type: ignore[attr-defined]

    def _date(self, otherwise: datetime.date) -> datetime.date:
        text = self.request.query_params.get("date")
        if text is None:
            return otherwise
        try:
            return datetime.date.fromisoformat(text)
        except ValueError:
            error = ErrorDetail("YYYY-MM-DD", code="invalid")
            raise ValidationError({"date": [error]}) from None
