from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.maintenance.api.inputs import ReasonInput, ReverseInput
from apps.maintenance.models import MaintenanceCharge, MaintenanceLabour, PartsIssue
from apps.maintenance.services.charges import cancel_charge, reverse_charge
from apps.maintenance.services.labour import reverse_labour
from apps.maintenance.services.parts import reverse_parts_issue

_COMMON = ("id", "company", "number", "status", "order", "date")
_STAMPS = ("version", "created_at")
_FILTERS: dict[str, Any] = {
    "number": ["exact"],
    "status": ["exact"],
    "order": ["exact"],
    "date": ["exact", "gte", "lte"],
}


class PartsIssueSerializer(StrictModelSerializer):
    class Meta:
        model = PartsIssue
        fields = (*_COMMON, *_STAMPS)


class PartsIssueViewSet(DocumentViewSet):
    """Parts taken for orders. The moves of an issue are in the stock register."""

    serializer_class = PartsIssueSerializer
    filterset_fields = _FILTERS

    @verb(permission="maintenance.reverse_partsissue", serializer=ReverseInput)
    def reverse(
        self, issue: PartsIssue, *, date: datetime.date, reason: str, by: User
    ) -> PartsIssue:
        return reverse_parts_issue(issue, date=date, reason=reason, by=by)


class MaintenanceLabourSerializer(StrictModelSerializer):
    class Meta:
        model = MaintenanceLabour
        fields = (*_COMMON, "employee", "minutes", "hourly_rate", "amount", "note", *_STAMPS)


class MaintenanceLabourViewSet(DocumentViewSet):
    """Time on orders, at the rate of the day."""

    serializer_class = MaintenanceLabourSerializer
    filterset_fields = {**_FILTERS, "employee": ["exact"]}

    @verb(permission="maintenance.reverse_maintenancelabour", serializer=ReverseInput)
    def reverse(
        self, labour: MaintenanceLabour, *, date: datetime.date, reason: str, by: User
    ) -> MaintenanceLabour:
        return reverse_labour(labour, date=date, reason=reason, by=by)


class MaintenanceChargeSerializer(StrictModelSerializer):
    class Meta:
        model = MaintenanceCharge
        fields = (
            *_COMMON,
            "partner",
            "amount",
            "credited",
            "tax_code",
            "reference",
            "description",
            "invoice",
            *_STAMPS,
        )


class MaintenanceChargeViewSet(DocumentViewSet):
    """Suppliers' bills for work on orders."""

    serializer_class = MaintenanceChargeSerializer
    filterset_fields = {**_FILTERS, "partner": ["exact"]}
    search_fields = ("number", "reference")

    @verb(permission="maintenance.reverse_maintenancecharge", serializer=ReasonInput)
    def cancel(self, charge: MaintenanceCharge, *, reason: str, by: User) -> MaintenanceCharge:
        """Give up a charge that waits for the approval of its bill, and the bill."""
        return cancel_charge(charge, reason=reason, by=by)

    @verb(permission="maintenance.reverse_maintenancecharge", serializer=ReverseInput)
    def reverse(
        self, charge: MaintenanceCharge, *, date: datetime.date, reason: str, by: User
    ) -> MaintenanceCharge:
        return reverse_charge(charge, date=date, reason=reason, by=by)
