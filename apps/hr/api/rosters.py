from __future__ import annotations

from apps.core.api.imports import ImportActions
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.hr.models import RosterEntry
from apps.hr.resources import RosterResource
from apps.hr.services.rosters import create_roster_entry, update_roster_entry


class RosterEntrySerializer(StrictModelSerializer):
    class Meta:
        model = RosterEntry
        fields = ("id", "company", "employee", "date", "shift", "note", *AUDIT_FIELDS)


class RosterEntryViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """Who works which shift on which day; planning a day again replaces it."""

    serializer_class = RosterEntrySerializer
    resource_class = RosterResource
    create_service = staticmethod(create_roster_entry)
    update_service = staticmethod(update_roster_entry)
    takes_reason = True
    filterset_fields = {
        "employee": ["exact"],
        "shift": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")
