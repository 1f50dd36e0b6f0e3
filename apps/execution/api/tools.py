from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import LedgerViewSet
from apps.core.api.fields import TextField, TimestampField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.execution.models import ToolLife, ToolMounting
from apps.execution.services.tools import mount_tool, renew_tool, take_tool_off

MOUNT = "execution.mount_tool"


class ToolMountingSerializer(StrictModelSerializer):
    class Meta:
        model = ToolMounting
        fields = ("id", "company", "tool", "machine", "starts_at", "ends_at", *AUDIT_FIELDS)
        read_only_fields = ("ends_at",)
        extra_kwargs = {"starts_at": {"required": False}}


class OffInput(StrictSerializer):
    at = TimestampField(required=False)


class ToolMountingViewSet(CreateMixin, LedgerViewSet):
    """Which tool was on which machine, from when to when; a new row puts one on."""

    serializer_class = ToolMountingSerializer
    filterset_fields = {
        "tool": ["exact"],
        "machine": ["exact"],
        "starts_at": ["gte", "lt"],
        "ends_at": ["gte", "lt", "isnull"],
    }
    ordering = "-starts_at"
    ordering_fields = ("id", "starts_at")

    def perform_create(self, values: dict[str, Any], *, by: Any, reason: str) -> Any:
        return mount_tool(
            values["tool"], machine=values["machine"], at=values.get("starts_at"), by=by
        )

    @verb(permission=MOUNT, serializer=OffInput)
    def take_off(self, row: Any, *, by: User, at: datetime.datetime | None = None) -> Any:
        """Take the tool off its machine."""
        return take_tool_off(row, at=at, by=by)


class ToolLifeSerializer(StrictModelSerializer):
    class Meta:
        model = ToolLife
        fields = ("id", "company", "tool", "pieces", "pieces_renewed")


class RenewInput(StrictSerializer):
    reason = TextField(max_length=500)


class ToolLifeViewSet(LedgerViewSet):
    """What tools have made, all in all and when they were last as new."""

    serializer_class = ToolLifeSerializer
    filterset_fields = {"tool": ["exact"]}
    ordering = "id"

    @verb(permission=MOUNT, serializer=RenewInput)
    def renew(self, row: Any, *, reason: str, by: User) -> Any:
        """It was reground or repaired: its life begins anew."""
        renew_tool(row.tool, reason=reason, by=by)
        row.refresh_from_db()
        return row
