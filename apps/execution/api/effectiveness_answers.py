"""Shapes of what is told of machines: effectiveness, the board, the timeline."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from apps.core.api.answers import shape_of
from apps.core.api.fields import DecimalField
from apps.execution.api.machine_states import MachineIntervalSerializer, OperationRunSerializer
from apps.execution.oee import Elements, Losses
from apps.execution.outlooks import Outlook
from apps.execution.queries.boards import CurrentRun, Tile

_KEY = {
    "oneOf": [{"type": "integer"}, {"type": "string", "format": "date"}],
    "nullable": True,
    "description": "Id of the machine, work centre, site or shift; the day; null for all.",
}


@extend_schema_field(_KEY)
class GroupKeyField(serializers.Field):
    """What the elements of a group are summed by."""


class OeeOutput(serializers.Serializer):
    """Elements in minutes and stock units; ratios are fractions, null where nothing was planned."""

    elements = shape_of(Elements, "run", "produced")()
    availability = DecimalField(allow_null=True)
    performance = DecimalField(allow_null=True)
    quality = DecimalField(allow_null=True)
    oee = DecimalField(allow_null=True)
    repair_time = DecimalField(allow_null=True)
    run_between_stops = DecimalField(allow_null=True)
    losses = shape_of(Losses)()


class OeeGroupOutput(OeeOutput):
    key = GroupKeyField()


class TileOutput(shape_of(Tile)):
    run = shape_of(CurrentRun, "left", "is_behind")(allow_null=True)
    today = OeeOutput()
    outlook = shape_of(Outlook)(allow_null=True)


@extend_schema_serializer(many=False)
class BoardOutput(serializers.Serializer):
    """The machines of a site now; ``today`` is their sum over the production day ``day``."""

    at = serializers.DateTimeField()
    day = serializers.DateField()
    today = OeeOutput()
    results = TileOutput(many=True)


class TimelineOutput(serializers.Serializer):
    machine = serializers.IntegerField()
    machine_code = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    quantity_good = DecimalField()
    quantity_scrap = DecimalField()
    counts = serializers.IntegerField()
    intervals = MachineIntervalSerializer(many=True)
    runs = OperationRunSerializer(many=True)
