from __future__ import annotations

from typing import Any

from apps.core.api.bases import DocumentViewSet, MasterDataViewSet
from apps.core.api.serializers import AUDIT_FIELDS, MASTER_DATA_FIELDS, StrictModelSerializer
from apps.core.api.verbs import verb
from apps.core.api.views import CreateMixin, UpdateMixin
from apps.core.models import User
from apps.crm.api.inputs import AnswerInput, SolutionInput
from apps.crm.api.sales_orders import ReasonInput
from apps.crm.models import Complaint, ServiceCase, WarrantyTerm
from apps.crm.resources import WarrantyTermResource
from apps.crm.services.complaints import (
    accept_complaint,
    close_complaint,
    open_complaint,
    reject_complaint,
    reopen_complaint,
    update_complaint,
)
from apps.crm.services.service_cases import (
    close_service_case,
    open_service_case,
    reopen_service_case,
    resume_service_case,
    solve_service_case,
    update_service_case,
    wait_for_customer,
)


class WarrantyTermSerializer(StrictModelSerializer):
    class Meta:
        model = WarrantyTerm
        fields = (*MASTER_DATA_FIELDS, "months", "item", "category", *AUDIT_FIELDS)


class WarrantyTermViewSet(MasterDataViewSet):
    """How long goods are under warranty."""

    serializer_class = WarrantyTermSerializer
    resource_class = WarrantyTermResource
    filterset_fields = ("code", "is_active", "item", "category")


class ServiceCaseSerializer(StrictModelSerializer):
    class Meta:
        model = ServiceCase
        fields = (
            "id",
            "company",
            "number",
            "status",
            "partner",
            "contact",
            "item",
            "lot",
            "order",
            "subject",
            "description",
            "priority",
            "owner",
            "shipped_on",
            "warranty_until",
            "is_in_warranty",
            "solution",
            "solved_at",
            *AUDIT_FIELDS,
        )
        read_only_fields = (
            "number",
            "status",
            "shipped_on",
            "warranty_until",
            "is_in_warranty",
            "solution",
            "solved_at",
        )


class ServiceCaseViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """Customers' trouble: open, waiting, solved, closed; with the warranty looked up."""

    serializer_class = ServiceCaseSerializer
    create_service = staticmethod(open_service_case)
    update_service = staticmethod(update_service_case)
    filterset_fields = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "partner": ["exact"],
        "owner": ["exact"],
        "item": ["exact"],
        "lot": ["exact"],
        "priority": ["exact"],
    }
    search_fields = ("number", "subject")

    @verb(permission="crm.change_servicecase")
    def wait(self, case: ServiceCase, *, by: User) -> ServiceCase:
        return wait_for_customer(case, by=by)

    @verb(permission="crm.change_servicecase")
    def resume(self, case: ServiceCase, *, by: User) -> ServiceCase:
        return resume_service_case(case, by=by)

    @verb(permission="crm.change_servicecase", serializer=SolutionInput)
    def solve(self, case: ServiceCase, *, solution: str, by: User) -> ServiceCase:
        return solve_service_case(case, solution=solution, by=by)

    @verb(permission="crm.change_servicecase")
    def close(self, case: ServiceCase, *, by: User) -> ServiceCase:
        return close_service_case(case, by=by)

    @verb(permission="crm.change_servicecase", serializer=ReasonInput)
    def reopen(self, case: ServiceCase, *, reason: str, by: User) -> ServiceCase:
        return reopen_service_case(case, reason=reason, by=by)


class ComplaintSerializer(StrictModelSerializer):
    class Meta:
        model = Complaint
        fields = (
            "id",
            "company",
            "number",
            "status",
            "partner",
            "service_case",
            "order_line",
            "item",
            "lot",
            "quantity",
            "complained_on",
            "customer_reference",
            "severity",
            "description",
            "answer",
            "nonconformance",
            *AUDIT_FIELDS,
        )
        read_only_fields = ("number", "status", "answer", "nonconformance")
        extra_kwargs = {"complained_on": {"required": False}}


class ComplaintViewSet(CreateMixin, UpdateMixin, DocumentViewSet):
    """What customers complain of: accept or reject with an answer, close."""

    serializer_class = ComplaintSerializer
    create_service = staticmethod(open_complaint)
    update_service = staticmethod(update_complaint)
    filterset_fields: Any = {
        "number": ["exact"],
        "status": ["exact", "in"],
        "partner": ["exact"],
        "item": ["exact"],
        "lot": ["exact"],
        "severity": ["exact"],
        "complained_on": ["gte", "lte"],
    }
    search_fields = ("number", "customer_reference")

    @verb(permission="crm.decide_complaint", serializer=AnswerInput)
    def accept(self, complaint: Complaint, *, answer: str, by: User) -> Complaint:
        return accept_complaint(complaint, answer=answer, by=by)

    @verb(permission="crm.decide_complaint", serializer=AnswerInput)
    def reject(self, complaint: Complaint, *, answer: str, by: User) -> Complaint:
        return reject_complaint(complaint, answer=answer, by=by)

    @verb(permission="crm.decide_complaint")
    def close(self, complaint: Complaint, *, by: User) -> Complaint:
        return close_complaint(complaint, by=by)

    @verb(permission="crm.decide_complaint", serializer=ReasonInput)
    def reopen(self, complaint: Complaint, *, reason: str, by: User) -> Complaint:
        return reopen_complaint(complaint, reason=reason, by=by)
