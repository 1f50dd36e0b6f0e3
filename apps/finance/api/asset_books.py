from __future__ import annotations

import datetime
from typing import Any

from apps.core.api.bases import DocumentViewSet, LedgerViewSet, MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.core.models import User
from apps.finance.api.vouchers import ReverseInput
from apps.finance.asset_resources import AssetClassResource, DepreciationBookResource
from apps.finance.models import (
    AssetClass,
    AssetClassBook,
    AssetMovement,
    AssetUsage,
    DepreciationBook,
    DepreciationRun,
)
from apps.finance.services.asset_classes import (
    create_class,
    create_class_book,
    update_book,
    update_class,
    update_class_book,
)
from apps.finance.services.asset_usage import Usage, record_usage
from apps.finance.services.depreciation_runs import post_depreciation, reverse_depreciation


class DepreciationBookSerializer(StrictModelSerializer):
    class Meta:
        model = DepreciationBook
        fields = (*MASTER_DATA_FIELDS, "posts_to_ledger", *AUDIT_FIELDS)


class DepreciationBookViewSet(MasterDataViewSet):
    """Ways to count; one of them posts to the ledger."""

    serializer_class = DepreciationBookSerializer
    resource_class = DepreciationBookResource
    update_service = staticmethod(update_book)
    filterset_fields = ("code", "is_active", "posts_to_ledger")


class AssetClassSerializer(StrictModelSerializer):
    class Meta:
        model = AssetClass
        fields = (
            *MASTER_DATA_FIELDS,
            "asset_account",
            "depreciation_account",
            "expense_account",
            "gain_account",
            "loss_account",
            *AUDIT_FIELDS,
        )


class AssetClassViewSet(MasterDataViewSet):
    """Kinds of assets and the accounts they are kept on."""

    serializer_class = AssetClassSerializer
    resource_class = AssetClassResource
    create_service = staticmethod(create_class)
    update_service = staticmethod(update_class)
    filterset_fields = ("code", "is_active", "asset_account", "depreciation_account")


class AssetClassBookSerializer(StrictModelSerializer):
    class Meta:
        model = AssetClassBook
        fields = (
            "id",
            "company",
            "asset_class",
            "book",
            "method",
            "convention",
            "life_months",
            "rate",
            "factor",
            "residual_percent",
            *AUDIT_FIELDS,
        )


class AssetClassBookViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """What new assets of a class get in a book."""

    serializer_class = AssetClassBookSerializer
    create_service = staticmethod(create_class_book)
    update_service = staticmethod(update_class_book)
    takes_reason = True
    filterset_fields = ("asset_class", "book", "method")
    ordering = "id"
    ordering_fields = ("id",)


class AssetMovementSerializer(StrictModelSerializer):
    class Meta:
        model = AssetMovement
        fields = (
            "id",
            "company",
            "asset",
            "book",
            "kind",
            "event",
            "date",
            "cost",
            "depreciation",
            "surplus",
            "result",
            "proceeds",
            "entry",
            "reverses",
            "created_at",
        )


class AssetMovementViewSet(LedgerViewSet):
    """The register of assets: every change of what they are carried at."""

    serializer_class = AssetMovementSerializer
    filterset_fields = {
        "asset": ["exact"],
        "book": ["exact"],
        "kind": ["exact"],
        "entry": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")


class AssetUsageSerializer(StrictModelSerializer):
    class Meta:
        model = AssetUsage
        fields = ("id", "company", "asset", "date", "units", "created_at")


class AssetUsageViewSet(CreateMixin, LedgerViewSet):
    """Units made since the reading before; a correction is another reading, below zero."""

    serializer_class = AssetUsageSerializer
    filterset_fields = {"asset": ["exact"], "date": ["exact", "gte", "lte"]}
    ordering_fields = ("id", "date")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> AssetUsage:
        company = values.pop("company")
        return record_usage(company, [Usage(**values)], by=by)[0]


class DepreciationRunSerializer(StrictModelSerializer):
    class Meta:
        model = DepreciationRun
        fields = (
            "id",
            "company",
            "number",
            "status",
            "book",
            "period",
            "date",
            "total",
            "assets",
            "entry",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "date", "total", "assets", "entry")
        extra_kwargs = {"book": {"required": False}}


class DepreciationRunViewSet(CreateMixin, DocumentViewSet):
    """``POST`` depreciates a period in the ledger's book, or in ``book``."""

    serializer_class = DepreciationRunSerializer
    create_service = staticmethod(post_depreciation)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact"],
        "book": ["exact"],
        "period": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")

    @verb(permission="finance.reverse_depreciationrun", serializer=ReverseInput)
    def reverse(
        self, run: DepreciationRun, *, date: datetime.date, reason: str, by: User
    ) -> DepreciationRun:
        """Take the run back; its period may then run again."""
        return reverse_depreciation(run, date=date, reason=reason, by=by)
