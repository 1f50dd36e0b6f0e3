from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.bases import DocumentViewSet
from apps.core.api.jobs import JobSerializer
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import Company, Site, User
from apps.masterdata.models import Item
from apps.planning.api.what_if import WhatIfInput, WhatIfOutput
from apps.planning.api.what_if import answer as what_if_answer
from apps.planning.jobs import start_planning_run
from apps.planning.models import PlanningRun
from apps.planning.services import planning_runs as services
from apps.planning.services.replanning import replan_items


class PlanningRunSerializer(StrictModelSerializer):
    class Meta:
        model = PlanningRun
        fields = (
            "id",
            "company",
            "number",
            "status",
            "site",
            "planned_on",
            "horizon_days",
            "bucket",
            "is_rescheduling",
            "tolerance_days",
            "is_current",
            "started_at",
            "finished_at",
            "message",
            "item_count",
            "order_count",
            "message_count",
            "seconds",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "is_current",
            "started_at",
            "finished_at",
            "message",
            "item_count",
            "order_count",
            "message_count",
            "seconds",
        )
        extra_kwargs = {"planned_on": {"required": False}}


class ReplanInput(StrictSerializer):
    company = CompanyField()
    site = ReferenceField(Site)
    items = serializers.ListField(child=ReferenceField(Item), max_length=500)


class ReplanOutput(serializers.Serializer):
    run = serializers.IntegerField()
    items_planned = serializers.IntegerField()


class PlanningRunViewSet(CreateMixin, DocumentViewSet):
    """Calculations of the plan. The current one of a site is its plan."""

    serializer_class = PlanningRunSerializer
    create_service = staticmethod(services.create_planning_run)
    filterset_fields = ("status", "site", "is_current")

    @verb(permission="planning.run_planningrun")
    def calculate(self, run: PlanningRun, *, by: User) -> PlanningRun:
        """Calculate at once and answer when it is done."""
        return services.calculate_plan(run, by=by)

    @verb(permission="planning.run_planningrun", response=JobSerializer, status=202)
    def start(self, run: PlanningRun, *, by: User) -> Any:
        """Calculate in the background; the job tells how far it is."""
        return start_planning_run(run, by=by)

    @verb(
        permission="planning.run_planningrun",
        serializer=WhatIfInput,
        response=WhatIfOutput,
        detail=False,
    )
    def what_if(self, *, by: User, **given: Any) -> dict[str, Any]:
        """Plan and schedule with other demand, lead times or capacity; nothing of it is kept."""
        return what_if_answer(by=by, **given)

    @verb(
        permission="planning.run_planningrun",
        serializer=ReplanInput,
        response=ReplanOutput,
        detail=False,
    )
    def replan(
        self, *, company: Company, site: Site, items: list[Item], by: User
    ) -> dict[str, Any]:
        """Plan a few items again, and what follows from them, within the current plan."""
        run, count = replan_items(company, site=site, items=items, by=by)
        return {"run": run.pk, "items_planned": count}

    @verb(permission="planning.run_planningrun")
    def cancel(self, run: PlanningRun, *, by: User) -> PlanningRun:
        return services.cancel_planning_run(run, by=by)
