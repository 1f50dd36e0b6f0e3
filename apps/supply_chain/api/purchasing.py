from __future__ import annotations

import datetime
from dataclasses import asdict
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from apps.core.api.answers import shape_of, with_properties
from apps.core.api.fields import BooleanField, ChoiceField, DateField
from apps.core.api.questions import QuestionViewSet, question
from apps.core.api.references import ReferenceField
from apps.core.api.serializers import CompanyField, StrictSerializer
from apps.core.models import Site
from apps.masterdata.models import Partner
from apps.supply_chain.models import PurchaseOrder
from apps.supply_chain.queries.grni import UnbilledLine, unbilled_lines
from apps.supply_chain.queries.promises import PromisedLine, promised_lines
from apps.supply_chain.queries.purchase_orders import (
    OpenLine,
    PurchaseSum,
    RejectRate,
    open_purchase_lines,
    purchase_sums,
    reject_rates,
)
from apps.supply_chain.queries.reorder import Suggestion, reorder_suggestions
from apps.supply_chain.queries.scorecards import RATES, Score, scorecard

VIEW_ORDERS = "supply_chain.view_purchaseorder"
VIEW_RECEIPTS = "supply_chain.view_receipt"
VIEW_RULES = "supply_chain.view_reorderrule"
VIEW_MATCHES = "supply_chain.view_billmatch"


class OpenLinesQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    partner = ReferenceField(Partner, required=False)


class UnbilledQuery(OpenLinesQuery):
    at = DateField(required=False)


class RejectsQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    since = DateField()
    until = DateField()


class SpendQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    group = ChoiceField(choices=("partner", "year"), default="partner")


class SuggestionsQuery(StrictSerializer):
    company = CompanyField()  # type: ignore[assignment]
    site = ReferenceField(Site, required=False)
    with_enough = BooleanField(default=False)


class ScorecardQuery(RejectsQuery):
    group = ChoiceField(choices=("supplier", "month"), default="supplier")
    partner = ReferenceField(Partner, required=False)


class UnbilledOutput(shape_of(UnbilledLine, "open_value")):
    age = serializers.IntegerField(help_text="Days since the receipt")


class PurchasingViewSet(QuestionViewSet):
    """Questions to purchasing. Quantities in stock units."""

    permission_model = PurchaseOrder

    @question("open-lines", OpenLinesQuery, VIEW_ORDERS, row=shape_of(OpenLine))
    def open_lines(self, **asked: Any) -> list[dict[str, Any]]:
        """Order lines that more is expected of; values in the order's currency."""
        rows = open_purchase_lines(
            asked["company"], today=timezone.localdate(), partner_id=_key(asked)
        )
        return [asdict(row) for row in rows]

    @question("promises", OpenLinesQuery, VIEW_ORDERS, row=shape_of(PromisedLine, "changes"))
    def promises(self, **asked: Any) -> list[dict[str, Any]]:
        """Open lines with what was wanted and what is promised; quantities in stock units."""
        rows = promised_lines(asked["company"], today=timezone.localdate(), partner_id=_key(asked))
        return [with_properties(row, "changes") for row in rows]

    @question("reorder-suggestions", SuggestionsQuery, VIEW_RULES, row=shape_of(Suggestion))
    def reorder_suggestions(self, company: Any, **asked: Any) -> list[dict[str, Any]]:
        """What reorder rules say today, each with its reasons; quantities in stock units."""
        return [asdict(row) for row in reorder_suggestions(company, **asked)]

    @question("scorecard", ScorecardQuery, VIEW_RECEIPTS, row=shape_of(Score, *RATES))
    def scorecard(
        self, company: Any, since: datetime.date, until: datetime.date, group: str, **asked: Any
    ) -> list[dict[str, Any]]:
        """On time, in full, rejected and price variance by supplier, or by supplier and month."""
        rows = scorecard(
            company, since=since, until=until, by_month=group == "month", partner_id=_key(asked)
        )
        return [with_properties(row, *RATES) for row in rows]

    @question("unbilled", UnbilledQuery, VIEW_RECEIPTS, VIEW_MATCHES, row=UnbilledOutput)
    def unbilled(self, **asked: Any) -> list[dict[str, Any]]:
        """Goods received, not invoiced, by receipt line and age; company currency."""
        at = asked.get("at") or timezone.localdate()
        rows = unbilled_lines(asked["company"], at=at, partner_id=_key(asked))
        return [{**with_properties(row, "open_value"), "age": row.age(at)} for row in rows]

    @question("reject-rates", RejectsQuery, VIEW_RECEIPTS, row=shape_of(RejectRate, "rate"))
    def reject_rates(
        self, company: Any, since: datetime.date, until: datetime.date
    ) -> list[dict[str, Any]]:
        """How much of what each supplier delivered was refused at the door."""
        rows = reject_rates(company, since=since, until=until)
        return [with_properties(row, "rate") for row in rows]

    @question("spend", SpendQuery, VIEW_ORDERS, row=shape_of(PurchaseSum, "total"))
    def spend(self, company: Any, group: str) -> list[dict[str, Any]]:
        """What orders come to by supplier or by year, in their own currencies."""
        return [with_properties(row, "total") for row in purchase_sums(company, group=group)]


def _key(asked: dict[str, Any]) -> int | None:
    partner = asked.get("partner")
    return partner.pk if partner else None
