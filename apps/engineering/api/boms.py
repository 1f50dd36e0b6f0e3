from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from apps.core.api.answers import listed, shape_of
from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.imports import ImportActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.core.money import ZERO
from apps.engineering.models import BillOfMaterials, BomLine
from apps.engineering.queries.comparison import BomDifference, compare_boms
from apps.engineering.queries.explosion import (
    Node,
    Requirement,
    Use,
    explosion,
    leaf_requirements,
    where_used,
)
from apps.engineering.resources import BomResource
from apps.engineering.services.boms import (
    Component,
    change_bom,
    create_bom,
    obsolete_bom,
    release_bom,
)
from apps.masterdata.models import Item


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=500)


class ExplosionQuery(StrictSerializer):
    quantity = DecimalField(required=False, positive=True)
    on = DateField(required=False)


class DayQuery(StrictSerializer):
    on = DateField(required=False)


class CompareQuery(DayQuery):
    to = ReferenceField(BillOfMaterials)


class BomLineSerializer(StrictModelSerializer):
    component = ReferenceField(Item, source="item")

    class Meta:
        model = BomLine
        fields = (
            "id",
            "position",
            "component",
            "quantity",
            "unit",
            "scrap_percent",
            "operation_sequence",
            "issue_method",
        )


class BillOfMaterialsSerializer(StrictModelSerializer):
    lines = BomLineSerializer(many=True, allow_empty=False)

    class Meta:
        model = BillOfMaterials
        fields = (
            "id",
            "company",
            "status",
            "item",
            "revision",
            "quantity",
            "effective_from",
            "effective_until",
            "note",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("status",)


class ExplosionOutput(serializers.Serializer):
    lines = shape_of(Node)(many=True)
    requirements = shape_of(Requirement)(many=True)


class BomComparison(serializers.Serializer):
    results = shape_of(BomDifference)(many=True)
    cost_difference = DecimalField()


class BillOfMaterialsViewSet(CreateMixin, UpdateMixin, ImportActions, DocumentViewSet):
    """What items are made of. ``import/`` takes one row for each component, and releases."""

    serializer_class = BillOfMaterialsSerializer
    resource_class = BomResource
    prefetch_related = ("lines__item", "lines__unit")
    filterset_fields = ("item", "revision", "status")
    search_fields = ("item__code", "note")
    query_parameters = ("quantity", "on", "to")
    more_permissions = {"import_file": ("engineering.release_billofmaterials",)}
    export = None

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> BillOfMaterials:
        components = [Component(**line) for line in values.pop("lines")]
        return create_bom(values.pop("company"), components=components, by=by, **values)

    def perform_update(
        self,
        row: BillOfMaterials,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> BillOfMaterials:
        given = values.pop("lines", None)
        lines = None if given is None else [Component(**line) for line in given]
        return change_bom(row, components=lines, version=version, by=by, reason=reason, **values)

    @verb(permission="engineering.release_billofmaterials")
    def release(self, bom: BillOfMaterials, *, by: User) -> BillOfMaterials:
        return release_bom(bom, by=by)

    @verb(permission="engineering.release_billofmaterials", serializer=ReasonInput)
    def obsolete(self, bom: BillOfMaterials, *, reason: str, by: User) -> BillOfMaterials:
        return obsolete_bom(bom, reason=reason, by=by)

    @extend_schema(
        parameters=[
            OpenApiParameter("quantity", OpenApiTypes.DECIMAL),
            OpenApiParameter("on", OpenApiTypes.DATE),
        ],
        responses=ExplosionOutput,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def explosion(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """All levels, indented by ``level``, and what it comes down to; below it bills in force."""
        bom = self.get_object()
        asked = self._asked(request, ExplosionQuery)
        lines = explosion(bom.item, bom=bom, **asked)
        leaves = leaf_requirements(bom.item, bom=bom, **asked)
        return Response(
            {
                "lines": [row._asdict() for row in lines],
                "requirements": [
                    {name: getattr(row, name) for name in row.__slots__} for row in leaves
                ],
            }
        )

    explosion.required_permissions = ("view",)

    @extend_schema(
        parameters=[OpenApiParameter("on", OpenApiTypes.DATE)],
        responses=listed(shape_of(Use), has_next=False),
    )
    @action(detail=True, methods=["get"], url_path="where-used", pagination_class=None)
    def where_used(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Every bill in force above the item, level by level. Any item: ``design/where-used``."""
        uses = where_used(self.get_object().item, **self._asked(request, DayQuery))
        return Response(
            {"results": [{name: getattr(row, name) for name in row.__slots__} for row in uses]}
        )

    where_used.required_permissions = ("view",)

    @extend_schema(
        parameters=[
            OpenApiParameter("to", OpenApiTypes.STR, required=True),
            OpenApiParameter("on", OpenApiTypes.DATE),
        ],
        responses=BomComparison,
    )
    @action(detail=True, methods=["get"], pagination_class=None)
    def compare(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """This bill against ``to``, line by line: what was added, removed, changed; its cost."""
        bom = self.get_object()
        asked = self._asked(request, CompareQuery)
        rows = compare_boms(bom, asked.pop("to"), **asked)
        return Response(
            {
                "results": [asdict(row) for row in rows],
                "cost_difference": sum((row.cost_difference for row in rows), ZERO),
            }
        )

    compare.required_permissions = ("view",)

    def _asked(self, request: Any, query: type[StrictSerializer]) -> dict[str, Any]:
        data = request.query_params.dict()
        if data.get("to", "").isdigit():
            data["to"] = int(data["to"])
        parser = query(data=data, context={"request": request, "view": self})
        parser.is_valid(raise_exception=True)
        return dict(parser.validated_data)
