from __future__ import annotations

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.masterdata.models import Partner
from apps.masterdata.resources import PartnerResource


class PartnerSerializer(StrictModelSerializer):
    class Meta:
        model = Partner
        fields = (
            *MASTER_DATA_FIELDS,
            "is_customer",
            "is_supplier",
            "is_carrier",
            "currency",
            "payment_days",
            "payment_terms",
            "tax_number",
            "registration_number",
            "electronic_address",
            "electronic_address_scheme",
            "email",
            "phone",
            "address",
            "delivery_address",
            "country",
            "language",
            *AUDIT_FIELDS,
        )


class PartnerViewSet(MasterDataViewSet):
    serializer_class = PartnerSerializer
    resource_class = PartnerResource
    filterset_fields = (
        "code",
        "is_active",
        "is_customer",
        "is_supplier",
        "is_carrier",
        "currency",
        "country",
    )
