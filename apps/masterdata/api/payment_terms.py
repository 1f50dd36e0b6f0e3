from __future__ import annotations

from typing import Any

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.models import User
from apps.masterdata.models import PaymentInstalment, PaymentTerms
from apps.masterdata.payment_days import Share
from apps.masterdata.resources import PaymentTermsResource
from apps.masterdata.services.payment_terms import change_payment_terms, create_payment_terms


class PaymentInstalmentSerializer(StrictModelSerializer):
    class Meta:
        model = PaymentInstalment
        fields = ("share", "days", "day_of_month")


class PaymentTermsSerializer(StrictModelSerializer):
    instalments = PaymentInstalmentSerializer(many=True)

    class Meta:
        model = PaymentTerms
        fields = (
            *MASTER_DATA_FIELDS,
            "discount_percent",
            "discount_days",
            "discount_corrects_tax",
            "instalments",
            *AUDIT_FIELDS,
        )


class PaymentTermsViewSet(MasterDataViewSet):
    """Payment terms with their instalments, whose shares sum to 100."""

    serializer_class = PaymentTermsSerializer
    resource_class = PaymentTermsResource
    prefetch_related = ("instalments",)
    filterset_fields = ("code", "is_active")

    def perform_create(self, values: dict[str, Any], *, by: User, reason: str) -> PaymentTerms:
        instalments = _shares(values.pop("instalments"))
        return create_payment_terms(**values, instalments=instalments, by=by, reason=reason)

    def perform_update(
        self,
        row: PaymentTerms,
        values: dict[str, Any],
        *,
        version: int | None,
        by: User,
        reason: str,
    ) -> PaymentTerms:
        given = values.pop("instalments", None)
        instalments = None if given is None else _shares(given)
        return change_payment_terms(
            row, **values, instalments=instalments, version=version, by=by, reason=reason
        )


def _shares(given: list[dict[str, Any]]) -> list[Share]:
    return [Share(one["share"], one.get("days", 0), one.get("day_of_month")) for one in given]
