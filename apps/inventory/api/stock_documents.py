from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.imports import ImportActions, ImportInput
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.inventory.models import Location, Lot, StockDocument, StockDocumentLine
from apps.inventory.resources import OpeningStockResource
from apps.inventory.services.put_away import PutAway, put_away
from apps.inventory.services.stock_documents import (
    cancel_stock_document,
    change_stock_document,
    draft_stock_document,
    post_stock_document,
    reverse_stock_document,
)
from apps.inventory.services.stock_lines import StockLine
from apps.masterdata.models import Item


class ReverseInput(StrictSerializer):
    date = DateField()
    reason = TextField(max_length=500)


class StockLineSerializer(StrictModelSerializer):
    """The side that the document's kind stands for may be left out."""

    from_location = ReferenceField(Location, required=False)
    to_location = ReferenceField(Location, required=False)

    class Meta:
        model = StockDocumentLine
        fields = ("id", "item", "lot_code", "quantity", "unit_cost", "from_location", "to_location")


class StockDocumentSerializer(StrictModelSerializer):
    lines = StockLineSerializer(many=True, allow_empty=False)

    class Meta:
        model = StockDocument
        fields = (
            "id",
            "company",
            "number",
            "status",
            "kind",
            "site",
            "date",
            "reason",
            "cost_object",
            "note",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status")


class PutAwayLineInput(StrictSerializer):
    item = ReferenceField(Item)
    quantity = DecimalField(positive=True)
    source = ReferenceField(Location, related=("site",))
    target = ReferenceField(Location)
    lot = ReferenceField(Lot, required=False)


class PutAwayInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    lines = PutAwayLineInput(many=True, allow_empty=False)


class OpeningImportInput(ImportInput):
    date = DateField(required=False)
    control_total = DecimalField(required=False, decimal_places=4)


class StockDocumentViewSet(CreateMixin, UpdateMixin, ImportActions, DocumentViewSet):
    """Stock moved by hand. ``import/`` takes opening stock, and posts it when it ties."""

    serializer_class = StockDocumentSerializer
    resource_class = OpeningStockResource
    import_input = OpeningImportInput
    prefetch_related = ("lines__item", "lines__from_location", "lines__to_location")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "kind": ["exact"],
        "site": ["exact"],
        "reason": ["exact"],
        "cost_object": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")
    search_fields = ("number", "note")
    more_permissions = {"import_file": ("inventory.post_stockdocument",)}
    export = None

    def make_resource(self, given: dict[str, Any]) -> OpeningStockResource:
        return OpeningStockResource(
            date=given.get("date"), control_total=given.get("control_total")
        )

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> StockDocument:
        lines = [StockLine(**line) for line in values.pop("lines")]
        return draft_stock_document(lines=lines, by=by, **values)

    def perform_update(
        self,
        row: StockDocument,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> StockDocument:
        for name in ("kind", "site"):
            if name in values and values[name] != getattr(row, name):
                raise InvalidInput("read_only", "This stays as it was drafted.", field=name)
            values.pop(name, None)
        given = values.pop("lines", None)
        lines = None if given is None else [StockLine(**line) for line in given]
        return change_stock_document(row, lines=lines, version=version, by=by, **values)

    @verb(
        permission="inventory.put_away_stockdocument",
        serializer=PutAwayInput,
        response=StockDocumentSerializer,
        detail=False,
        status=201,
    )
    def put_away(self, *, company: Company, lines: list[dict[str, Any]], by: User) -> StockDocument:
        """Bring goods from a dock to their places: a posted transfer."""
        return put_away(company, [PutAway(**line) for line in lines], by=by)

    @verb(permission="inventory.post_stockdocument")
    def post(self, document: StockDocument, *, by: User) -> StockDocument:
        return post_stock_document(document, by=by)

    @verb(permission="inventory.reverse_stockdocument", serializer=ReverseInput)
    def reverse(
        self, document: StockDocument, *, date: datetime.date, reason: str, by: User
    ) -> StockDocument:
        return reverse_stock_document(document, date=date, reason=reason, by=by)

    @verb(permission="inventory.change_stockdocument")
    def cancel(self, document: StockDocument, *, by: User) -> StockDocument:
        return cancel_stock_document(document, by=by)
