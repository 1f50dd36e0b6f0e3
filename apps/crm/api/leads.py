from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.serializers import ListField

from apps.core.api.answers import listed, shape_of
from apps.core.api.bases import DocumentViewSet
from apps.core.api.fields import DateField, DecimalField, TextField
from apps.core.api.imports import ImportActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer, StrictSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.crm.api.inputs import ChainActions, OutcomeInput
from apps.crm.api.opportunities import OpportunitySerializer
from apps.crm.api.sales_orders import ReasonInput
from apps.crm.models import Lead, Opportunity, OpportunityStage, OutcomeReason
from apps.crm.queries.pipeline import Duplicate, duplicates_of
from apps.crm.resources import LeadResource
from apps.crm.services.leads import (
    convert_lead,
    create_lead,
    lose_lead,
    merge_leads,
    qualify_lead,
    reopen_lead,
    update_lead,
)
from apps.masterdata.models import Partner


class ConvertLeadInput(StrictSerializer):
    name = TextField(max_length=200, required=False)
    partner = ReferenceField(Partner, required=False)
    partner_code = TextField(max_length=60, required=False)
    value = DecimalField(decimal_places=4, required=False)
    stage = ReferenceField(OpportunityStage, required=False)
    expected_close = DateField(required=False)


class MergeLeadsInput(StrictSerializer):
    duplicates = ListField(child=ReferenceField(Lead), min_length=1, max_length=50)
    reason = TextField(max_length=500, required=False)


class LeadSerializer(StrictModelSerializer):
    class Meta:
        model = Lead
        fields = (
            "id",
            "company",
            "number",
            "status",
            "name",
            "organisation",
            "email",
            "phone",
            "country",
            "source",
            "note",
            "partner",
            "owner",
            "outcome_reason",
            "merged_into",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "outcome_reason", "merged_into")


class LeadViewSet(ChainActions, CreateMixin, UpdateMixin, ImportActions, DocumentViewSet):
    """Who may become a customer: qualify, merge duplicates, convert or lose."""

    serializer_class = LeadSerializer
    resource_class = LeadResource
    create_service = staticmethod(create_lead)
    update_service = staticmethod(update_lead)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "source": ["exact"],
        "owner": ["exact"],
        "partner": ["exact"],
        "email": ["exact"],
    }
    search_fields = ("number", "name", "organisation", "email")

    @verb(permission="crm.convert_lead")
    def qualify(self, lead: Lead, *, by: User) -> Lead:
        return qualify_lead(lead, by=by)

    @verb(
        permission="crm.convert_lead",
        serializer=ConvertLeadInput,
        response=OpportunitySerializer,
        status=201,
    )
    def convert(self, lead: Lead, *, by: User, **values: Any) -> Opportunity:
        return convert_lead(lead, by=by, **values)

    @verb(permission="crm.convert_lead", serializer=OutcomeInput)
    def lose(self, lead: Lead, *, outcome_reason: OutcomeReason, by: User) -> Lead:
        return lose_lead(lead, outcome_reason=outcome_reason, by=by)

    @verb(permission="crm.convert_lead", serializer=ReasonInput)
    def reopen(self, lead: Lead, *, reason: str, by: User) -> Lead:
        return reopen_lead(lead, reason=reason, by=by)

    @verb(permission="crm.merge_lead", serializer=MergeLeadsInput)
    def merge(self, lead: Lead, *, duplicates: list[Lead], by: User, reason: str = "") -> Lead:
        return merge_leads(lead, duplicates=duplicates, reason=reason, by=by)

    @extend_schema(responses=listed(shape_of(Duplicate)), filters=False)
    @action(detail=True, methods=["get"], pagination_class=None)
    def duplicates(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Leads that may be the same person or organisation."""
        rows = duplicates_of(self.get_object())
        return Response({"results": [asdict(row) for row in rows], "next": None})

    duplicates.required_permissions = ("view",)  # type: ignore[attr-defined]
