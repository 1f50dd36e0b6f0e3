from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.core.api.bases import DocumentViewSet, MasterDataViewSet
from apps.core.api.fields import DecimalField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.inventory.models import Location, Lot, Package, SsccSeries, StockBalance
from apps.inventory.queries.packages import contents_of
from apps.inventory.resources import SsccSeriesResource
from apps.inventory.services.package_moves import move_package
from apps.inventory.services.packages import (
    NewPackage,
    Packed,
    close_package,
    create_packages,
    pack,
    reopen_package,
    unpack,
)
from apps.masterdata.models import Item

PACK = "inventory.pack_package"


class SsccSeriesSerializer(StrictModelSerializer):
    class Meta:
        model = SsccSeries
        fields = (*MASTER_DATA_FIELDS, "gs1_prefix", "extension_digit", *AUDIT_FIELDS)


class SsccSeriesViewSet(MasterDataViewSet):
    """Where the company's own SSCCs come from."""

    serializer_class = SsccSeriesSerializer
    resource_class = SsccSeriesResource
    filterset_fields = ("code", "is_active")


class PackageContentSerializer(StrictModelSerializer):
    """What lies in a package, in stock units."""

    class Meta:
        model = StockBalance
        fields = ("item", "lot", "quantity", "reserved")
        read_only_fields = fields


class PackageSerializer(StrictModelSerializer):
    """``location`` is its inside; ``place`` what it is to stand in: a bin or an open package."""

    place = ReferenceField(Location, write_only=True)
    series = ReferenceField(SsccSeries, write_only=True, required=False)
    stands_in = serializers.IntegerField(
        source="location.parent_id", allow_null=True, read_only=True
    )
    contents = serializers.SerializerMethodField()

    class Meta:
        model = Package
        fields = (
            "id",
            "company",
            "number",
            "status",
            "kind",
            "sscc",
            "location",
            "place",
            "series",
            "stands_in",
            "gross_weight",
            "tare_weight",
            "contents",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "location")

    @extend_schema_field(PackageContentSerializer(many=True))
    def get_contents(self, package: Package) -> list[dict[str, Any]]:
        rows = contents_of([package])
        shown: list[dict[str, Any]] = PackageContentSerializer(
            rows, many=True, context=self.context
        ).data
        return shown


class PackedInput(StrictSerializer):
    """``location`` is where it comes from: where the package stands, when left out."""

    item = ReferenceField(Item, related=("unit",))
    quantity = DecimalField(positive=True)
    location = ReferenceField(Location, related=("site",), required=False)
    lot = ReferenceField(Lot, required=False)


class PackInput(StrictSerializer):
    lines = PackedInput(many=True, allow_empty=False)


class UnpackedInput(StrictSerializer):
    item = ReferenceField(Item, related=("unit",))
    quantity = DecimalField(positive=True)
    lot = ReferenceField(Lot, required=False)


class UnpackInput(StrictSerializer):
    """Without ``lines`` all comes out, and that is the end of the package."""

    lines = UnpackedInput(many=True, required=False)
    to = ReferenceField(Location, related=("site",), required=False)


class CloseInput(StrictSerializer):
    gross_weight = DecimalField(positive=True, required=False)


class MovePackageInput(StrictSerializer):
    to = ReferenceField(Location, related=("site",))


class PackageViewSet(CreateMixin, DocumentViewSet):
    """Cartons, pallets and the like, each a place of its own with an SSCC."""

    serializer_class = PackageSerializer
    list_fields = (
        "id",
        "company",
        "number",
        "status",
        "kind",
        "sscc",
        "location",
        "gross_weight",
        "tare_weight",
        *AUDIT_FIELDS,
    )
    select_related = ("location",)
    filterset_fields = {
        "number": ["exact"],
        "sscc": ["exact"],
        "status": ["exact", "in"],
        "kind": ["exact"],
        "location": ["exact"],
        "location__parent": ["exact"],
    }
    search_fields = ("number", "sscc")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Package:
        company, series = values.pop("company"), values.pop("series", None)
        return create_packages(company, [NewPackage(**values)], series=series, by=by)[0]

    @verb(permission=PACK, serializer=PackInput)
    def pack(self, package: Package, *, lines: list[dict[str, Any]], by: User) -> Package:
        """Put goods into it."""
        return pack(package, [Packed(**line) for line in lines], by=by)

    @verb(permission=PACK, serializer=UnpackInput)
    def unpack(
        self,
        package: Package,
        *,
        by: User,
        lines: list[dict[str, Any]] | None = None,
        to: Location | None = None,
    ) -> Package:
        """Take goods out of it, all without ``lines``."""
        contents = None if lines is None else [Packed(**line) for line in lines]
        return unpack(package, contents=contents, to=to, by=by)

    @verb(permission=PACK, serializer=CloseInput)
    def close(self, package: Package, *, by: User, gross_weight: Decimal | None = None) -> Package:
        """Seal it: from now on it goes whole."""
        return close_package(package, gross_weight=gross_weight, by=by)

    @verb(permission=PACK)
    def reopen(self, package: Package, *, by: User) -> Package:
        return reopen_package(package, by=by)

    @verb(permission=PACK, serializer=MovePackageInput)
    def move(self, package: Package, *, to: Location, by: User) -> Package:
        """Bring it, with all that stands in it, to a bin or into an open package."""
        return move_package(package, to=to, by=by)
