from __future__ import annotations

from typing import Any

from apps.core.api.bases import CompanyViewSet, DocumentViewSet, LedgerViewSet, MasterDataViewSet
from apps.core.api.fields import TextField
from apps.core.api.serializers import (
    AUDIT_FIELDS,
    MASTER_DATA_FIELDS,
    StrictModelSerializer,
    StrictSerializer,
)
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.finance.models import TaxBox, TaxBoxTerm, TaxEntry, TaxReturn, TaxReturnLine
from apps.finance.resources import TaxBoxResource
from apps.finance.services.tax_returns import cancel_tax_return, draft_tax_return, file_tax_return


class TaxBoxSerializer(StrictModelSerializer):
    class Meta:
        model = TaxBox
        fields = (*MASTER_DATA_FIELDS, "position", *AUDIT_FIELDS)


class TaxBoxViewSet(MasterDataViewSet):
    """Boxes of the tax return."""

    serializer_class = TaxBoxSerializer
    resource_class = TaxBoxResource
    filterset_fields = ("code", "is_active")


class TaxBoxTermSerializer(StrictModelSerializer):
    class Meta:
        model = TaxBoxTerm
        fields = (
            "id",
            "company",
            "box",
            "tax_code",
            "side",
            "measure",
            "is_subtracted",
            *AUDIT_FIELDS,
        )


class TaxBoxTermViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """What a box sums."""

    serializer_class = TaxBoxTermSerializer
    filterset_fields = ("box", "tax_code", "side", "measure")
    ordering_fields = ("id",)


class TaxEntrySerializer(StrictModelSerializer):
    class Meta:
        model = TaxEntry
        fields = (
            "id",
            "company",
            "date",
            "entry",
            "tax_code",
            "side",
            "partner",
            "account",
            "base",
            "tax",
            "created_at",
        )


class TaxEntryViewSet(LedgerViewSet):
    """The tax ledger, in company currency."""

    serializer_class = TaxEntrySerializer
    filterset_fields = {
        "tax_code": ["exact"],
        "side": ["exact"],
        "partner": ["exact"],
        "entry": ["exact"],
        "date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "date")


class TaxReturnLineSerializer(StrictModelSerializer):
    class Meta:
        model = TaxReturnLine
        fields = ("box", "amount")
        read_only_fields = fields


class TaxReturnSerializer(StrictModelSerializer):
    lines = TaxReturnLineSerializer(many=True, read_only=True)

    class Meta:
        model = TaxReturn
        fields = (
            "id",
            "company",
            "number",
            "status",
            "starts_on",
            "ends_on",
            "reference",
            "payable",
            "entry",
            "lines",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "payable", "entry")


class FileInput(StrictSerializer):
    reference = TextField(max_length=60, required=False)


class TaxReturnViewSet(CreateMixin, DocumentViewSet):
    """Draft, then file: figures freeze and the tax moves to what is payable."""

    serializer_class = TaxReturnSerializer
    prefetch_related = ("lines__box",)
    filterset_fields = {"status": ["exact"], "ends_on": ["exact", "gte", "lte"]}
    ordering_fields = ("id", "ends_on", "number")
    search_fields = ("number", "reference")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> TaxReturn:
        return draft_tax_return(by=by, **values)

    @verb(permission="finance.file_taxreturn", serializer=FileInput)
    def file(self, tax_return: TaxReturn, *, by: User, reference: str = "") -> TaxReturn:
        return file_tax_return(tax_return, reference=reference, by=by)

    @verb(permission="finance.change_taxreturn")
    def cancel(self, tax_return: TaxReturn, *, by: User) -> TaxReturn:
        return cancel_tax_return(tax_return, by=by)
