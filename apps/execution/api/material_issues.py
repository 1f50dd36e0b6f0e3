from __future__ import annotations

import datetime

from apps.core.api.bases import DocumentViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.execution.api.inputs import DateReasonInput
from apps.execution.models import MaterialIssue
from apps.execution.services.reversals import reverse_material_issue


class MaterialIssueSerializer(StrictModelSerializer):
    class Meta:
        model = MaterialIssue
        fields = (
            "id",
            "company",
            "number",
            "status",
            "work_order",
            "date",
            "employee",
            *AUDIT_FIELDS,
        )


class MaterialIssueViewSet(DocumentViewSet):
    """Material handed to orders. New ones are posted with the verb ``issue`` of a work order."""

    serializer_class = MaterialIssueSerializer
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "work_order": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")

    @verb(permission="execution.reverse_materialissue", serializer=DateReasonInput)
    def reverse(
        self, issue: MaterialIssue, *, date: datetime.date, reason: str, by: User
    ) -> MaterialIssue:
        return reverse_material_issue(issue, date=date, reason=reason, by=by)
