from __future__ import annotations

from typing import Any

from apps.core.api.bases import DocumentViewSet, MasterDataViewSet
from apps.core.api.fields import IntegerField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.inventory.api.lots import ReasonInput
from apps.inventory.models import KanbanCard, KanbanLoop
from apps.inventory.resources import KanbanLoopResource
from apps.inventory.services.kanban import (
    MOST_CARDS,
    add_kanban_cards,
    create_kanban_loop,
    empty_kanban_card,
    fill_kanban_card,
    retire_kanban_card,
    update_kanban_loop,
)

TURN = "inventory.turn_kanbancard"


class KanbanLoopSerializer(StrictModelSerializer):
    class Meta:
        model = KanbanLoop
        fields = (*MASTER_DATA_FIELDS, "item", "supply", "line", "quantity", *AUDIT_FIELDS)


class KanbanLoopViewSet(MasterDataViewSet):
    """Items that go to a line-side bin by cards."""

    serializer_class = KanbanLoopSerializer
    resource_class = KanbanLoopResource
    create_service = staticmethod(create_kanban_loop)
    update_service = staticmethod(update_kanban_loop)
    filterset_fields = ("code", "is_active", "item", "supply", "line")


class KanbanCardSerializer(StrictModelSerializer):
    class Meta:
        model = KanbanCard
        fields = (
            "id",
            "company",
            "number",
            "status",
            "loop",
            "transfer",
            "emptied_at",
            *AUDIT_FIELDS,
        )
        read_only_fields = fields


class AddCardsInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    loop = ReferenceField(KanbanLoop)
    count = IntegerField(min_value=1, max_value=MOST_CARDS)


class KanbanCardViewSet(DocumentViewSet):
    """Cards: scanned when their bin is empty, and when the goods are brought."""

    serializer_class = KanbanCardSerializer
    filterset_fields = {"number": ["exact"], "status": ["exact", "in"], "loop": ["exact"]}

    @verb(
        permission="inventory.add_kanbancard",
        serializer=AddCardsInput,
        response=KanbanCardSerializer,
        detail=False,
        status=201,
        lists=True,
    )
    def add(self, *, by: User, **asked: Any) -> list[KanbanCard]:
        """More cards for a loop."""
        return add_kanban_cards(asked["loop"], asked["count"], by=by)

    @verb(permission=TURN)
    def empty(self, card: KanbanCard, *, by: User) -> KanbanCard:
        """Its bin is used up: a transfer is written down."""
        return empty_kanban_card(card, by=by)

    @verb(permission=TURN)
    def fill(self, card: KanbanCard, *, by: User) -> KanbanCard:
        """The goods are at the line: the transfer is posted."""
        return fill_kanban_card(card, by=by)

    @verb(permission="inventory.change_kanbancard", serializer=ReasonInput)
    def retire(self, card: KanbanCard, *, reason: str, by: User) -> KanbanCard:
        return retire_kanban_card(card, reason=reason, by=by)
