from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet, LedgerViewSet
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.quality.api.inputs import (
    CompleteInput,
    FinishActionsInput,
    JudgeInput,
    ReasonInput,
    RootCauseInput,
    StepsInput,
)
from apps.quality.models import CorrectiveAction, CorrectiveStep
from apps.quality.services import corrective_actions as services

WORK, CLOSE = "quality.work_correctiveaction", "quality.close_correctiveaction"


class CorrectiveStepSerializer(StrictModelSerializer):
    class Meta:
        model = CorrectiveStep
        fields = (
            "id",
            "company",
            "action",
            "kind",
            "what",
            "owner",
            "due_on",
            "done_on",
            "result",
        )
        read_only_fields = fields


class CorrectiveActionSerializer(StrictModelSerializer):
    steps = CorrectiveStepSerializer(many=True, read_only=True)

    class Meta:
        model = CorrectiveAction
        fields = (
            "id",
            "company",
            "number",
            "status",
            "title",
            "nonconformance",
            "owner",
            "team",
            "due_on",
            "problem",
            "containment",
            "root_cause",
            "why_not_found",
            "check_on",
            "evidence",
            "is_effective",
            "steps",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "root_cause",
            "why_not_found",
            "check_on",
            "evidence",
            "is_effective",
        )


class CorrectiveActionViewSet(CreateMixin, DocumentViewSet):
    """Corrective and preventive actions, from the problem to proof that it is gone."""

    serializer_class = CorrectiveActionSerializer
    prefetch_related = ("steps__owner",)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "owner": ["exact"],
        "nonconformance": ["exact"],
        "due_on": ["exact", "gte", "lte"],
    }
    search_fields = ("number", "title")
    ordering_fields = ("id", "due_on")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> CorrectiveAction:
        return services.open_corrective_action(values.pop("company"), by=by, **values)

    @verb(permission=WORK, serializer=RootCauseInput)
    def root_cause(self, action: Any, *, by: User, **values: Any) -> CorrectiveAction:
        return services.find_root_cause(action, by=by, **values)

    @verb(permission=WORK, serializer=StepsInput)
    def plan(self, action: Any, *, steps: list[dict[str, Any]], by: User) -> CorrectiveAction:
        """Say who does what by when."""
        return services.plan_steps(action, steps=[services.Step(**one) for one in steps], by=by)

    @verb(permission=WORK, serializer=FinishActionsInput)
    def finish(self, action: Any, *, check_on: datetime.date, by: User) -> CorrectiveAction:
        """All steps are done; look on a day whether they have worked."""
        return services.finish_actions(action, check_on=check_on, by=by)

    @verb(permission=CLOSE, serializer=JudgeInput)
    def judge(self, action: Any, *, by: User, **values: Any) -> CorrectiveAction:
        """It has worked and is closed, or the cause is looked for again."""
        return services.judge_effectiveness(action, by=by, **values)

    @verb(permission=CLOSE, serializer=ReasonInput)
    def reopen(self, action: Any, *, reason: str, by: User) -> CorrectiveAction:
        return services.reopen_corrective_action(action, reason=reason, by=by)

    @verb(permission=CLOSE, serializer=ReasonInput)
    def cancel(self, action: Any, *, reason: str, by: User) -> CorrectiveAction:
        return services.cancel_corrective_action(action, reason=reason, by=by)


class CorrectiveStepViewSet(LedgerViewSet):
    """What is to be done by whom; written through its corrective action."""

    serializer_class = CorrectiveStepSerializer
    filterset_fields = {
        "action": ["exact"],
        "owner": ["exact"],
        "due_on": ["gte", "lte"],
        "done_on": ["isnull"],
    }

    @verb(permission=WORK, serializer=CompleteInput)
    def complete(self, step: Any, *, by: User, **values: Any) -> CorrectiveStep:
        return services.complete_step(step, by=by, **values)
