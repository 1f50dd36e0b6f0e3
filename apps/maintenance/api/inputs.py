"""Inputs that several verbs share."""

from __future__ import annotations

from apps.core.api.fields import DateField, TextField
from apps.core.api.serializers import StrictModelSerializer, StrictSerializer
from apps.maintenance.models import PlanPart, PlanTask


class ReasonInput(StrictSerializer):
    reason = TextField(max_length=500)


class ReverseInput(StrictSerializer):
    date = DateField()
    reason = TextField(max_length=500)


class TaskLineSerializer(StrictModelSerializer):
    class Meta:
        model = PlanTask
        fields = (
            "id",
            "position",
            "text",
            "kind",
            "is_required",
            "unit",
            "lower_limit",
            "upper_limit",
        )


class PartLineSerializer(StrictModelSerializer):
    class Meta:
        model = PlanPart
        fields = ("id", "item", "quantity")
