from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.viewsets import ViewSet

from apps.core.api.fields import ChoiceField, DecimalField, IntegerField, TextField
from apps.core.api.permissions import ModelPermissions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.errors import InvalidInput
from apps.core.printouts import pdf_response
from apps.inventory.labels import (
    MOST_LABELS,
    SIZES,
    Label,
    copies_of,
    item_label,
    labels_pdf,
    labels_zpl,
    lot_label,
    package_label,
    place_label,
)
from apps.inventory.models import Location, Lot, Package
from apps.masterdata.models import Item, Unit

ZPL = "application/vnd.zebra-zpl"


class LabelQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    size = ChoiceField(list(SIZES), default="100x60")
    copies = IntegerField(min_value=1, max_value=MOST_LABELS, default=1)
    kind = ChoiceField(["pdf", "zpl"], default="pdf")


class ItemLabelQuery(LabelQuery):
    item = ReferenceField(Item)
    unit = ReferenceField(Unit, required=False)


class LotLabelQuery(LabelQuery):
    item = ReferenceField(Item, required=False)
    lot = TextField(max_length=60)
    quantity = DecimalField(required=False, positive=True)


class PackageLabelQuery(LabelQuery):
    package = ReferenceField(Package, related=("company",))


class PlaceLabelQuery(LabelQuery):
    location = ReferenceField(Location)


def printed(label: Label, asked: dict[str, Any]) -> HttpResponse:
    """The file that was asked for."""
    labels = copies_of(label, asked["copies"])
    if asked["kind"] == "zpl":
        answer = HttpResponse(labels_zpl(labels, size=asked["size"]), content_type=ZPL)
        answer["Content-Disposition"] = 'attachment; filename="labels.zpl"'
        return answer
    return pdf_response(labels_pdf(labels, size=asked["size"]), name=f"label-{label.title}.pdf")


def _answers(query: type[LabelQuery]) -> Any:
    parameters = [
        OpenApiParameter(name, str, required=field.required)
        for name, field in query().fields.items()
    ]
    files = {(200, "application/pdf"): OpenApiTypes.BINARY, (200, ZPL): OpenApiTypes.BINARY}
    return extend_schema(parameters=parameters, responses=files)


class LabelViewSet(ViewSet):
    """Labels as PDF, a page for each, or in the language of Zebra printers (``kind=zpl``)."""

    permission_classes = (ModelPermissions,)
    permission_model = Item
    serializer_class = StrictSerializer

    @_answers(ItemLabelQuery)
    @action(detail=False, methods=["get"])
    def item(self, request: Any) -> HttpResponse:
        """An item, or a unit of it that has a GTIN of its own."""
        asked = self._asked(ItemLabelQuery, request)
        return printed(item_label(asked["item"], unit=asked.get("unit")), asked)

    @_answers(LotLabelQuery)
    @action(detail=False, methods=["get"])
    def lot(self, request: Any) -> HttpResponse:
        """A lot or serial number, by its code; with its item where several have that code."""
        asked = self._asked(LotLabelQuery, request)
        rows = Lot.objects.visible_to(request.user).filter(company=asked["company"])
        if "item" in asked:
            rows = rows.filter(item=asked["item"])
        found = list(
            rows.filter(code=asked["lot"]).select_related("company", "item__company", "item__unit")[
                :2
            ]
        )
        if len(found) != 1:
            texts = (
                ("ambiguous", _("Several items have the lot {code}: name the item."))
                if found
                else ("does_not_exist", _("Nothing here has the code {code}."))
            )
            raise InvalidInput(texts[0], texts[1].format(code=asked["lot"]), field="lot")
        return printed(lot_label(found[0], quantity=asked.get("quantity")), asked)

    @_answers(PlaceLabelQuery)
    @action(detail=False, methods=["get"])
    def location(self, request: Any) -> HttpResponse:
        """A place."""
        asked = self._asked(PlaceLabelQuery, request)
        return printed(place_label(asked["location"]), asked)

    @_answers(PackageLabelQuery)
    @action(detail=False, methods=["get"])
    def package(self, request: Any) -> HttpResponse:
        """A package: its SSCC as GS1-128."""
        asked = self._asked(PackageLabelQuery, request)
        return printed(package_label(asked["package"]), asked)

    item.required_permissions = ("masterdata.view_item",)  # type: ignore[attr-defined]
    lot.required_permissions = ("inventory.view_lot",)  # type: ignore[attr-defined]
    package.required_permissions = ("inventory.view_package",)  # type: ignore[attr-defined]
    location.required_permissions = ("inventory.view_location",)  # type: ignore[attr-defined]

    def _asked(self, query: type[LabelQuery], request: Any) -> dict[str, Any]:
        parser = query(data=request.query_params.dict(), context={"request": request, "view": self})
        parser.is_valid(raise_exception=True)
        return dict(parser.validated_data)
