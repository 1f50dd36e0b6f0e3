from __future__ import annotations

from dataclasses import asdict
from typing import Any

from apps.core.api.questions import QuestionViewSet, question
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.crm.models import SalesOrder
from apps.crm.queries.sales_orders import shipped_not_invoiced


class CompanyQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]


class SalesViewSet(QuestionViewSet):
    """Questions to sales."""

    permission_model = SalesOrder

    @question("not-invoiced", CompanyQuery, "crm.view_salesorder")
    def not_invoiced(self, company: Any) -> list[dict[str, Any]]:
        """Order lines more of which was shipped than invoiced; values in the order's currency."""
        return [
            {**asdict(row), "not_invoiced": row.not_invoiced, "value": row.value}
            for row in shipped_not_invoiced(company)
        ]
