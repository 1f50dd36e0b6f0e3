from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Any

from rest_framework import serializers

from apps.core.api.bases import DocumentViewSet, MasterDataViewSet
from apps.core.api.fields import TextField, TimestampField
from apps.core.api.questions import question
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin
from apps.core.models import Company, Site, User
from apps.execution.api.inputs import ReasonInput
from apps.execution.models import AndonCall, AndonCategory, AndonStep
from apps.execution.queries.andon import response_times
from apps.execution.resources import AndonCategoryResource
from apps.execution.services.andon import (
    acknowledge_andon,
    call_andon,
    cancel_andon,
    resolve_andon,
)
from apps.execution.services.andon_categories import (
    StepLine,
    create_andon_category,
    update_andon_category,
)


class AndonStepSerializer(StrictModelSerializer):
    class Meta:
        model = AndonStep
        fields = ("id", "level", "after_minutes", "role", "user")


class AndonCategorySerializer(StrictModelSerializer):
    steps = AndonStepSerializer(many=True, required=False)

    class Meta:
        model = AndonCategory
        fields = (*MASTER_DATA_FIELDS, "colour", "calls_maintenance", "steps", *AUDIT_FIELDS)


class AndonCategoryViewSet(MasterDataViewSet):
    """What help can be called for, each with the ladder of those who are told."""

    serializer_class = AndonCategorySerializer
    resource_class = AndonCategoryResource
    prefetch_related = ("steps",)
    filterset_fields = ("code", "is_active", "colour", "calls_maintenance")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> AndonCategory:
        return create_andon_category(by=by, reason=reason, **_ladder(values))

    def perform_update(
        self,
        row: AndonCategory,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> AndonCategory:
        return update_andon_category(row, version=version, by=by, reason=reason, **_ladder(values))


def _ladder(values: dict[str, Any]) -> dict[str, Any]:
    if "steps" not in values:
        return values
    return values | {"steps": [StepLine(**line) for line in values["steps"]]}


class AndonCallSerializer(StrictModelSerializer):
    called_at = TimestampField(required=False)

    class Meta:
        model = AndonCall
        fields = (
            "id",
            "company",
            "number",
            "status",
            "category",
            "site",
            "machine",
            "operation",
            "note",
            "level",
            "called_at",
            "called_by",
            "acknowledged_at",
            "acknowledged_by",
            "resolved_at",
            "resolved_by",
            "resolution",
            "request",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "site",
            "level",
            "acknowledged_at",
            "acknowledged_by",
            "resolved_at",
            "resolved_by",
            "resolution",
            "request",
        )


class ResolutionInput(StrictSerializer):
    resolution = TextField(max_length=500)


class ResponseTimesQuery(StrictSerializer):
    company = CompanyField()
    since = TimestampField()
    until = TimestampField()


class ResponseTimeOutput(serializers.Serializer):
    category_id = serializers.IntegerField()
    category = serializers.CharField()
    category_name = serializers.CharField()
    work_centre_id = serializers.IntegerField()
    work_centre = serializers.CharField()
    calls = serializers.IntegerField()
    waiting = serializers.IntegerField()
    highest_level = serializers.IntegerField()
    minutes_to_acknowledge = serializers.DecimalField(12, 2, allow_null=True)
    minutes_to_resolve = serializers.DecimalField(12, 2, allow_null=True)


class AndonCallViewSet(CreateMixin, DocumentViewSet):
    """Calls for help from the shop floor. ``response-times/`` tells how soon it came."""

    serializer_class = AndonCallSerializer
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "category": ["exact"],
        "site": ["exact"],
        "machine": ["exact"],
        "called_at": ["gte", "lt"],
    }
    ordering_fields = ("id", "called_at")
    search_fields = ("number", "note", "resolution")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> AndonCall:
        values.pop("company")
        return call_andon(
            values.pop("machine"),
            employee=values.pop("called_by", None),
            at=values.pop("called_at", None),
            by=by,
            reason=reason,
            **values,
        )

    @verb(permission="execution.respond_andoncall")
    def acknowledge(self, call: AndonCall, *, by: User) -> AndonCall:
        return acknowledge_andon(call, by=by)

    @verb(permission="execution.respond_andoncall", serializer=ResolutionInput)
    def resolve(self, call: AndonCall, *, resolution: str, by: User) -> AndonCall:
        return resolve_andon(call, resolution=resolution, by=by)

    @verb(permission="execution.cancel_andoncall", serializer=ReasonInput)
    def cancel(self, call: AndonCall, *, reason: str, by: User) -> AndonCall:
        return cancel_andon(call, reason=reason, by=by)

    def response_times(
        self, *, company: Company, since: datetime.datetime, until: datetime.datetime
    ) -> list[dict[str, Any]]:
        """Mean minutes until somebody came and until it was done, by category and work centre."""
        sites = Site.objects.visible_to(self.request.user).filter(company=company)
        keys = list(sites.values_list("pk", flat=True))
        return [asdict(row) for row in response_times(company, keys, since=since, until=until)]

    response_times = question(
        "response-times", ResponseTimesQuery, "execution.view_andoncall", row=ResponseTimeOutput
    )(response_times)
    response_times.kwargs["query_parameters"] = ("company", "since", "until")
