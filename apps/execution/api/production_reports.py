from __future__ import annotations

import datetime

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.execution.api.inputs import DateReasonInput
from apps.execution.models import ProductionReport
from apps.execution.services.reversals import reverse_production_report


class ProductionReportSerializer(StrictModelSerializer):
    class Meta:
        model = ProductionReport
        fields = (
            "id",
            "company",
            "number",
            "status",
            "work_order",
            "operation",
            "date",
            "reported_at",
            "quantity_good",
            "quantity_scrap",
            "scrap_reason",
            "labour_minutes",
            "machine_minutes",
            "employee",
            "machine",
            "shift",
            "event",
            "note",
            *AUDIT_FIELDS,
        )


class ProductionReportViewSet(DocumentViewSet):
    """What operations made. New ones are posted with the verb ``report`` of a work order."""

    serializer_class = ProductionReportSerializer
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "work_order": ["exact"],
        "operation": ["exact"],
        "machine": ["exact"],
        "employee": ["exact"],
        "shift": ["exact"],
        "scrap_reason": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")

    @verb(permission="execution.reverse_productionreport", serializer=DateReasonInput)
    def reverse(
        self, report: ProductionReport, *, date: datetime.date, reason: str, by: User
    ) -> ProductionReport:
        return reverse_production_report(report, date=date, reason=reason, by=by)
