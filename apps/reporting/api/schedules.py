from __future__ import annotations

from apps.core.api.bases import LedgerViewSet, MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.reporting.models import ReportDelivery, ReportSchedule
from apps.reporting.services import schedules as services


class ReportScheduleSerializer(StrictModelSerializer):
    class Meta:
        model = ReportSchedule
        fields = (
            *MASTER_DATA_FIELDS,
            "report",
            "owner",
            "site",
            "frequency",
            "at",
            "weekday",
            "day",
            "ends_on",
            "file_format",
            "recipients",
            "next_due_at",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("owner", "next_due_at")


class ReportScheduleViewSet(MasterDataViewSet):
    """Saved reports by e-mail, once per due time."""

    serializer_class = ReportScheduleSerializer
    create_service = staticmethod(services.create_schedule)
    update_service = staticmethod(services.update_schedule)
    filterset_fields = ("code", "is_active", "report", "frequency")


class ReportDeliverySerializer(StrictModelSerializer):
    class Meta:
        model = ReportDelivery
        fields = (
            "id",
            "company",
            "schedule",
            "due_at",
            "job",
            "sent_at",
            "recipients",
            "file_name",
            "message",
        )
        read_only_fields = fields


class ReportDeliveryViewSet(LedgerViewSet):
    """What was sent, and what was not and why."""

    serializer_class = ReportDeliverySerializer
    filterset_fields = ("schedule",)

    @verb(permission="reporting.retry_reportdelivery")
    def retry(self, delivery: ReportDelivery, *, by: User) -> ReportDelivery:
        return services.retry_delivery(delivery, by=by)
