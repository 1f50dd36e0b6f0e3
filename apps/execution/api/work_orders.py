from __future__ import annotations

import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import ChoiceField, TextField
from apps.core.api.jobs import JobSerializer
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.core.printouts import PAPERS, pdf_response
from apps.execution.api.inputs import DateInput, DateReasonInput, IssueInput, ReasonInput
from apps.execution.api.inputs import ReportInput as BaseReportInput
from apps.execution.api.material_issues import MaterialIssueSerializer
from apps.execution.api.production_reports import ProductionReportSerializer
from apps.execution.jobs import MOST_TRAVELERS, start_travelers
from apps.execution.models import (
    MaterialIssue,
    ProductionReport,
    WorkOrder,
    WorkOrderComponent,
    WorkOrderOperation,
)
from apps.execution.printouts import traveler_pdf
from apps.execution.services import work_orders as services
from apps.execution.services.closing import close_work_order, reopen_work_order
from apps.execution.services.material_issues import IssueLine, issue_material
from apps.execution.services.production import report_production


class ReportInput(BaseReportInput):
    lot_codes = serializers.ListField(
        child=TextField(max_length=60), required=False, max_length=1000
    )


class TravelersInput(StrictSerializer):
    orders = serializers.ListField(child=ReferenceField(WorkOrder), max_length=MOST_TRAVELERS)
    paper = ChoiceField(list(PAPERS), default="A4")


class OperationSerializer(StrictModelSerializer):
    class Meta:
        model = WorkOrderOperation
        fields = (
            "id",
            "sequence",
            "name",
            "work_centre",
            "machine",
            "status",
            "setup_minutes",
            "run_minutes",
            "labour_factor",
            "is_counted",
            "instructions",
            "inspection",
        )


class ComponentSerializer(StrictModelSerializer):
    class Meta:
        model = WorkOrderComponent
        fields = ("id", "position", "item", "quantity", "operation", "issue_method")


class WorkOrderSerializer(StrictModelSerializer):
    operations = OperationSerializer(many=True, read_only=True)
    components = ComponentSerializer(many=True, read_only=True)

    class Meta:
        model = WorkOrder
        fields = (
            "id",
            "company",
            "number",
            "status",
            "item",
            "quantity",
            "site",
            "bom",
            "routing",
            "start_date",
            "due_date",
            "component_location",
            "output_location",
            "customer_reference",
            "cost_object",
            "released_at",
            "completed_at",
            "closed_at",
            "operations",
            "components",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "released_at", "completed_at", "closed_at")
        extra_kwargs = {"cost_object": {"read_only": True}}


class WorkOrderViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Orders to make an item, from draft to closed."""

    serializer_class = WorkOrderSerializer
    create_service = staticmethod(services.create_work_order)
    update_service = staticmethod(services.update_work_order)
    prefetch_related = (
        "operations__work_centre",
        "operations__machine",
        "components__item",
        "components__operation",
    )
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "item": ["exact"],
        "site": ["exact"],
        "due_date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "due_date", "start_date")
    search_fields = ("number", "customer_reference")

    query_parameters = ("paper",)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY}, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def traveler(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """The paper that goes with the order, on A4 or Letter (``?paper=``)."""
        order = self.get_object()
        content = traveler_pdf(order, paper=request.query_params.get("paper", "A4"))
        return pdf_response(content, name=f"traveler-{order.number}.pdf")

    traveler.required_permissions = ("view",)  # type: ignore[attr-defined]

    @verb(
        permission="execution.view_workorder",
        serializer=TravelersInput,
        response=JobSerializer,
        detail=False,
        status=202,
    )
    def print_travelers(self, *, orders: list[WorkOrder], paper: str, by: User) -> Any:
        """Print many travelers into one file: a background job, whose progress can be watched."""
        return start_travelers(orders, paper=paper, by=by)

    @verb(permission="execution.release_workorder")
    def release(self, order: WorkOrder, *, by: User) -> WorkOrder:
        return services.release_work_order(order, by=by)

    @verb(permission="execution.hold_workorder", serializer=ReasonInput)
    def hold(self, order: WorkOrder, *, reason: str, by: User) -> WorkOrder:
        return services.hold_work_order(order, reason=reason, by=by)

    @verb(permission="execution.hold_workorder")
    def resume(self, order: WorkOrder, *, by: User) -> WorkOrder:
        return services.resume_work_order(order, by=by)

    @verb(permission="execution.cancel_workorder", serializer=ReasonInput)
    def cancel(self, order: WorkOrder, *, reason: str, by: User) -> WorkOrder:
        return services.cancel_work_order(order, reason=reason, by=by)

    @verb(permission="execution.close_workorder")
    def complete(self, order: WorkOrder, *, by: User) -> WorkOrder:
        return services.complete_work_order(order, by=by)

    @verb(permission="execution.close_workorder", serializer=DateInput)
    def close(self, order: WorkOrder, *, date: datetime.date, by: User) -> WorkOrder:
        return close_work_order(order, date=date, by=by)

    @verb(permission="execution.close_workorder", serializer=DateReasonInput)
    def reopen(self, order: WorkOrder, *, date: datetime.date, reason: str, by: User) -> WorkOrder:
        return reopen_work_order(order, date=date, reason=reason, by=by)

    @verb(
        permission="execution.add_productionreport",
        serializer=ReportInput,
        response=ProductionReportSerializer,
        status=201,
    )
    def report(self, order: WorkOrder, *, by: User, **given: Any) -> ProductionReport:
        given.setdefault("reported_at", timezone.now())
        return report_production(order, by=by, **given)

    @verb(
        permission="execution.add_materialissue",
        serializer=IssueInput,
        response=MaterialIssueSerializer,
        status=201,
    )
    def issue(self, order: WorkOrder, *, by: User, **given: Any) -> MaterialIssue:
        lines = [IssueLine(**line) for line in given.pop("lines")]
        return issue_material(order, lines, by=by, **given)
