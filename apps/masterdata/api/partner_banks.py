from __future__ import annotations

from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.masterdata.models import PartnerBankAccount
from apps.masterdata.services.partner_banks import (
    create_partner_bank_account,
    update_partner_bank_account,
)


class PartnerBankAccountSerializer(StrictModelSerializer):
    class Meta:
        model = PartnerBankAccount
        fields = (
            "id",
            "company",
            "partner",
            "iban",
            "account_number",
            "bic",
            "currency",
            "holder",
            "is_default",
            "is_active",
            "account_changed_at",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("account_changed_at",)


class PartnerBankAccountViewSet(CreateMixin, UpdateMixin, CompanyViewSet):
    """Where partners are paid; each change is in the history."""

    serializer_class = PartnerBankAccountSerializer
    create_service = staticmethod(create_partner_bank_account)
    update_service = staticmethod(update_partner_bank_account)
    takes_reason = True
    filterset_fields = ("partner", "iban", "account_number", "currency", "is_active")
    ordering = "id"
    ordering_fields = ("id",)
