from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers

from apps.core.api.bases import DocumentViewSet, LedgerViewSet
from apps.core.api.fields import TextField
from apps.core.api.imports import ImportActions
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CompanyViewSet, CreateMixin, DeactivateMixin, UpdateMixin
from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.integration.machine_resources import MachineTagResource
from apps.integration.models import (
    MachineConnection,
    MachineTag,
    QuarantinedReading,
    TagState,
)
from apps.integration.protocols.plain_json import MOST, read_parts
from apps.integration.services.machine_connections import (
    LONGEST_PASSWORD,
    RECORDS,
    create_machine_connection,
    create_machine_tag,
    update_machine_connection,
    update_machine_tag,
)
from apps.integration.services.readings import take_readings
from apps.integration.services.replays import dismiss_quarantined, replay_quarantined

_REPLAY = "integration.replay_quarantinedreading"


class MachineConnectionSerializer(StrictModelSerializer):
    name = TextField(max_length=200, required=False)
    password = TextField(
        max_length=LONGEST_PASSWORD, required=False, write_only=True, allow_blank=True
    )

    class Meta:
        model = MachineConnection
        fields = (
            *MASTER_DATA_FIELDS,
            "protocol",
            "address",
            "topic",
            "username",
            "password",
            "account",
            *AUDIT_FIELDS,
        )


class ReadingInput(serializers.Serializer):
    """One value of a signal, as the documentation shows it; each is judged by itself."""

    signal = serializers.CharField(max_length=300)
    value = serializers.CharField(allow_null=True)
    at = serializers.DateTimeField(required=False)


class ReadingsInput(StrictSerializer):
    readings = serializers.ListField(max_length=MOST, allow_empty=False)


class ReadingsSchema(serializers.Serializer):
    readings = ReadingInput(many=True)


class TakenOutput(serializers.Serializer):
    """How many events it made, how many were known, and what is quarantined."""

    events = serializers.IntegerField()
    known = serializers.IntegerField()
    quarantined = serializers.IntegerField()


class MachineConnectionViewSet(CreateMixin, UpdateMixin, DeactivateMixin, CompanyViewSet):
    """Ways to machines: brokers and agents that are listened to, and devices that send to us."""

    serializer_class = MachineConnectionSerializer
    create_service = staticmethod(create_machine_connection)
    update_service = staticmethod(update_machine_connection)
    takes_reason = True
    filterset_fields = ("code", "is_active", "protocol", "account")
    search_fields = ("code", "name", "address")
    ordering = "code"
    ordering_fields = ("id", "code", "name")

    @extend_schema(request=ReadingsSchema, responses=TakenOutput)
    @verb(permission=RECORDS, serializer=ReadingsInput, response=TakenOutput)
    def readings(
        self, connection: MachineConnection, *, readings: list[Any], by: User
    ) -> dict[str, int]:
        """Take up to 10,000 values of signals; send them again until it was answered."""
        if not connection.is_active:
            raise InvalidInput("inactive", _("This connection is retired."), field="connection")
        now: datetime = timezone.now()
        said = read_parts("", readings, now=now)
        return asdict(take_readings(connection, said, now=now, by=by))


class MachineTagSerializer(StrictModelSerializer):
    class Meta:
        model = MachineTag
        fields = (
            "id",
            "company",
            "connection",
            "path",
            "machine",
            "role",
            "states",
            "per_count",
            "rolls_over_at",
            "scrap_reason",
            "is_writable",
            "written_as",
            "lowest",
            "highest",
            *AUDIT_FIELDS,
        )


class MachineTagViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """What signals mean: a state with its table of values, a counter of good pieces or scrap."""

    serializer_class = MachineTagSerializer
    resource_class = MachineTagResource
    create_service = staticmethod(create_machine_tag)
    update_service = staticmethod(update_machine_tag)
    takes_reason = True
    filterset_fields = ("connection", "machine", "role", "path", "is_writable")
    search_fields = ("path",)
    ordering = "id"
    ordering_fields = ("id", "path")


class TagStateSerializer(StrictModelSerializer):
    class Meta:
        model = TagState
        fields = ("id", "company", "tag", "last_at", "last_value")


class TagStateViewSet(LedgerViewSet):
    """What signals say now."""

    serializer_class = TagStateSerializer
    filterset_fields = {"tag": ["exact"], "last_at": ["gte", "lt"]}
    ordering = "id"
    ordering_fields = ("id", "last_at")


class DismissInput(StrictSerializer):
    reason = TextField(max_length=500)


class QuarantinedReadingSerializer(StrictModelSerializer):
    """``payload`` is what was said, as JSON text."""

    payload = serializers.SerializerMethodField()

    def get_payload(self, row: QuarantinedReading) -> str:
        return json.dumps(row.payload)

    class Meta:
        model = QuarantinedReading
        fields = (
            "id",
            "company",
            "status",
            "connection",
            "path",
            "code",
            "detail",
            "payload",
            "occurred_at",
            "times",
            *AUDIT_FIELDS,
        )
        read_only_fields = fields


class QuarantinedReadingViewSet(DocumentViewSet):
    """What machines said and nobody could use: why, and what it was; played again, or dismissed."""

    serializer_class = QuarantinedReadingSerializer
    filterset_fields = {
        "connection": ["exact"],
        "status": ["exact"],
        "code": ["exact"],
        "path": ["exact"],
    }
    search_fields = ("path", "detail")

    @verb(permission=_REPLAY)
    def replay(self, row: QuarantinedReading, *, by: User) -> QuarantinedReading:
        return replay_quarantined(row, by=by)

    @verb(permission=_REPLAY, serializer=DismissInput)
    def dismiss(self, row: QuarantinedReading, *, reason: str, by: User) -> QuarantinedReading:
        return dismiss_quarantined(row, reason=reason, by=by)
