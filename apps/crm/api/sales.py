from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Any

from apps.core.api.answers import shape_of, with_properties
from apps.core.api.fields import DateField
from apps.core.api.questions import QuestionViewSet, question
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.crm.models import SalesOrder
from apps.crm.queries.pipeline import (
    OpenQuotation,
    OutcomeSum,
    StageSum,
    open_quotations,
    outcomes,
    pipeline,
)
from apps.crm.queries.results import (
    CustomerMargin,
    KeptPromise,
    customer_margins,
    kept_promises,
)
from apps.crm.queries.sales_orders import ShippedLine, shipped_not_invoiced
from apps.masterdata.models import Partner

#: Figures of a row that are counted from its columns.
_NOT_INVOICED = ("not_invoiced", "value")
_MARGIN = ("margin", "margin_percent")


class CompanyQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]


class SalesPeriodQuery(CompanyQuery):
    date_from = DateField()
    date_to = DateField()


class CustomerPeriodQuery(SalesPeriodQuery):
    partner = ReferenceField(Partner, required=False)


class SalesDayQuery(CompanyQuery):
    at = DateField()


class SalesViewSet(QuestionViewSet):
    """Questions to sales."""

    permission_model = SalesOrder

    @question(
        "not-invoiced",
        CompanyQuery,
        "crm.view_salesorder",
        row=shape_of(ShippedLine, *_NOT_INVOICED),
    )
    def not_invoiced(self, company: Any) -> list[dict[str, Any]]:
        """Order lines more of which was shipped than invoiced; values in the order's currency."""
        return [with_properties(row, *_NOT_INVOICED) for row in shipped_not_invoiced(company)]

    @question("pipeline", CompanyQuery, "crm.view_opportunity", row=shape_of(StageSum))
    def pipeline(self, company: Any) -> list[dict[str, Any]]:
        """Open opportunities by stage; ``weighted`` is value times probability."""
        return [asdict(row) for row in pipeline(company)]

    @question("outcomes", SalesPeriodQuery, "crm.view_opportunity", row=shape_of(OutcomeSum))
    def outcomes(
        self, company: Any, date_from: datetime.date, date_to: datetime.date
    ) -> list[dict[str, Any]]:
        """Opportunities won and lost, by reason."""
        return [asdict(row) for row in outcomes(company, since=date_from, until=date_to)]

    @question("open-quotations", SalesDayQuery, "crm.view_quotation", row=shape_of(OpenQuotation))
    def open_quotations(self, company: Any, at: datetime.date) -> list[dict[str, Any]]:
        """Offers that wait, the oldest first, with their age in days."""
        return [asdict(row) for row in open_quotations(company, at=at)]

    @question(
        "promises", CustomerPeriodQuery, "crm.view_salesorder", row=shape_of(KeptPromise, "is_kept")
    )
    def promises(
        self,
        company: Any,
        date_from: datetime.date,
        date_to: datetime.date,
        partner: Partner | None = None,
    ) -> list[dict[str, Any]]:
        """Promised lines of a period, and whether all of them went out in time."""
        rows = kept_promises(company, since=date_from, until=date_to, partner=partner)
        return [with_properties(row, "is_kept") for row in rows]

    @question(
        "margins", CustomerPeriodQuery, "crm.view_margin", row=shape_of(CustomerMargin, *_MARGIN)
    )
    def margins(
        self,
        company: Any,
        date_from: datetime.date,
        date_to: datetime.date,
        partner: Partner | None = None,
    ) -> list[dict[str, Any]]:
        """Posted revenue less posted cost of goods sold, by customer, in company currency."""
        rows = customer_margins(company, since=date_from, until=date_to, partner=partner)
        return [with_properties(row, *_MARGIN) for row in rows]
