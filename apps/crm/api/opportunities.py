from __future__ import annotations

from typing import Any

from apps.core.api.bases import DocumentViewSet, LedgerViewSet, MasterDataViewSet
from apps.core.api.fields import DateField, DecimalField
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import Site, User
from apps.crm.api.inputs import ChainActions, MaybeOutcomeInput, OutcomeInput
from apps.crm.api.quotations import QuotationSerializer
from apps.crm.api.sales_orders import ReasonInput
from apps.crm.models import (
    Opportunity,
    OpportunityItem,
    OpportunityStage,
    OutcomeReason,
    Quotation,
    StageChange,
)
from apps.crm.resources import OpportunityStageResource
from apps.crm.services.opportunities import (
    Interest,
    create_opportunity,
    lose_opportunity,
    move_opportunity,
    reopen_opportunity,
    update_opportunity,
    win_opportunity,
)
from apps.crm.services.quotation_orders import quote_opportunity


class OpportunityStageSerializer(StrictModelSerializer):
    class Meta:
        model = OpportunityStage
        fields = (*MASTER_DATA_FIELDS, "position", "probability", *AUDIT_FIELDS)


class OpportunityStageViewSet(MasterDataViewSet):
    """The steps of the pipeline."""

    serializer_class = OpportunityStageSerializer
    resource_class = OpportunityStageResource
    filterset_fields = ("code", "is_active")


class OpportunityItemSerializer(StrictModelSerializer):
    class Meta:
        model = OpportunityItem
        fields = ("id", "position", "item", "quantity", "unit")
        extra_kwargs = {"position": {"required": False}}


class OpportunitySerializer(StrictModelSerializer):
    items = OpportunityItemSerializer(many=True, required=False)

    class Meta:
        model = Opportunity
        fields = (
            "id",
            "company",
            "number",
            "status",
            "name",
            "partner",
            "contact",
            "lead",
            "stage",
            "probability",
            "value",
            "currency",
            "expected_close",
            "owner",
            "note",
            "outcome_reason",
            "closed_on",
            "items",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "lead",
            "probability",
            "outcome_reason",
            "closed_on",
        )
        extra_kwargs = {name: {"required": False} for name in ("stage", "value", "currency")}


class MoveStageInput(StrictSerializer):
    stage = ReferenceField(OpportunityStage)


class QuoteOpportunityInput(StrictSerializer):
    site = ReferenceField(Site)
    valid_until = DateField(required=False)
    margin_percent = DecimalField(decimal_places=4, required=False)
    price_step = DecimalField(decimal_places=6, positive=True, required=False)


class OpportunityViewSet(ChainActions, CreateMixin, UpdateMixin, DocumentViewSet):
    """Business that may come: moved through the stages, quoted, won or lost."""

    serializer_class = OpportunitySerializer
    prefetch_related = ("items__item", "items__unit")
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "stage": ["exact"],
        "partner": ["exact"],
        "owner": ["exact"],
        "lead": ["exact"],
        "expected_close": ["exact", "gte", "lte"],
        "closed_on": ["gte", "lte"],
    }
    ordering_fields = ("id", "expected_close", "value")
    search_fields = ("number", "name")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> Opportunity:
        items = [Interest(**item) for item in values.pop("items", ())]
        return create_opportunity(items=items, by=by, **values)

    def perform_update(
        self,
        row: Opportunity,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> Opportunity:
        given = values.pop("items", None)
        items = None if given is None else [Interest(**item) for item in given]
        return update_opportunity(row, items=items, version=version, by=by, **values)

    @verb(permission="crm.change_opportunity", serializer=MoveStageInput)
    def move(self, opportunity: Opportunity, *, stage: OpportunityStage, by: User) -> Opportunity:
        return move_opportunity(opportunity, stage=stage, by=by)

    @verb(
        permission="crm.add_quotation",
        serializer=QuoteOpportunityInput,
        response=QuotationSerializer,
        status=201,
    )
    def quote(self, opportunity: Opportunity, *, by: User, **values: Any) -> Quotation:
        """A draft quotation with the items of the opportunity."""
        return quote_opportunity(opportunity, by=by, **values)

    @verb(permission="crm.close_opportunity", serializer=MaybeOutcomeInput)
    def win(
        self,
        opportunity: Opportunity,
        *,
        by: User,
        outcome_reason: OutcomeReason | None = None,
    ) -> Opportunity:
        return win_opportunity(opportunity, outcome_reason=outcome_reason, by=by)

    @verb(permission="crm.close_opportunity", serializer=OutcomeInput)
    def lose(
        self, opportunity: Opportunity, *, outcome_reason: OutcomeReason, by: User
    ) -> Opportunity:
        return lose_opportunity(opportunity, outcome_reason=outcome_reason, by=by)

    @verb(permission="crm.close_opportunity", serializer=ReasonInput)
    def reopen(self, opportunity: Opportunity, *, reason: str, by: User) -> Opportunity:
        return reopen_opportunity(opportunity, reason=reason, by=by)


class StageChangeSerializer(StrictModelSerializer):
    class Meta:
        model = StageChange
        fields = (
            "id",
            "company",
            "opportunity",
            "from_stage",
            "to_stage",
            "probability",
            "value",
            "created_at",
            "created_by",
        )


class StageChangeViewSet(LedgerViewSet):
    """Every step of every opportunity, as it was taken."""

    serializer_class = StageChangeSerializer
    filterset_fields = {
        "opportunity": ["exact"],
        "to_stage": ["exact"],
        "created_at": ["gte", "lte"],
    }
