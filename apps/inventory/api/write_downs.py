from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import Company, User
from apps.inventory.api.stock_documents import ReverseInput
from apps.inventory.models import WriteDown, WriteDownLine
from apps.inventory.services.write_down_lines import Assessed
from apps.inventory.services.write_downs import (
    cancel_write_down,
    change_write_down,
    draft_write_down,
    post_write_down,
    propose_write_down,
    reverse_write_down,
)
from apps.masterdata.models import Item, ReasonCode


class WriteDownLineSerializer(StrictModelSerializer):
    """What a unit brings; the other figures are there once it is posted."""

    item = ReferenceField(Item, related=("category",))

    class Meta:
        model = WriteDownLine
        fields = ("id", "item", "lot", "net_value", "quantity", "carried", "amount")
        read_only_fields = ("quantity", "carried", "amount")


class WriteDownSerializer(StrictModelSerializer):
    lines = WriteDownLineSerializer(many=True, allow_empty=False)

    class Meta:
        model = WriteDown
        fields = (
            "id", "company", "number", "status", "date", "reason", "note", "lines", *AUDIT_FIELDS,
        )  # fmt: skip
        read_only_fields = ("number", "status")


class ProposeInput(StrictSerializer):
    """``selling_cost_percent``: what selling costs, taken off the sales price."""

    company = CompanyField()  # type: ignore[assignment]
    date = DateField()
    selling_cost_percent = DecimalField(required=False, decimal_places=2, min_value=0)
    reason = ReferenceField(ReasonCode, required=False)
    note = TextField(required=False, max_length=200)


class WriteDownViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Stock at the lower of cost and net realisable value (IAS 2 ¶28–33)."""

    serializer_class = WriteDownSerializer
    prefetch_related = ("lines__item", "lines__lot")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "reason": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")
    search_fields = ("number", "note")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> WriteDown:
        lines = [Assessed(**line) for line in values.pop("lines")]
        return draft_write_down(lines=lines, by=by, **values)

    def perform_update(
        self,
        row: WriteDown,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> WriteDown:
        given = values.pop("lines", None)
        lines = None if given is None else [Assessed(**line) for line in given]
        return change_write_down(row, lines=lines, version=version, by=by, **values)

    @verb(
        permission="inventory.add_writedown",
        serializer=ProposeInput,
        response=WriteDownSerializer,
        detail=False,
        status=201,
    )
    def propose(
        self,
        *,
        company: Company,
        date: datetime.date,
        by: User,
        selling_cost_percent: Decimal = Decimal(0),
        reason: ReasonCode | None = None,
        note: str = "",
    ) -> WriteDown:
        """A draft of all items carried above their sales price less the cost of selling."""
        return propose_write_down(
            company,
            date=date,
            selling_cost_percent=selling_cost_percent,
            reason=reason,
            note=note,
            by=by,
        )

    @verb(permission="inventory.post_writedown")
    def post(self, write_down: WriteDown, *, by: User) -> WriteDown:
        return post_write_down(write_down, by=by)

    @verb(permission="inventory.reverse_writedown", serializer=ReverseInput)
    def reverse(
        self, write_down: WriteDown, *, date: datetime.date, reason: str, by: User
    ) -> WriteDown:
        return reverse_write_down(write_down, date=date, reason=reason, by=by)

    @verb(permission="inventory.change_writedown")
    def cancel(self, write_down: WriteDown, *, by: User) -> WriteDown:
        return cancel_write_down(write_down, by=by)
