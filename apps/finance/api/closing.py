from __future__ import annotations

from typing import Any

from apps.core.api.bases import DocumentViewSet, MasterDataViewSet
from apps.core.api.fields import TextField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import User
from apps.finance.api.periods import ReasonInput
from apps.finance.models import CloseStep, CloseTask, PeriodClose
from apps.finance.resources import CloseTaskResource
from apps.finance.services.close_tasks import create_close_task, update_close_task
from apps.finance.services.closing import (
    check_all_steps,
    check_step,
    confirm_step,
    except_step,
    finish_close,
    reopen_close,
    start_close,
)


class CloseTaskSerializer(StrictModelSerializer):
    class Meta:
        model = CloseTask
        fields = (*MASTER_DATA_FIELDS, "position", "check_code", "owner", *AUDIT_FIELDS)


class CloseTaskViewSet(MasterDataViewSet):
    """Steps of every close."""

    serializer_class = CloseTaskSerializer
    resource_class = CloseTaskResource
    create_service = staticmethod(create_close_task)
    update_service = staticmethod(update_close_task)
    filterset_fields = ("code", "is_active", "check_code")


class CloseStepSerializer(StrictModelSerializer):
    class Meta:
        model = CloseStep
        fields = (
            "id",
            "company",
            "close",
            "task",
            "position",
            "status",
            "check_code",
            "figure",
            "count",
            "findings",
            "remark",
            "done_by",
            "done_at",
            *AUDIT_FIELDS,
        )
        read_only_fields = fields


class RemarkInput(StrictSerializer):
    remark = TextField(max_length=500)


class CloseStepViewSet(DocumentViewSet):
    """Steps of closes; made when a close is started."""

    serializer_class = CloseStepSerializer
    filterset_fields = ("close", "task", "status")
    ordering_fields = ("id", "position")

    @verb(permission="finance.change_closestep")
    def check(self, step: CloseStep, *, by: User) -> CloseStep:
        """Run its check."""
        return check_step(step, by=by)

    @verb(permission="finance.change_closestep", serializer=RemarkInput)
    def confirm(self, step: CloseStep, *, remark: str, by: User) -> CloseStep:
        """Confirm a step that no machine checks."""
        return confirm_step(step, remark=remark, by=by)

    @verb(permission="finance.except_closestep", serializer=ReasonInput)
    def accept(self, step: CloseStep, *, reason: str, by: User) -> CloseStep:
        """Accept what a failed step found, as it stands."""
        return except_step(step, reason=reason, by=by)


class PeriodCloseSerializer(StrictModelSerializer):
    class Meta:
        model = PeriodClose
        fields = ("id", "company", "period", "status", *AUDIT_FIELDS)
        read_only_fields = ("status",)


class PeriodCloseViewSet(CreateMixin, DocumentViewSet):
    """``POST`` starts the close of a period with the company's tasks as steps."""

    serializer_class = PeriodCloseSerializer
    filterset_fields = ("period", "status")
    ordering_fields = ("id",)

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> PeriodClose:
        return start_close(values["period"], by=by)

    @verb(permission="finance.change_closestep")
    def check(self, close: PeriodClose, *, by: User) -> PeriodClose:
        """Run every check again."""
        return check_all_steps(close, by=by)

    @verb(permission="finance.finish_periodclose")
    def finish(self, close: PeriodClose, *, by: User) -> PeriodClose:
        """Run every check once more and lock the period."""
        return finish_close(close, by=by)

    @verb(permission="finance.reopen_periodclose", serializer=ReasonInput)
    def reopen(self, close: PeriodClose, *, reason: str, by: User) -> PeriodClose:
        """Open the period again."""
        return reopen_close(close, reason=reason, by=by)
