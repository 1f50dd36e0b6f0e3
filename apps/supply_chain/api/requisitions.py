from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.supply_chain.api.inputs import ReasonInput
from apps.supply_chain.models import PurchaseOrder, Requisition, RequisitionLine
from apps.supply_chain.services.requisitions import (
    Wanted,
    approve_requisition,
    cancel_requisition,
    create_requisition,
    order_requisitions,
    reject_requisition,
    reopen_requisition,
    submit_requisition,
    update_requisition,
)


class RequisitionLineSerializer(StrictModelSerializer):
    class Meta:
        model = RequisitionLine
        fields = (
            "id",
            "position",
            "item",
            "quantity",
            "unit",
            "stock_quantity",
            "unit_price",
            "needed_by",
            "partner",
            "cost_object",
        )
        read_only_fields = ("stock_quantity",)
        extra_kwargs = {
            name: {"required": False} for name in ("position", "unit", "unit_price", "needed_by")
        }


class RequisitionSerializer(StrictModelSerializer):
    lines = RequisitionLineSerializer(many=True)

    class Meta:
        model = Requisition
        fields = (
            "id",
            "company",
            "number",
            "status",
            "site",
            "date",
            "needed_by",
            "note",
            "approved_by",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "approved_by")
        extra_kwargs = {"date": {"required": False}}


class RequisitionOrder(serializers.Serializer):
    """A draft order that came of a requisition."""

    id = serializers.IntegerField(source="pk")
    number = serializers.CharField()
    partner = serializers.IntegerField(source="partner_id")
    status = serializers.CharField()


class RequisitionViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """What somebody asks to be bought: draft, submit, approve or reject, order."""

    serializer_class = RequisitionSerializer
    prefetch_related = ("lines__item", "lines__unit", "lines__partner", "lines__cost_object")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "site": ["exact"],
        "needed_by": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date", "needed_by")
    search_fields = ("number", "note")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Requisition:
        lines = [Wanted(**line) for line in values.pop("lines")]
        return create_requisition(lines=lines, by=by, **values)

    def perform_update(
        self,
        row: Requisition,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> Requisition:
        given = values.pop("lines", None)
        lines = None if given is None else [Wanted(**line) for line in given]
        return update_requisition(row, lines=lines, version=version, by=by, **values)

    @verb(permission="supply_chain.submit_requisition")
    def submit(self, requisition: Requisition, *, by: User) -> Requisition:
        return submit_requisition(requisition, by=by)

    @verb(permission="supply_chain.approve_requisition")
    def approve(self, requisition: Requisition, *, by: User) -> Requisition:
        return approve_requisition(requisition, by=by)

    @verb(permission="supply_chain.approve_requisition", serializer=ReasonInput)
    def reject(self, requisition: Requisition, *, reason: str, by: User) -> Requisition:
        return reject_requisition(requisition, reason=reason, by=by)

    @verb(permission="supply_chain.submit_requisition")
    def reopen(self, requisition: Requisition, *, by: User) -> Requisition:
        return reopen_requisition(requisition, by=by)

    @verb(permission="supply_chain.submit_requisition", serializer=ReasonInput)
    def cancel(self, requisition: Requisition, *, reason: str, by: User) -> Requisition:
        return cancel_requisition(requisition, reason=reason, by=by)

    @verb(
        permission="supply_chain.order_requisition",
        response=RequisitionOrder,
        lists=True,
        status=201,
    )
    def order(self, requisition: Requisition, *, by: User) -> list[PurchaseOrder]:
        """Draft purchase orders for its lines, one per supplier."""
        return order_requisitions([requisition], by=by)
