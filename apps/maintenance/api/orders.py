from __future__ import annotations

import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import ChoiceField, DateField, DecimalField, TextField, TimestampField
from apps.core.api.printouts import PdfActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.finance.models import TaxCode
from apps.hr.models import Employee
from apps.inventory.models import Location
from apps.maintenance.api.answers import OrderCostOutput
from apps.maintenance.api.costs import (
    MaintenanceChargeSerializer,
    MaintenanceLabourSerializer,
    PartsIssueSerializer,
)
from apps.maintenance.api.inputs import PartLineSerializer, ReasonInput
from apps.maintenance.api.plans import plan_lines
from apps.maintenance.models import (
    FailureCode,
    MaintenanceCharge,
    MaintenanceLabour,
    MaintenanceOrder,
    OrderTask,
    PartsIssue,
)
from apps.maintenance.printouts import job_card_pdf
from apps.maintenance.queries.orders import issued_parts, order_costs
from apps.maintenance.services.breakdowns import end_downtime
from apps.maintenance.services.charges import charge_order
from apps.maintenance.services.labour import book_labour
from apps.maintenance.services.order_tasks import Answer, answer_tasks
from apps.maintenance.services.orders import (
    cancel_order,
    change_order,
    close_order,
    complete_order,
    create_order,
    release_order,
    reopen_order,
    start_order,
    wait_for_parts,
)
from apps.maintenance.services.parts import PartTaken, issue_parts
from apps.masterdata.models import Item, Partner

WORK = "maintenance.work_maintenanceorder"


class OrderTaskSerializer(StrictModelSerializer):
    class Meta:
        model = OrderTask
        fields = (
            "id",
            "position",
            "text",
            "kind",
            "is_required",
            "unit",
            "lower_limit",
            "upper_limit",
            "result",
            "value",
            "note",
            "answered_at",
            "answered_by",
        )
        read_only_fields = ("result", "value", "note", "answered_at", "answered_by")


class MaintenanceOrderSerializer(StrictModelSerializer):
    tasks = OrderTaskSerializer(many=True, required=False)
    parts = PartLineSerializer(many=True, required=False)

    class Meta:
        model = MaintenanceOrder
        fields = (
            "id",
            "company",
            "number",
            "status",
            "kind",
            "asset",
            "site",
            "title",
            "description",
            "priority",
            "request",
            "plan",
            "employee",
            "due_on",
            "due_total",
            "planned_start",
            "planned_minutes",
            "is_capitalised",
            "started_at",
            "done_at",
            "done_total",
            "downtime_starts_at",
            "downtime_ends_at",
            "failure_mode",
            "failure_cause",
            "failure_remedy",
            "work_done",
            "tasks",
            "parts",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "site",
            "request",
            "plan",
            "due_total",
            "started_at",
            "done_at",
            "done_total",
            "downtime_starts_at",
            "downtime_ends_at",
        )


class AnswerInput(StrictSerializer):
    task = ReferenceField(OrderTask)
    result = ChoiceField(["ok", "not_ok", "skipped"], required=False)
    value = DecimalField(required=False)
    note = TextField(max_length=300, required=False)


class AnswersInput(StrictSerializer):
    answers = AnswerInput(many=True, allow_empty=False)


class CompleteInput(StrictSerializer):
    done_at = TimestampField(required=False)
    work_done = TextField(max_length=4000, required=False, single_line=False)
    failure_mode = ReferenceField(FailureCode, filters={"kind": "mode"}, required=False)
    failure_cause = ReferenceField(FailureCode, filters={"kind": "cause"}, required=False)
    failure_remedy = ReferenceField(FailureCode, filters={"kind": "remedy"}, required=False)


class MomentInput(StrictSerializer):
    at = TimestampField(required=False)


class PartTakenInput(StrictSerializer):
    """Without ``lot_code`` the lot that expires first is taken."""

    item = ReferenceField(Item)
    quantity = DecimalField(positive=True)
    location = ReferenceField(Location)
    lot_code = TextField(max_length=60, required=False)


class IssueInput(StrictSerializer):
    date = DateField()
    lines = PartTakenInput(many=True, allow_empty=False)


class LabourInput(StrictSerializer):
    date = DateField()
    employee = ReferenceField(Employee)
    minutes = DecimalField(positive=True)
    note = TextField(max_length=200, required=False)


class ChargeInput(StrictSerializer):
    """A supplier's bill; ``amount`` is net, in the supplier's currency."""

    date = DateField()
    partner = ReferenceField(Partner)
    amount = DecimalField(positive=True, decimal_places=4)
    tax_code = ReferenceField(TaxCode, required=False)
    reference = TextField(max_length=60, required=False)
    description = TextField(max_length=200, required=False)


class MaintenanceOrderViewSet(PdfActions, CreateMixin, UpdateMixin, DocumentViewSet):
    """Work on assets. ``pdf/`` is the job card."""

    serializer_class = MaintenanceOrderSerializer
    printout = staticmethod(job_card_pdf)
    prefetch_related = ("tasks__answered_by", "parts__item")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "kind": ["exact"],
        "asset": ["exact"],
        "site": ["exact"],
        "plan": ["exact"],
        "request": ["exact"],
        "employee": ["exact"],
        "priority": ["exact"],
        "due_on": ["exact", "gte", "lte"],
        "planned_start": ["gte", "lt"],
    }
    ordering_fields = ("id", "due_on", "planned_start")
    search_fields = ("number", "title", "description")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> MaintenanceOrder:
        return create_order(values.pop("company"), by=by, reason=reason, **plan_lines(values))

    def perform_update(
        self,
        row: MaintenanceOrder,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> MaintenanceOrder:
        return change_order(row, version=version, by=by, reason=reason, **plan_lines(values))

    @verb(permission="maintenance.release_maintenanceorder")
    def release(self, order: MaintenanceOrder, *, by: User) -> MaintenanceOrder:
        return release_order(order, by=by)

    @verb(permission=WORK)
    def start(self, order: MaintenanceOrder, *, by: User) -> MaintenanceOrder:
        """Begin, or go on after waiting for parts."""
        return start_order(order, by=by)

    @verb(permission=WORK)
    def wait_for_parts(self, order: MaintenanceOrder, *, by: User) -> MaintenanceOrder:
        return wait_for_parts(order, by=by)

    @verb(permission=WORK, serializer=AnswersInput)
    def answer(
        self, order: MaintenanceOrder, *, answers: list[dict[str, Any]], by: User
    ) -> MaintenanceOrder:
        """Fill in the list, several lines at once."""
        answer_tasks(order, [Answer(**one) for one in answers], by=by)
        return order

    @verb(permission=WORK, serializer=CompleteInput)
    def complete(self, order: MaintenanceOrder, *, by: User, **given: Any) -> MaintenanceOrder:
        return complete_order(order, by=by, **given)

    @verb(permission=WORK, serializer=MomentInput)
    def end_downtime(
        self, order: MaintenanceOrder, *, by: User, at: datetime.datetime | None = None
    ) -> MaintenanceOrder:
        return end_downtime(order, at=at, by=by)

    @verb(permission="maintenance.close_maintenanceorder")
    def close(self, order: MaintenanceOrder, *, by: User) -> MaintenanceOrder:
        return close_order(order, by=by)

    @verb(permission="maintenance.close_maintenanceorder", serializer=ReasonInput)
    def reopen(self, order: MaintenanceOrder, *, reason: str, by: User) -> MaintenanceOrder:
        return reopen_order(order, reason=reason, by=by)

    @verb(permission="maintenance.cancel_maintenanceorder", serializer=ReasonInput)
    def cancel(self, order: MaintenanceOrder, *, reason: str, by: User) -> MaintenanceOrder:
        return cancel_order(order, reason=reason, by=by)

    @verb(
        permission="maintenance.add_partsissue",
        serializer=IssueInput,
        response=PartsIssueSerializer,
        status=201,
    )
    def issue_parts(
        self,
        order: MaintenanceOrder,
        *,
        date: datetime.date,
        lines: list[dict[str, Any]],
        by: User,
    ) -> PartsIssue:
        return issue_parts(order, [PartTaken(**line) for line in lines], date=date, by=by)

    @verb(
        permission="maintenance.add_maintenancelabour",
        serializer=LabourInput,
        response=MaintenanceLabourSerializer,
        status=201,
    )
    def book_labour(self, order: MaintenanceOrder, *, by: User, **given: Any) -> MaintenanceLabour:
        return book_labour(order, by=by, **given)

    @verb(
        permission="maintenance.add_maintenancecharge",
        serializer=ChargeInput,
        response=MaintenanceChargeSerializer,
        status=201,
    )
    def charge(self, order: MaintenanceOrder, *, by: User, **given: Any) -> MaintenanceCharge:
        return charge_order(order, by=by, **given)

    @extend_schema(responses=OrderCostOutput, filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def cost(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """What the ledger has on the order, and the parts that stand issued."""
        order = self.get_object()
        cost = order_costs([order.pk])[order.pk]
        return Response(
            {
                "parts": cost.parts,
                "labour": cost.labour,
                "charges": cost.charges,
                "total": cost.total,
                "issued": [
                    {"item": item_id, "quantity": quantity, "value": value}
                    for item_id, (quantity, value) in issued_parts(order).items()
                ],
            }
        )

    cost.required_permissions = ("view", "maintenance.view_maintenancelabour")  # type: ignore[attr-defined]
