from __future__ import annotations

from typing import Any

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.models import User
from apps.reporting.models import Dashboard, DashboardTile, SavedReport
from apps.reporting.services import saved_reports as services


class SavedReportSerializer(StrictModelSerializer):
    class Meta:
        model = SavedReport
        fields = (
            *MASTER_DATA_FIELDS,
            "dataset",
            "question",
            "owner",
            "is_shared",
            "role",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("owner",)


class SavedReportViewSet(MasterDataViewSet):
    """Questions kept: one's own, and those that are shared."""

    serializer_class = SavedReportSerializer
    create_service = staticmethod(services.create_saved_report)
    update_service = staticmethod(services.update_saved_report)
    filterset_fields = ("code", "is_active", "dataset", "is_shared")


class DashboardTileSerializer(StrictModelSerializer):
    class Meta:
        model = DashboardTile
        fields = ("report", "position")


class DashboardSerializer(StrictModelSerializer):
    tiles = DashboardTileSerializer(many=True, required=False)

    class Meta:
        model = Dashboard
        fields = (*MASTER_DATA_FIELDS, "owner", "is_shared", "role", "tiles", *AUDIT_FIELDS)
        read_only_fields = ("owner",)


class DashboardViewSet(MasterDataViewSet):
    """Saved reports side by side."""

    serializer_class = DashboardSerializer
    prefetch_related = ("tiles__report",)
    filterset_fields = ("code", "is_active", "is_shared")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Dashboard:
        tiles = [services.Tile(**tile) for tile in values.pop("tiles", [])]
        return services.create_dashboard(tiles=tiles, by=by, reason=reason, **values)

    def perform_update(
        self,
        row: Dashboard,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> Dashboard:
        given = values.pop("tiles", None)
        tiles = None if given is None else [services.Tile(**tile) for tile in given]
        return services.update_dashboard(
            row, tiles=tiles, version=version, by=by, reason=reason, **values
        )
