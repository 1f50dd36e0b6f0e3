from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import TextField
from apps.core.api.serializers import StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import ReadViewSet
from apps.core.models import User
from apps.planning.models import ActionMessage
from apps.planning.reasons import reason_of
from apps.planning.services.messages import complete_message, dismiss_message


class AnswerInput(StrictSerializer):
    answer = TextField(max_length=200)


class MaybeAnswerInput(StrictSerializer):
    answer = TextField(max_length=200, required=False)


class ActionMessageSerializer(StrictModelSerializer):
    reason = serializers.SerializerMethodField()

    class Meta:
        model = ActionMessage
        fields = (
            "id",
            "company",
            "run",
            "item",
            "site",
            "kind",
            "status",
            "planned_order",
            "expected_move",
            "order_number",
            "quantity",
            "new_quantity",
            "date",
            "new_date",
            "trigger",
            "reason",
            "amount",
            "planner",
            "answered_at",
            "answer",
        )
        read_only_fields = fields

    def get_reason(self, message: ActionMessage) -> str:
        """Why, in words."""
        return reason_of(message)


class ActionMessageViewSet(ReadViewSet):
    """What the plan asks people to do about orders, why, and what it is worth."""

    serializer_class = ActionMessageSerializer
    list_fields = (
        "id",
        "company",
        "run",
        "item",
        "item_code",
        "site",
        "site_code",
        "kind",
        "status",
        "planned_order",
        "expected_move",
        "order_number",
        "quantity",
        "new_quantity",
        "date",
        "new_date",
        "trigger",
        "amount",
        "planner",
        "answered_at",
        "answer",
    )
    filterset_fields = {
        "run": ["exact"],
        "item": ["exact"],
        "site": ["exact"],
        "kind": ["exact", "in"],
        "status": ["exact"],
        "planner": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering = "date"
    ordering_fields = ("id", "date", "amount")

    @verb(permission="planning.answer_actionmessage", serializer=MaybeAnswerInput)
    def complete(self, message: ActionMessage, *, by: User, answer: str = "") -> Any:
        """It is done."""
        return complete_message(message, by=by, answer=answer)

    @verb(permission="planning.answer_actionmessage", serializer=AnswerInput)
    def dismiss(self, message: ActionMessage, *, by: User, answer: str) -> Any:
        """Nothing will be done, and why."""
        return dismiss_message(message, answer=answer, by=by)
