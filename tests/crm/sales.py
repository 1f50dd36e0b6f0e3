"""What tests of the sales chain begin with."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from apps.crm.models import (
    Lead,
    Opportunity,
    OpportunityStage,
    OutcomeReason,
    PriceList,
    PriceRule,
    Quotation,
    Return,
    SalesOrder,
    SellerLimit,
)
from apps.crm.services.leads import create_lead
from apps.crm.services.opportunities import create_opportunity
from apps.crm.services.price_lists import create_price_rule
from apps.crm.services.quotation_lines import QuotedLine
from apps.crm.services.quotations import approve_quotation, create_quotation, send_quotation
from apps.crm.services.returns import ReturnedLine, request_return
from apps.crm.services.sales_orders import OrderLine, confirm_sales_order
from apps.inventory.models import Location
from tests.crm.test_sales_orders import sell, send
from tests.factories import make_user
from tests.support.trade import Trade

D = Decimal


def today() -> date:
    return timezone.localdate()


def stage(trade: Trade, code: str = "TALK", position: int = 10, percent: str = "20") -> Any:
    return OpportunityStage(
        company=trade.books.company,
        code=code,
        name=code.title(),
        position=position,
        probability=D(percent),
    ).save_by(trade.books.by)


def outcome(trade: Trade, code: str, kind: str) -> OutcomeReason:
    return OutcomeReason(
        company=trade.books.company, code=code, name=code.title(), outcome=kind
    ).save_by(trade.books.by)


def lead(trade: Trade, name: str = "Ann", **values: Any) -> Lead:
    return create_lead(trade.books.company, name=name, by=trade.books.by, **values)


def opportunity(trade: Trade, **values: Any) -> Opportunity:
    values.setdefault("name", "Pumps")
    values.setdefault("partner", trade.customer)
    return create_opportunity(trade.books.company, by=trade.books.by, **values)


def price_list(trade: Trade, code: str = "LIST", currency: Any = None) -> PriceList:
    return PriceList(
        company=trade.books.company,
        code=code,
        name=code,
        currency=currency or trade.books.company.currency,
    ).save_by(trade.books.by)


def rule(trade: Trade, prices: PriceList, **values: Any) -> PriceRule:
    values.setdefault("valid_from", date(2026, 1, 1))
    return create_price_rule(trade.books.company, price_list=prices, by=trade.books.by, **values)


def quote(trade: Trade, *lines: QuotedLine, by: Any = None, **values: Any) -> Quotation:
    values.setdefault("partner", trade.customer)
    return create_quotation(
        trade.books.company,
        site=trade.books.site,
        lines=lines,
        by=by or trade.books.by,
        **values,
    )


def sent(trade: Trade, quotation: Quotation) -> Quotation:
    quotation = approve_quotation(quotation, by=trade.books.by)
    return send_quotation(quotation, by=trade.books.by)


def limited_seller(trade: Trade, percent: str) -> Any:
    seller = make_user(company=trade.books.company)
    SellerLimit(company=trade.books.company, user=seller, max_discount_percent=D(percent)).save_by(
        trade.books.by
    )
    return seller


def quarantine(trade: Trade) -> Location:
    return Location(
        company=trade.books.company,
        code="QUAR",
        name="Quarantine",
        kind="internal",
        site=trade.books.site,
        is_quarantine=True,
    ).save_by(trade.books.by)


def shipped_order(trade: Trade, *lines: OrderLine, quantities: tuple[str, ...]) -> SalesOrder:
    order = confirm_sales_order(sell(trade, *lines), by=trade.books.by)
    send(trade, order, *quantities)
    return order


def returned(trade: Trade, *lines: ReturnedLine, **values: Any) -> Return:
    values.setdefault("reason", "does not fit")
    return request_return(
        trade.books.company,
        partner=trade.customer,
        site=trade.books.site,
        lines=lines,
        by=trade.books.by,
        **values,
    )


def in_days(days: int) -> date:
    return today() + timedelta(days=days)
