from __future__ import annotations

from typing import Any

from rest_framework import serializers

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.fields import TextField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    CompanyField,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.core.models import Company, User
from apps.finance.models import (
    Account,
    CostObject,
    Journal,
    PostingRule,
    StatementLine,
    TaxCode,
)
from apps.finance.resources import (
    AccountResource,
    CostObjectResource,
    JournalResource,
    StatementLineResource,
    TaxCodeResource,
)
from apps.finance.services.accounts import create_account, update_account
from apps.finance.services.chart import STANDARD, load_chart


class StatementLineSerializer(StrictModelSerializer):
    class Meta:
        model = StatementLine
        fields = (*MASTER_DATA_FIELDS, "statement", "parent", "position", "activity", *AUDIT_FIELDS)


class StatementLineViewSet(MasterDataViewSet):
    serializer_class = StatementLineSerializer
    resource_class = StatementLineResource
    filterset_fields = ("code", "is_active", "statement", "parent")
    ordering = "position"
    ordering_fields = ("id", "code", "name", "position")


class AccountSerializer(StrictModelSerializer):
    class Meta:
        model = Account
        fields = (*MASTER_DATA_FIELDS, "kind", "control", "statement_line", *AUDIT_FIELDS)


class LoadChartInput(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    chart = TextField(default=STANDARD, max_length=60)


class LoadChartOutput(serializers.Serializer):
    company = serializers.IntegerField()
    chart = serializers.CharField()
    accounts = serializers.IntegerField()


class AccountViewSet(MasterDataViewSet):
    serializer_class = AccountSerializer
    resource_class = AccountResource
    create_service = staticmethod(create_account)
    update_service = staticmethod(update_account)
    filterset_fields = ("code", "is_active", "kind", "control", "statement_line")

    @verb(
        permission="finance.add_account",
        serializer=LoadChartInput,
        response=LoadChartOutput,
        detail=False,
        status=201,
    )
    def load_chart(self, *, company: Company, chart: str, by: User) -> dict[str, Any]:
        """Give an empty company accounts, journals, tax codes and posting rules."""
        accounts = load_chart(company, chart=chart, by=by)
        return {"company": company.pk, "chart": chart, "accounts": len(accounts)}


class JournalSerializer(StrictModelSerializer):
    class Meta:
        model = Journal
        fields = (*MASTER_DATA_FIELDS, "module", *AUDIT_FIELDS)


class JournalViewSet(MasterDataViewSet):
    serializer_class = JournalSerializer
    resource_class = JournalResource
    filterset_fields = ("code", "is_active", "module")


class CostObjectSerializer(StrictModelSerializer):
    class Meta:
        model = CostObject
        fields = (*MASTER_DATA_FIELDS, "kind", *AUDIT_FIELDS)


class CostObjectViewSet(MasterDataViewSet):
    serializer_class = CostObjectSerializer
    resource_class = CostObjectResource
    filterset_fields = ("code", "is_active", "kind")


class TaxCodeSerializer(StrictModelSerializer):
    class Meta:
        model = TaxCode
        fields = (
            *MASTER_DATA_FIELDS,
            "rate",
            "treatment",
            "category",
            "exemption_reason",
            "sales_account",
            "purchase_account",
            *AUDIT_FIELDS,
        )


class TaxCodeViewSet(MasterDataViewSet):
    serializer_class = TaxCodeSerializer
    resource_class = TaxCodeResource
    filterset_fields = ("code", "is_active", "treatment", "category")


class PostingRuleSerializer(StrictModelSerializer):
    class Meta:
        model = PostingRule
        fields = ("id", "company", "role", "category", "reason", "account", *AUDIT_FIELDS)


class PostingRuleViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Which account plays which role; the most exact rule wins."""

    serializer_class = PostingRuleSerializer
    filterset_fields = ("role", "category", "reason", "account")
    ordering = "role"
    ordering_fields = ("id", "role")
