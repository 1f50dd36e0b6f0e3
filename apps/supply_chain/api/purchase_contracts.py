from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import listed, shape_of, with_properties
from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import Site, User
from apps.supply_chain.api.inputs import ReasonInput
from apps.supply_chain.api.requisitions import RequisitionOrder
from apps.supply_chain.models import PurchaseContract, PurchaseContractLine, PurchaseOrder
from apps.supply_chain.queries.contracts import Released, released_of
from apps.supply_chain.services.purchase_contracts import (
    Agreed,
    Release,
    activate_contract,
    cancel_contract,
    close_contract,
    create_contract,
    release_contract,
    update_contract,
)


class PurchaseContractLineSerializer(StrictModelSerializer):
    class Meta:
        model = PurchaseContractLine
        fields = (
            "id",
            "position",
            "item",
            "unit",
            "unit_price",
            "quantity",
            "stock_per_unit",
        )
        read_only_fields = ("stock_per_unit",)
        extra_kwargs = {name: {"required": False} for name in ("position", "unit")}


class PurchaseContractSerializer(StrictModelSerializer):
    lines = PurchaseContractLineSerializer(many=True)

    class Meta:
        model = PurchaseContract
        fields = (
            "id",
            "company",
            "number",
            "status",
            "kind",
            "partner",
            "reference",
            "currency",
            "valid_from",
            "valid_until",
            "value_agreed",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status")
        extra_kwargs = {"currency": {"required": False}}


class ReleaseLineInput(StrictSerializer):
    contract_line = ReferenceField(PurchaseContractLine, related=("item", "unit"))
    quantity = DecimalField(positive=True)
    due_date = DateField()


class ReleaseInput(StrictSerializer):
    """What is ordered of a contract; a line may be there several times, for several days."""

    site = ReferenceField(Site)
    lines = ReleaseLineInput(many=True)


class PurchaseContractViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Blanket orders and scheduling agreements; purchase orders release them."""

    serializer_class = PurchaseContractSerializer
    prefetch_related = ("lines__item", "lines__unit")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "kind": ["exact"],
        "partner": ["exact"],
        "valid_until": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "valid_until")
    search_fields = ("number", "reference")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> PurchaseContract:
        lines = [Agreed(**line) for line in values.pop("lines")]
        return create_contract(lines=lines, by=by, **values)

    def perform_update(
        self,
        row: PurchaseContract,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> PurchaseContract:
        given = values.pop("lines", None)
        lines = None if given is None else [Agreed(**line) for line in given]
        return update_contract(row, lines=lines, version=version, by=by, **values)

    @verb(permission="supply_chain.activate_purchasecontract")
    def activate(self, contract: PurchaseContract, *, by: User) -> PurchaseContract:
        return activate_contract(contract, by=by)

    @verb(permission="supply_chain.activate_purchasecontract")
    def close(self, contract: PurchaseContract, *, by: User) -> PurchaseContract:
        return close_contract(contract, by=by)

    @verb(permission="supply_chain.activate_purchasecontract", serializer=ReasonInput)
    def cancel(self, contract: PurchaseContract, *, reason: str, by: User) -> PurchaseContract:
        return cancel_contract(contract, reason=reason, by=by)

    @verb(
        permission="supply_chain.add_purchaseorder",
        serializer=ReleaseInput,
        response=RequisitionOrder,
        status=201,
    )
    def release(
        self, contract: PurchaseContract, *, site: Site, lines: list[dict[str, Any]], by: User
    ) -> PurchaseOrder:
        """A draft order at the contract's prices; more than is open of it is refused."""
        releases = [Release(**line) for line in lines]
        return release_contract(contract, site=site, lines=releases, by=by)

    @extend_schema(responses=listed(shape_of(Released, "open"), has_next=False), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def released(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Agreed, released and open of each line, in its unit."""
        rows = released_of([self.get_object().pk])
        return Response({"results": [with_properties(row, "open") for row in rows]})

    released.required_permissions = ("view", "supply_chain.view_purchaseorder")  # type: ignore[attr-defined]
