from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from apps.core.api.answers import shape_of, with_properties
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.questions import QuestionViewSet, question
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.errors import InvalidInput
from apps.core.models import Site, User
from apps.inventory.models import Location, Lot, StockBalance
from apps.inventory.queries.availability import Availability, availability
from apps.inventory.queries.expected import Projection, projected_availability
from apps.inventory.queries.put_away import Suggestion, suggest_put_away
from apps.inventory.queries.scans import LONGEST_SCAN, Scanned, read_scanned
from apps.inventory.queries.stock import (
    ItemValue,
    OnHand,
    movement_card,
    stock_on_hand,
    stock_value_at,
)
from apps.masterdata.models import Item

MOST_ITEMS = 500
VIEW = "inventory.view_stockbalance"
VIEW_VALUE = "inventory.view_itemvaluation"


class OnHandQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    item = ReferenceField(Item, required=False)
    location = ReferenceField(Location, required=False)
    lot = ReferenceField(Lot, required=False)
    site = ReferenceField(Site, required=False)


class ValueQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    item = ReferenceField(Item, required=False)
    at = DateField(required=False)


class CardQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    item = ReferenceField(Item)
    location = ReferenceField(Location, required=False)
    lot = ReferenceField(Lot, required=False)
    since = DateField(required=False)
    until = DateField(required=False)


class AvailabilityQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    item = ReferenceField(Item)
    site = ReferenceField(Site, required=False)
    until = DateField(required=False)


class AvailableQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    items = TextField(max_length=35_000)
    site = ReferenceField(Site, required=False)
    until = DateField(required=False)


class PutAwayQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    item = ReferenceField(Item, related=("unit",))
    quantity = DecimalField(positive=True)
    site = ReferenceField(Site)


class CardOutput(serializers.Serializer):
    """A move (``rank`` 0) or an adjustment of value (1), and what there was after it."""

    date = serializers.DateField()
    rank = serializers.IntegerField()
    id = serializers.IntegerField()
    quantity = DecimalField()
    value = DecimalField()
    from_location = serializers.CharField(allow_blank=True)
    to_location = serializers.CharField(allow_blank=True)
    lot = serializers.CharField(allow_null=True)
    entry_id = serializers.IntegerField(allow_null=True)
    source_type_id = serializers.IntegerField()
    source_id = serializers.IntegerField()
    quantity_after = DecimalField()
    value_after = DecimalField()


class ScanQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    text = TextField(max_length=LONGEST_SCAN)


class ElementOutput(serializers.Serializer):
    """A GS1 application identifier and its value."""

    code = serializers.CharField()
    value = serializers.CharField()


class ScanOutput(serializers.Serializer):
    """Something of ours that was scanned, and what the symbol says of it."""

    kind = serializers.ChoiceField(choices=("item", "lot", "location", "package"))
    id = serializers.IntegerField()
    code = serializers.CharField()
    lot_code = serializers.CharField(allow_blank=True)
    quantity = DecimalField(allow_null=True)
    weight = DecimalField(allow_null=True)
    unit = serializers.CharField(allow_null=True)
    expires_on = serializers.DateField(allow_null=True)
    is_expired = serializers.BooleanField()
    elements = ElementOutput(many=True)


class StockViewSet(QuestionViewSet):
    """Questions to the stock register. Quantities in stock units, values in company currency."""

    permission_model = StockBalance

    @question("on-hand", OnHandQuery, VIEW, VIEW_VALUE, row=shape_of(OnHand, "available"))
    def on_hand(self, **asked: Any) -> list[dict[str, Any]]:
        """What lies where by item and lot, with its value."""
        rows = stock_on_hand(asked.pop("company"), **asked)
        return [with_properties(row, "available") for row in rows]

    @question("value", ValueQuery, VIEW_VALUE, row=shape_of(ItemValue))
    def value(self, **asked: Any) -> list[dict[str, Any]]:
        """Quantity and value of each item at the end of a day; the total is the ledger's."""
        at = asked.get("at") or timezone.localdate()
        return [asdict(row) for row in stock_value_at(asked["company"], at, item=asked.get("item"))]

    @question("card", CardQuery, "inventory.view_stockmove", VIEW_VALUE, row=CardOutput)
    def card(self, **asked: Any) -> list[dict[str, Any]]:
        """The card of an item: each move and adjustment, with what there was after it."""
        return movement_card(asked.pop("company"), asked.pop("item"), **asked)

    @question(
        "availability",
        AvailabilityQuery,
        VIEW,
        "inventory.view_expectedmove",
        row=shape_of(Projection),
    )
    def availability(self, **asked: Any) -> list[dict[str, Any]]:
        """What will be there on each day on which something is due."""
        item = asked.pop("item")
        found = projected_availability(asked.pop("company"), [item.pk], **asked)
        return [asdict(row) for row in found[item.pk]]

    @question(
        "available",
        AvailableQuery,
        VIEW,
        "inventory.view_expectedmove",
        row=shape_of(Availability, "free", "projected"),
    )
    def available(self, **asked: Any) -> list[dict[str, Any]]:
        """How up to 500 items stand: on hand, set aside, coming and going; codes with commas."""
        company = asked.pop("company")
        codes = [code.strip() for code in asked.pop("items").split(",") if code.strip()]
        if len(codes) > MOST_ITEMS:
            raise InvalidInput(
                "too_many", _("At most {most}.").format(most=MOST_ITEMS), field="items"
            )
        known = dict(Item.objects.filter(company=company, code__in=codes).values_list("code", "pk"))
        for code in codes:
            if code not in known:
                raise InvalidInput(
                    "does_not_exist",
                    _("Nothing here has the code {code}.").format(code=code[:60]),
                    field="items",
                )
        rows = availability(company, known.values(), **asked)
        return [with_properties(row, "free", "projected") for row in rows]

    @question("put-away", PutAwayQuery, VIEW, row=shape_of(Suggestion))
    def put_away(self, **asked: Any) -> list[dict[str, Any]]:
        """Places for a quantity of an item at a site by the rules, each with its reason."""
        company, item, quantity = (asked[name] for name in ("company", "item", "quantity"))
        rows = suggest_put_away(company, item, quantity, site=asked["site"])
        return [asdict(row) for row in rows]

    @question("scan", ScanQuery, VIEW, "inventory.view_lot", "masterdata.view_item", row=ScanOutput)
    def scan(self, **asked: Any) -> list[dict[str, Any]]:
        """What a scanned text names: items, lots, places; and what a GS1 symbol says of them."""
        user: User = self.request.user  # type: ignore[assignment]
        return _named(read_scanned(asked["company"], asked["text"], user=user))


def _named(found: Scanned) -> list[dict[str, Any]]:
    said = {
        "lot_code": found.lot_code,
        "quantity": found.quantity,
        "weight": found.weight,
        "unit": found.unit.code if found.unit else None,
        "expires_on": found.expires_on,
        "is_expired": found.is_expired,
        "elements": [{"code": one.code, "value": one.value} for one in found.elements],
    }
    rows = [("item", row) for row in found.items]
    rows += [("lot", row) for row in found.lots]
    rows += [("location", row) for row in found.locations]
    named = [{"kind": kind, "id": row.pk, "code": row.code, **said} for kind, row in rows]
    named += [
        {"kind": "package", "id": one.pk, "code": one.plate, **said} for one in found.packages
    ]
    return named
