from __future__ import annotations

from decimal import Decimal
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField, IntegerField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import Site, User
from apps.inventory.api.lots import ReasonInput
from apps.inventory.models import Location, Lot, Package, PickLine, PickList
from apps.inventory.services.lot_substitution import substitute_lot
from apps.inventory.services.packing import finish_packing, pack_picked
from apps.inventory.services.pick_lists import (
    ToPick,
    cancel_pick_list,
    draft_pick_list,
    draft_wave,
    release_pick_list,
    take_back_pick_list,
)
from apps.inventory.services.picks import (
    Picked,
    pick_package,
    record_picks,
    record_short,
)
from apps.masterdata.models import Item, Partner

RELEASE = "inventory.release_picklist"
PICK = "inventory.pick_picklist"


class PickLineSerializer(StrictModelSerializer):
    class Meta:
        model = PickLine
        fields = (
            "id",
            "position",
            "expected_move",
            "item",
            "quantity",
            "location",
            "lot",
            "picked_quantity",
            "short_quantity",
        )
        read_only_fields = tuple(n for n in fields if n not in ("expected_move", "quantity"))
        extra_kwargs = {"quantity": {"required": False}}


class PickListSerializer(StrictModelSerializer):
    """A line without ``quantity`` is all that is open of its promise."""

    lines = PickLineSerializer(many=True, allow_empty=False)

    class Meta:
        model = PickList
        fields = (
            "id",
            "company",
            "number",
            "status",
            "site",
            "date",
            "staging",
            "carrier",
            "priority",
            "held_until",
            "note",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status")


class WaveInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    site = ReferenceField(Site)
    staging = ReferenceField(Location)
    until = DateField()
    date = DateField()
    partner = ReferenceField(Partner, required=False)
    carrier = ReferenceField(Partner, required=False)
    priority = IntegerField(min_value=1, max_value=9, required=False)
    most_lines = IntegerField(min_value=1, max_value=1000, required=False)
    note = TextField(max_length=200, required=False)


class PickedInput(StrictSerializer):
    """What was scanned is held against the line; without ``package`` it goes to staging."""

    line = ReferenceField(PickLine)
    quantity = DecimalField(positive=True)
    location = ReferenceField(Location, required=False)
    item = ReferenceField(Item, required=False)
    lot = ReferenceField(Lot, required=False)
    package = ReferenceField(Package, required=False)


class PickInput(StrictSerializer):
    picks = PickedInput(many=True, allow_empty=False)


class ShortLineInput(StrictSerializer):
    line = ReferenceField(PickLine)


class ShortInput(StrictSerializer):
    lines = ShortLineInput(many=True, allow_empty=False)


class PackLineInput(StrictSerializer):
    line = ReferenceField(PickLine)
    quantity = DecimalField(positive=True)


class PackPickedInput(StrictSerializer):
    """All that waits at the staging place, without ``lines``."""

    package = ReferenceField(Package)
    lines = PackLineInput(many=True, required=False)


class WholePackageInput(StrictSerializer):
    package = ReferenceField(Package, related=("location",))


class SubstituteInput(StrictSerializer):
    """``lot`` instead of the line's, for ``quantity`` of it or all that is open."""

    line = ReferenceField(PickLine)
    lot = ReferenceField(Lot)
    quantity = DecimalField(positive=True, required=False)
    location = ReferenceField(Location, required=False)
    reason = TextField(max_length=500)


class PickListViewSet(CreateMixin, DocumentViewSet):
    """What is to be picked, packed and shipped for promises of one order or of many."""

    serializer_class = PickListSerializer
    prefetch_related = ("lines__item", "lines__location", "lines__lot")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "site": ["exact"],
        "date": ["exact", "gte", "lte"],
        "carrier": ["exact"],
    }
    ordering_fields = ("id", "date", "priority")
    search_fields = ("number", "note")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> PickList:
        lines = [ToPick(**line) for line in values.pop("lines")]
        return draft_pick_list(values.pop("company"), lines=lines, by=by, **values)

    @verb(
        permission="inventory.add_picklist",
        serializer=WaveInput,
        response=PickListSerializer,
        detail=False,
        status=201,
    )
    def wave(self, *, by: User, **asked: Any) -> PickList:
        """A list of all that is due until a day and on no list yet."""
        return draft_wave(asked.pop("company"), by=by, **asked)

    @verb(permission=RELEASE)
    def release(self, pick_list: PickList, *, by: User) -> PickList:
        """Set stock aside and say where each line is taken from."""
        return release_pick_list(pick_list, by=by)

    @verb(permission=RELEASE)
    def take_back(self, pick_list: PickList, *, by: User) -> PickList:
        """Make it a draft again, as long as nothing is picked."""
        return take_back_pick_list(pick_list, by=by)

    @verb(permission="inventory.cancel_picklist", serializer=ReasonInput)
    def cancel(self, pick_list: PickList, *, reason: str, by: User) -> PickList:
        return cancel_pick_list(pick_list, reason=reason, by=by)

    @verb(permission=PICK, serializer=PickInput)
    def pick(self, pick_list: PickList, *, picks: list[dict[str, Any]], by: User) -> PickList:
        """Take goods from their places."""
        return record_picks(pick_list, [Picked(**one) for one in picks], by=by)

    @verb(permission=RELEASE, serializer=SubstituteInput)
    def substitute_lot(self, pick_list: PickList, *, by: User, **asked: Any) -> PickList:
        """Set another lot aside than the one a line says."""
        return substitute_lot(pick_list, asked.pop("line"), asked.pop("lot"), by=by, **asked)

    @verb(permission=PICK, serializer=WholePackageInput)
    def pick_package(self, pick_list: PickList, *, package: Package, by: User) -> PickList:
        """Take a closed package whole."""
        return pick_package(pick_list, package, by=by)

    @verb(permission=PICK, serializer=ShortInput)
    def short(self, pick_list: PickList, *, lines: list[dict[str, Any]], by: User) -> PickList:
        """What is open of these lines was not found; it stays promised."""
        return record_short(pick_list, [one["line"] for one in lines], by=by)

    @verb(permission=PICK, serializer=PackPickedInput)
    def pack(
        self,
        pick_list: PickList,
        *,
        package: Package,
        by: User,
        lines: list[dict[str, Any]] | None = None,
    ) -> PickList:
        """Put picked goods into a package."""
        wanted: list[tuple[PickLine, Decimal]] | None = None
        if lines is not None:
            wanted = [(one["line"], one["quantity"]) for one in lines]
        return pack_picked(pick_list, package, wanted, by=by)

    @verb(permission=PICK)
    def finish_packing(self, pick_list: PickList, *, by: User) -> PickList:
        """All is in packages, which are closed."""
        return finish_packing(pick_list, by=by)
