from __future__ import annotations

from apps.core.api.imports import ImportActions
from apps.core.api.serializers import AUDIT_FIELDS, StrictModelSerializer
from apps.core.api.views import CompanyViewSet, CreateMixin, UpdateMixin
from apps.hr.models import Contract, PayFact
from apps.hr.resources import ContractResource, PayFactResource
from apps.hr.services.contracts import create_contract, update_contract
from apps.hr.services.pay_facts import create_pay_fact, update_pay_fact


class ContractSerializer(StrictModelSerializer):
    class Meta:
        model = Contract
        fields = (
            "id",
            "company",
            "employee",
            "effective_from",
            "effective_to",
            "basis",
            "rate",
            "hours_per_week",
            "structure",
            "cost_centre",
            *AUDIT_FIELDS,
        )


class ContractViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """Terms of employees, one version at a time. New terms are a new contract."""

    serializer_class = ContractSerializer
    resource_class = ContractResource
    create_service = staticmethod(create_contract)
    update_service = staticmethod(update_contract)
    takes_reason = True
    filterset_fields = {
        "employee": ["exact"],
        "structure": ["exact"],
        "basis": ["exact"],
        "effective_from": ["exact", "gte", "lte"],
        "effective_to": ["isnull", "gte", "lte"],
    }
    ordering_fields = ("id", "effective_from")


class PayFactSerializer(StrictModelSerializer):
    class Meta:
        model = PayFact
        fields = ("id", "company", "employee", "code", "effective_from", "value", *AUDIT_FIELDS)


class PayFactViewSet(CreateMixin, UpdateMixin, ImportActions, CompanyViewSet):
    """What formulas are told about an employee from a day on."""

    serializer_class = PayFactSerializer
    resource_class = PayFactResource
    create_service = staticmethod(create_pay_fact)
    update_service = staticmethod(update_pay_fact)
    takes_reason = True
    filterset_fields = ("employee", "code")
