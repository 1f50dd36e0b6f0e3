from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.imports import ImportActions
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CompanyViewSet, CreateMixin, ReadViewSet, UpdateMixin
from apps.core.models import User
from apps.projects.api.inputs import KeyReference, ProgressInput, WaitsInput
from apps.projects.models import Task, TaskDependency, WbsNode
from apps.projects.resources import TaskResource
from apps.projects.services.progress import report_task
from apps.projects.services.tasks import Waits, create_task, remove_task, update_task


class TaskSerializer(StrictModelSerializer):
    node = KeyReference(WbsNode, related=("project__company",))

    class Meta:
        model = Task
        fields = (
            "id",
            "company",
            "project",
            "node",
            "code",
            "name",
            "duration",
            "optimistic",
            "pessimistic",
            "not_before",
            "percent_complete",
            "responsible",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("project", "percent_complete")


class WaitInput(StrictSerializer):
    """All that the task waits for, instead of what it did; an empty list frees it."""

    predecessors = WaitsInput(many=True)


class RemovedOutput(serializers.Serializer):
    removed = serializers.BooleanField()


class TaskViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """Tasks of projects. What they wait for is set by ``wait-for/`` and listed in dependencies."""

    serializer_class = TaskSerializer
    resource_class = TaskResource
    create_service = staticmethod(create_task)
    update_service = staticmethod(update_task)
    takes_reason = True
    filterset_fields = {
        "project": ["exact"],
        "node": ["exact"],
        "code": ["exact"],
        "responsible": ["exact"],
        "percent_complete": ["lt", "gte"],
    }
    ordering_fields = ("id",)
    search_fields = ("code", "name")

    @verb(permission="projects.change_task", serializer=WaitInput)
    def wait_for(self, task: Task, *, predecessors: list[dict[str, Any]], by: User) -> Task:
        return update_task(task, predecessors=[Waits(**one) for one in predecessors], by=by)

    @verb(permission="projects.report_task", serializer=ProgressInput)
    def report_progress(self, task: Task, *, by: User, **given: Any) -> Task:
        return report_task(task, by=by, **given)

    @verb(permission="projects.change_task", response=RemovedOutput)
    def remove(self, task: Task, *, by: User) -> dict[str, bool]:
        """Take a task out of the plan that nothing refers to yet."""
        remove_task(task, by=by)
        return {"removed": True}


class TaskDependencySerializer(StrictModelSerializer):
    class Meta:
        model = TaskDependency
        fields = ("id", "company", "predecessor", "successor", "kind", "lag")


class TaskDependencyViewSet(ReadViewSet):
    """What waits for what."""

    serializer_class = TaskDependencySerializer
    filterset_fields = {
        "predecessor": ["exact"],
        "successor": ["exact"],
        "successor__project": ["exact"],
        "kind": ["exact"],
    }
