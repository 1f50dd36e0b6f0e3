from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import Any

from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import ChoiceField, DateField, DecimalField, TextField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import Company, User
from apps.finance.api.vouchers import ReverseInput
from apps.finance.models import (
    Account,
    AccrualPart,
    AccrualPosting,
    AccrualSchedule,
    CostObject,
    InvoiceLine,
)
from apps.finance.services.accrual_parts import OwnAmount
from apps.finance.services.accrual_postings import post_due_parts, reverse_posting
from apps.finance.services.accruals import (
    cancel_schedule,
    change_schedule,
    draft_schedule,
    schedule_invoice_line,
    start_schedule,
)


class AccrualPartSerializer(StrictModelSerializer):
    class Meta:
        model = AccrualPart
        fields = ("date", "amount")


class AccrualScheduleSerializer(StrictModelSerializer):
    """``parts`` are given for own amounts only; otherwise they are counted."""

    parts = AccrualPartSerializer(many=True, required=False)

    class Meta:
        model = AccrualSchedule
        fields = (
            "id",
            "company",
            "number",
            "status",
            "kind",
            "description",
            "amount",
            "starts_on",
            "ends_on",
            "method",
            "balance_account",
            "result_account",
            "cost_object",
            "partner",
            "invoice_line",
            "parts",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "invoice_line")


class ScheduleLineInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    invoice_line = ReferenceField(InvoiceLine)
    description = TextField(max_length=200, required=False)
    amount = DecimalField(positive=True, required=False, decimal_places=4)
    starts_on = DateField()
    ends_on = DateField()
    method = ChoiceField(choices=AccrualSchedule.Method.choices, required=False)
    balance_account = ReferenceField(Account)
    result_account = ReferenceField(Account)
    cost_object = ReferenceField(CostObject, required=False)
    parts = AccrualPartSerializer(many=True, required=False)


class PostDueInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    until = DateField()
    late_on = DateField(required=False)


class CancelScheduleInput(StrictSerializer):
    reason = TextField(max_length=500)
    date = DateField(required=False)


class AccrualPostingSerializer(StrictModelSerializer):
    class Meta:
        model = AccrualPosting
        fields = (
            "id",
            "company",
            "number",
            "status",
            "part",
            "date",
            "amount",
            "entry",
            *AUDIT_FIELDS,
        )
        read_only_fields = fields


class AccrualScheduleViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Cost and revenue spread over the months they belong to."""

    serializer_class = AccrualScheduleSerializer
    prefetch_related = ("parts",)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "kind": ["exact"],
        "partner": ["exact"],
        "starts_on": ["exact", "gte", "lte"],
        "ends_on": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "number", "starts_on")
    search_fields = ("number", "description")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> AccrualSchedule:
        return draft_schedule(parts=_own(values.pop("parts", ())), by=by, **values)

    def perform_update(
        self,
        row: AccrualSchedule,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> AccrualSchedule:
        given = values.pop("parts", None)
        parts = None if given is None else _own(given)
        return change_schedule(row, parts=parts, version=version, by=by, **values)

    @verb(
        permission="finance.add_accrualschedule",
        serializer=ScheduleLineInput,
        detail=False,
        status=201,
    )
    def from_invoice_line(
        self, *, company: Company, invoice_line: InvoiceLine, by: User, **given: Any
    ) -> AccrualSchedule:
        """Defer what a line of a posted invoice or bill says."""
        parts = _own(given.pop("parts", ()))
        return schedule_invoice_line(invoice_line, parts=parts, by=by, **given)

    @verb(
        permission="finance.post_accrualschedule",
        serializer=PostDueInput,
        response=AccrualPostingSerializer,
        detail=False,
        lists=True,
    )
    def post_due(
        self, *, company: Company, until: datetime.date, by: User, **given: Any
    ) -> list[AccrualPosting]:
        """Post all months that ended by a day and are not posted; asking again posts nothing."""
        return post_due_parts(company, until=until, by=by, **given)

    @verb(permission="finance.post_accrualschedule")
    def start(self, schedule: AccrualSchedule, *, by: User) -> AccrualSchedule:
        """From now on its months are due."""
        return start_schedule(schedule, by=by)

    @verb(permission="finance.change_accrualschedule", serializer=CancelScheduleInput)
    def cancel(
        self, schedule: AccrualSchedule, *, reason: str, by: User, **given: Any
    ) -> AccrualSchedule:
        """Give it up; nothing may be posted."""
        return cancel_schedule(schedule, reason=reason, by=by, **given)


class AccrualPostingViewSet(DocumentViewSet):
    """Months that were posted."""

    serializer_class = AccrualPostingSerializer
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "part": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date", "number")

    @verb(permission="finance.reverse_accrualposting", serializer=ReverseInput)
    def reverse(
        self, posting: AccrualPosting, *, date: datetime.date, reason: str, by: User
    ) -> AccrualPosting:
        """Take a month of a deferral back; it is due again."""
        return reverse_posting(posting, date=date, reason=reason, by=by)


def _own(given: Sequence[dict[str, Any]]) -> list[OwnAmount]:
    return [OwnAmount(**part) for part in given]
