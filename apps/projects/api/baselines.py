from __future__ import annotations

from apps.core.api.bases import LedgerViewSet
from apps.core.api.serializers import StrictModelSerializer
from apps.projects.models import Baseline, BaselineTask, TaskProgress

_STAMPS = ("created_at", "created_by")


class BaselineSerializer(StrictModelSerializer):
    class Meta:
        model = Baseline
        fields = (
            "id",
            "company",
            "project",
            "sequence",
            "date",
            "reason",
            "planned_value",
            *_STAMPS,
        )


class BaselineViewSet(LedgerViewSet):
    """Plans as they once stood."""

    serializer_class = BaselineSerializer
    filterset_fields = {"project": ["exact"], "date": ["exact", "gte", "lte"]}


class BaselineTaskSerializer(StrictModelSerializer):
    class Meta:
        model = BaselineTask
        fields = ("id", "company", "baseline", "task", "starts_on", "finishes_on", "planned_value")


class BaselineTaskViewSet(LedgerViewSet):
    """Dates and planned value of each task in a baseline."""

    serializer_class = BaselineTaskSerializer
    filterset_fields = {"baseline": ["exact"], "task": ["exact"]}


class TaskProgressSerializer(StrictModelSerializer):
    class Meta:
        model = TaskProgress
        fields = ("id", "company", "task", "date", "percent", *_STAMPS)


class TaskProgressViewSet(LedgerViewSet):
    """Every report of progress; the last word about a day holds."""

    serializer_class = TaskProgressSerializer
    filterset_fields = {"task": ["exact"], "date": ["exact", "gte", "lte"]}
