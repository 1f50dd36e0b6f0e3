from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.utils import timezone

from apps.core.api.fields import DateField, TextField
from apps.core.api.questions import QuestionViewSet, question
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.models import Site, User
from apps.inventory.models import Location, Lot, StockBalance
from apps.inventory.queries.expected import projected_availability
from apps.inventory.queries.scans import LONGEST_SCAN, Scanned, read_scanned
from apps.inventory.queries.stock import movement_card, stock_on_hand, stock_value_at
from apps.masterdata.models import Item

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


class ScanQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    text = TextField(max_length=LONGEST_SCAN)


class StockViewSet(QuestionViewSet):
    """Questions to the stock register. Quantities in stock units, values in company currency."""

    permission_model = StockBalance

    @question("on-hand", OnHandQuery, VIEW, VIEW_VALUE)
    def on_hand(self, **asked: Any) -> list[dict[str, Any]]:
        """What lies where by item and lot, with its value."""
        rows = stock_on_hand(asked.pop("company"), **asked)
        return [{**asdict(row), "available": row.available} for row in rows]

    @question("value", ValueQuery, VIEW_VALUE)
    def value(self, **asked: Any) -> list[dict[str, Any]]:
        """Quantity and value of each item at the end of a day; the total is the ledger's."""
        at = asked.get("at") or timezone.localdate()
        return [asdict(row) for row in stock_value_at(asked["company"], at, item=asked.get("item"))]

    @question("card", CardQuery, "inventory.view_stockmove", VIEW_VALUE)
    def card(self, **asked: Any) -> list[dict[str, Any]]:
        """The card of an item: each move and adjustment, with what there was after it."""
        return movement_card(asked.pop("company"), asked.pop("item"), **asked)

    @question("availability", AvailabilityQuery, VIEW, "inventory.view_expectedmove")
    def availability(self, **asked: Any) -> list[dict[str, Any]]:
        """What will be there on each day on which something is due."""
        item = asked.pop("item")
        found = projected_availability(asked.pop("company"), [item.pk], **asked)
        return [asdict(row) for row in found[item.pk]]

    @question("scan", ScanQuery, VIEW, "inventory.view_lot", "masterdata.view_item")
    def scan(self, **asked: Any) -> list[dict[str, Any]]:
        """What a scanned text names: items, lots, places; and what a GS1 symbol says of them."""
        user: User = self.request.user  # type: ignore[assignment]
        return _named(read_scanned(asked["company"], asked["text"], user=user))


def _named(found: Scanned) -> list[dict[str, Any]]:
    said = {
        "lot_code": found.lot_code,
        "quantity": found.quantity,
        "unit": found.unit.code if found.unit else None,
        "expires_on": found.expires_on,
        "is_expired": found.is_expired,
        "elements": [{"code": one.code, "value": one.value} for one in found.elements],
    }
    rows = [("item", row) for row in found.items]
    rows += [("lot", row) for row in found.lots]
    rows += [("location", row) for row in found.locations]
    return [{"kind": kind, "id": row.pk, "code": row.code, **said} for kind, row in rows]
