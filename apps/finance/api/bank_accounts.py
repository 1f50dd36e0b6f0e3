from __future__ import annotations

from typing import Any

from apps.core.api.bases import MasterDataViewSet
from apps.core.api.jobs import JobSerializer
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.models import User
from apps.finance.jobs import start_matching
from apps.finance.models import BankAccount, MatchRule
from apps.finance.resources import BankAccountResource, MatchRuleResource
from apps.finance.services.bank_accounts import (
    create_bank_account,
    create_match_rule,
    update_bank_account,
    update_match_rule,
)


class BankAccountSerializer(StrictModelSerializer):
    class Meta:
        model = BankAccount
        fields = (
            *MASTER_DATA_FIELDS,
            "number",
            "bic",
            "currency",
            "account",
            "journal",
            "opened_on",
            *AUDIT_FIELDS,
        )


class BankAccountViewSet(MasterDataViewSet):
    serializer_class = BankAccountSerializer
    resource_class = BankAccountResource
    create_service = staticmethod(create_bank_account)
    update_service = staticmethod(update_bank_account)
    filterset_fields = ("code", "is_active", "number", "currency", "account")

    @verb(permission="finance.match_bankline", response=JobSerializer, status=202)
    def match_automatically(self, account: BankAccount, *, by: User) -> Any:
        """Match in the background what is beyond doubt; the job tells how far it is."""
        return start_matching(account, by=by)


class MatchRuleSerializer(StrictModelSerializer):
    class Meta:
        model = MatchRule
        fields = (
            *MASTER_DATA_FIELDS,
            "priority",
            "bank_account",
            "text_contains",
            "name_contains",
            "iban",
            "bank_code",
            "sign",
            "least",
            "most",
            "action",
            "account",
            "partner",
            "cost_object",
            "reference_pattern",
            "is_automatic",
            *AUDIT_FIELDS,
        )


class MatchRuleViewSet(MasterDataViewSet):
    """What to do with lines that say something; asked in the order of ``priority``."""

    serializer_class = MatchRuleSerializer
    resource_class = MatchRuleResource
    create_service = staticmethod(create_match_rule)
    update_service = staticmethod(update_match_rule)
    filterset_fields = ("code", "is_active", "bank_account", "action", "is_automatic")
    ordering = "priority"
    ordering_fields = ("id", "code", "name", "priority")
