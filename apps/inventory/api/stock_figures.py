from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from apps.core.api.answers import shape_of, with_properties
from apps.core.api.fields import DateField, DecimalField
from apps.core.api.questions import QuestionViewSet, question
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.models import Company
from apps.inventory.models import ItemValuation
from apps.inventory.queries.stock_figures import (
    ExpiringLot,
    ValuedItem,
    aged_stock,
    dead_stock,
    expiring_lots,
    moving_stock,
    valuation,
)
from apps.inventory.queries.write_downs import WrittenDownItem, written_down_items

VIEW = "inventory.view_itemvaluation"


class DayQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    at = DateField(required=False)


class CompanyQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]


class SpanQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    since = DateField()
    until = DateField()


class ExpiryQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    until = DateField()


class AgedOutput(serializers.Serializer):
    """Values up to 30, 90, 180 and 365 days old, and older; they sum to the value."""

    item_id = serializers.IntegerField()
    code = serializers.CharField()
    quantity = DecimalField()
    value = DecimalField()
    values = serializers.ListField(child=DecimalField())
    oldest_days = serializers.IntegerField(allow_null=True)


class MovingOutput(serializers.Serializer):
    """How an item moved; ``abc`` by the value used, ``xyz`` by how evenly."""

    item_id = serializers.IntegerField()
    code = serializers.CharField()
    quantity = DecimalField()
    value = DecimalField()
    used_quantity = DecimalField()
    used_value = DecimalField()
    last_used = serializers.DateField(allow_null=True)
    turns = DecimalField(allow_null=True)
    days_of_cover = serializers.IntegerField(allow_null=True)
    abc = serializers.CharField()
    xyz = serializers.CharField(allow_blank=True)
    variation = DecimalField(allow_null=True)


class StockFigureViewSet(QuestionViewSet):
    """Figures of stock at a day or in a time: stock units, and values in company currency."""

    permission_model = ItemValuation

    @question("value", DayQuery, VIEW, row=shape_of(ValuedItem, "unit_cost"))
    def value(self, *, company: Company, at: datetime.date | None = None) -> list[dict[str, Any]]:
        """Each item at the end of a day; the sum is the ledger's balance of stock."""
        found = valuation(company, at or timezone.localdate())
        return [with_properties(row, "unit_cost") for row in found.items]

    @question("age", DayQuery, VIEW, row=AgedOutput)
    def age(self, *, company: Company, at: datetime.date | None = None) -> list[dict[str, Any]]:
        """What lay there at the end of a day, by age."""
        return [
            _item(row.item) | {"values": row.values, "oldest_days": row.oldest_days}
            for row in aged_stock(company, at or timezone.localdate())
        ]

    @question("turns", SpanQuery, VIEW, row=MovingOutput)
    def turns(self, *, company: Company, **span: Any) -> list[dict[str, Any]]:
        """Turns, cover, ABC and XYZ of what was there or was used."""
        return [_moving(row) for row in moving_stock(company, **span)]

    @question("dead", SpanQuery, VIEW, row=MovingOutput)
    def dead(self, *, company: Company, **span: Any) -> list[dict[str, Any]]:
        """What is there and was not used."""
        return [_moving(row) for row in dead_stock(company, **span)]

    @question("written-down", CompanyQuery, VIEW, row=shape_of(WrittenDownItem, "cost"))
    def written_down(self, *, company: Company) -> list[dict[str, Any]]:
        """What is in stock now and bears a write-down, beside what it had cost."""
        return [with_properties(row, "cost") for row in written_down_items(company)]

    @question("expiring", ExpiryQuery, VIEW, "inventory.view_lot", row=shape_of(ExpiringLot))
    def expiring(self, *, company: Company, until: datetime.date) -> list[dict[str, Any]]:
        """Lots on hand that expire by a day."""
        found = expiring_lots(company, until=until, today=timezone.localdate())
        return [asdict(row) for row in found]


def _item(item: ValuedItem) -> dict[str, Any]:
    names = ("item_id", "code", "quantity", "value")
    return {name: getattr(item, name) for name in names}


def _moving(row: Any) -> dict[str, Any]:
    return _item(row.item) | {name: value for name, value in asdict(row).items() if name != "item"}
