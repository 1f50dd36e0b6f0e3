from __future__ import annotations

import datetime
from typing import Any

from rest_framework import serializers

from apps.core.api.bases import DocumentViewSet, LedgerViewSet, MasterDataViewSet
from apps.core.api.fields import BooleanField, DateField, DecimalField, IntegerField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.errors import InvalidInput
from apps.core.models import Company, Site, User
from apps.inventory.api.lots import ReasonInput
from apps.inventory.api.stock_documents import ReverseInput
from apps.inventory.models import (
    CountClass,
    ItemClass,
    Location,
    StockCount,
    StockCountLine,
)
from apps.inventory.resources import CountClassResource
from apps.inventory.services.count_entries import (
    Counted,
    enter_counted,
    post_stock_count,
    reverse_stock_count,
)
from apps.inventory.services.count_plans import MOST_LINES, classify_items, plan_cycle_count
from apps.inventory.services.counts import (
    CountPlace,
    cancel_stock_count,
    change_stock_count,
    finish_counting,
    plan_stock_count,
    reopen_stock_count,
    start_stock_count,
)
from apps.masterdata.models import Item, ReasonCode


class CountClassSerializer(StrictModelSerializer):
    class Meta:
        model = CountClass
        fields = (
            *MASTER_DATA_FIELDS,
            "value_share",
            "interval_days",
            "tolerance_percent",
            "tolerance_value",
            *AUDIT_FIELDS,
        )


class CountClassViewSet(MasterDataViewSet):
    """Classes of the ABC analysis: how often they are counted, and how well."""

    serializer_class = CountClassSerializer
    resource_class = CountClassResource
    filterset_fields = ("code", "is_active")


class ItemClassSerializer(StrictModelSerializer):
    class Meta:
        model = ItemClass
        fields = ("id", "company", "item", "count_class", "used_value", "since", "until")


class ClassifyInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    since = DateField()
    until = DateField()


class ClassifyOutput(serializers.Serializer):
    """Items by class."""

    classes = serializers.DictField(child=serializers.IntegerField())


class ItemClassViewSet(LedgerViewSet):
    """The class each item fell into."""

    serializer_class = ItemClassSerializer
    filterset_fields = ("item", "count_class")

    @verb(
        permission="inventory.add_countclass",
        serializer=ClassifyInput,
        response=ClassifyOutput,
        detail=False,
    )
    def classify(
        self, *, company: Company, since: datetime.date, until: datetime.date, by: User
    ) -> dict[str, Any]:
        """Put all items into their classes by the value used between two days."""
        return {"classes": classify_items(company, since=since, until=until)}


class StockCountLineSerializer(StrictModelSerializer):
    """What the books say is not shown to who counts blindly."""

    difference = serializers.SerializerMethodField()

    class Meta:
        model = StockCountLine
        fields = (
            "id",
            "item",
            "location",
            "lot",
            "counted_quantity",
            "book_quantity",
            "difference",
            "unit_cost",
            "counted_at",
            "counted_by",
            "times_counted",
            "must_recount",
            "reason",
        )
        read_only_fields = tuple(name for name in fields if name not in ("item", "location", "lot"))

    def get_difference(self, line: StockCountLine) -> str | None:
        return None if line.difference is None else f"{line.difference:f}"

    def to_representation(self, line: StockCountLine) -> dict[str, Any]:
        shown = super().to_representation(line)
        if line.count.hides_books:
            shown.update(book_quantity=None, difference=None, unit_cost=None)
        return shown


class StockCountSerializer(StrictModelSerializer):
    lines = StockCountLineSerializer(many=True, required=False)
    locations = serializers.ListField(
        child=ReferenceField(Location), required=False, write_only=True, max_length=500
    )

    class Meta:
        model = StockCount
        fields = (
            "id",
            "company",
            "number",
            "status",
            "site",
            "date",
            "is_blind",
            "is_frozen",
            "reason",
            "note",
            "locations",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status")


class CountedInput(StrictSerializer):
    item = ReferenceField(Item)
    location = ReferenceField(Location)
    quantity = DecimalField()
    lot_code = TextField(max_length=60, required=False)
    reason = ReferenceField(ReasonCode, required=False)


class EnterInput(StrictSerializer):
    lines = CountedInput(many=True, allow_empty=False)


class CycleInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    site = ReferenceField(Site)
    on = DateField()
    limit = IntegerField(min_value=1, max_value=MOST_LINES, required=False)
    is_blind = BooleanField(required=False)
    reason = ReferenceField(ReasonCode, required=False)


class StockCountViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Stock counts: planned by place or by turn, entered, reviewed, posted as differences."""

    serializer_class = StockCountSerializer
    prefetch_related = ("lines__item", "lines__location", "lines__lot", "lines__count")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "site": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")
    search_fields = ("number", "note")
    export = None

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> StockCount:
        places = _places(values.pop("lines", ()))
        return plan_stock_count(places=places, by=by, **values)

    def perform_update(
        self,
        row: StockCount,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> StockCount:
        for name in ("site", "locations"):
            if name in values:
                raise InvalidInput("read_only", "This stays as it was planned.", field=name)
        given = values.pop("lines", None)
        places = None if given is None else _places(given)
        return change_stock_count(row, places=places, version=version, by=by, **values)

    @verb(
        permission="inventory.add_stockcount",
        serializer=CycleInput,
        response=StockCountSerializer,
        detail=False,
        status=201,
    )
    def plan_cycle(self, *, by: User, **asked: Any) -> StockCount:
        """A count of what is due on a day by the classes of its items."""
        return plan_cycle_count(asked.pop("company"), by=by, **asked)

    @verb(permission="inventory.start_stockcount")
    def start(self, count: StockCount, *, by: User) -> StockCount:
        return start_stock_count(count, by=by)

    @verb(permission="inventory.count_stockcount", serializer=EnterInput)
    def enter(self, count: StockCount, *, lines: list[dict[str, Any]], by: User) -> StockCount:
        """What was found; what is not on the list is added to it."""
        return enter_counted(count, [Counted(**line) for line in lines], by=by)

    @verb(permission="inventory.count_stockcount")
    def finish(self, count: StockCount, *, by: User) -> StockCount:
        return finish_counting(count, by=by)

    @verb(permission="inventory.post_stockcount", serializer=ReasonInput)
    def reopen(self, count: StockCount, *, reason: str, by: User) -> StockCount:
        return reopen_stock_count(count, reason=reason, by=by)

    @verb(permission="inventory.post_stockcount")
    def post(self, count: StockCount, *, by: User) -> StockCount:
        return post_stock_count(count, by=by)

    @verb(permission="inventory.reverse_stockcount", serializer=ReverseInput)
    def reverse(
        self, count: StockCount, *, date: datetime.date, reason: str, by: User
    ) -> StockCount:
        """Take a posted count back: its differences move the other way."""
        return reverse_stock_count(count, date=date, reason=reason, by=by)

    @verb(permission="inventory.change_stockcount")
    def cancel(self, count: StockCount, *, by: User) -> StockCount:
        return cancel_stock_count(count, by=by)


def _places(lines: Any) -> list[CountPlace]:
    return [CountPlace(line["item"], line["location"], line.get("lot")) for line in lines]
