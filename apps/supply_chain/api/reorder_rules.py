from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.fields import DecimalField
from apps.core.api.imports import ImportActions
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.core.models import Company, User
from apps.supply_chain.models import ReorderRule
from apps.supply_chain.services.reorder_rules import (
    Chosen,
    Made,
    create_reorder_rule,
    order_suggestions,
    update_reorder_rule,
)
from apps.supply_chain.supplier_resources import ReorderRuleResource


class ReorderRuleSerializer(StrictModelSerializer):
    class Meta:
        model = ReorderRule
        fields = (
            "id",
            "company",
            "item",
            "site",
            "method",
            "minimum",
            "maximum",
            "service_level_percent",
            "review_days",
            "history_days",
            "is_active",
            *AUDIT_FIELDS,
        )


class ChosenInput(StrictSerializer):
    """A rule whose suggestion is taken; ``quantity`` (stock units) when not all of it."""

    rule = ReferenceField(ReorderRule)
    quantity = DecimalField(required=False, positive=True)


class TakeInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    suggestions = ChosenInput(many=True)


class ReorderDraft(serializers.Serializer):
    id = serializers.IntegerField()
    number = serializers.CharField()
    status = serializers.CharField()


class ReorderDrafts(serializers.Serializer):
    requisitions = ReorderDraft(many=True)
    purchase_orders = ReorderDraft(many=True)


class ReorderRuleViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """When items are bought again, and how much.

    What the rules come to is at ``purchasing/reorder-suggestions/``; ``requisition/`` and
    ``order/`` turn suggestions into requisitions or purchase orders, all or none.
    """

    serializer_class = ReorderRuleSerializer
    resource_class = ReorderRuleResource
    create_service = staticmethod(create_reorder_rule)
    update_service = staticmethod(update_reorder_rule)
    takes_reason = True
    filterset_fields = ("item", "site", "method", "is_active")
    search_fields = ("item__code", "item__name")
    ordering = "id"

    @verb(
        permission="supply_chain.add_requisition",
        serializer=TakeInput,
        response=ReorderDrafts,
        detail=False,
        status=201,
    )
    def requisition(
        self, *, company: Company, suggestions: list[dict[str, Any]], by: User
    ) -> dict[str, Any]:
        """Draft a requisition per site."""
        return _told(_take(company, suggestions, as_orders=False, by=by))

    @verb(
        permission="supply_chain.add_purchaseorder",
        serializer=TakeInput,
        response=ReorderDrafts,
        detail=False,
        status=201,
    )
    def order(
        self, *, company: Company, suggestions: list[dict[str, Any]], by: User
    ) -> dict[str, Any]:
        """Draft a purchase order per supplier and site."""
        return _told(_take(company, suggestions, as_orders=True, by=by))


def _take(
    company: Company, suggestions: list[dict[str, Any]], *, as_orders: bool, by: User
) -> Made:
    chosen = [Chosen(**one) for one in suggestions]
    return order_suggestions(company, chosen, as_orders=as_orders, by=by)


def _told(made: Made) -> dict[str, Any]:
    return {
        name: [{"id": row.pk, "number": row.number, "status": row.status} for row in rows]
        for name, rows in (
            ("requisitions", made.requisitions),
            ("purchase_orders", made.purchase_orders),
        )
    }
