from __future__ import annotations

from typing import Any

from rest_framework.permissions import IsAuthenticated

from apps.core.api.bases import LedgerViewSet
from apps.core.api.printouts import PdfActions
from apps.core.api.serializers import CodeOf, StrictModelSerializer
from apps.hr.models import LabourDistribution, PayRun, PaySlip, PaySlipLine
from apps.hr.printouts import pay_slip_pdf


class PaySlipLineSerializer(StrictModelSerializer):
    component_code = CodeOf(source="component.code")

    class Meta:
        model = PaySlipLine
        fields = ("component", "component_code", "name", "kind", "base", "amount", "arrears_of")


class PaySlipSerializer(StrictModelSerializer):
    lines = PaySlipLineSerializer(many=True, read_only=True)
    employee_name = CodeOf(source="employee.name")

    class Meta:
        model = PaySlip
        fields = (
            "id",
            "company",
            "number",
            "status",
            "run",
            "employee",
            "employee_name",
            "pay_date",
            "gross",
            "deductions",
            "net",
            "employer_cost",
            "inputs",
            "lines",
        )


class PaySlipViewSet(PdfActions, LedgerViewSet):
    """Pay slips of everybody: for who runs the payroll."""

    serializer_class = PaySlipSerializer
    printout = staticmethod(pay_slip_pdf)
    prefetch_related = ("lines__component", "lines__arrears_of")
    list_fields = (
        "id",
        "number",
        "status",
        "run",
        "employee",
        "employee_code",
        "pay_date",
        "gross",
        "deductions",
        "net",
        "employer_cost",
    )
    filterset_fields = {
        "run": ["exact"],
        "employee": ["exact"],
        "status": ["exact"],
        "pay_date": ["exact", "gte", "lte"],
    }
    ordering_fields = ("id", "pay_date", "net")
    search_fields = ("number", "employee__code", "employee__name")


class MyPaySlipViewSet(PaySlipViewSet):
    """One's own pay slips, once approved; open to everybody who is signed in."""

    permission_classes = (IsAuthenticated,)
    is_personal = True

    def get_queryset(self) -> Any:
        rows = super().get_queryset()
        user = self.request.user
        return rows.filter(employee__user_id=user.pk, status__in=PayRun.VALID)


class LabourDistributionSerializer(StrictModelSerializer):
    class Meta:
        model = LabourDistribution
        fields = (
            "id",
            "company",
            "pay_slip",
            "component",
            "cost_object",
            "is_direct",
            "minutes",
            "amount",
            "created_at",
        )


class LabourDistributionViewSet(LedgerViewSet):
    """Which cost object bears how much of whose pay."""

    serializer_class = LabourDistributionSerializer
    filterset_fields = {
        "pay_slip": ["exact"],
        "pay_slip__run": ["exact"],
        "component": ["exact"],
        "cost_object": ["exact"],
        "is_direct": ["exact"],
    }
