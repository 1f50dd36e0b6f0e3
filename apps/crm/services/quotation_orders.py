"""From the opportunity to the quotation to the order: nothing is typed twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Site, User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_status, update_all
from apps.core.transactions import unit_of_work
from apps.crm.models import Opportunity, OutcomeReason, Quotation, QuotationLine, SalesOrder
from apps.crm.pricing import break_price
from apps.crm.services.opportunities import require_outcome, win_opportunity
from apps.crm.services.quotation_lines import QuotedLine
from apps.crm.services.quotations import create_quotation, today_at
from apps.crm.services.sales_orders import OrderLine, create_sales_order

Status = Quotation.Status


def quote_opportunity(
    opportunity: Opportunity,
    *,
    site: Site,
    by: User,
    margin_percent: Decimal | None = None,
    price_step: Decimal | None = None,
    version: int | None = None,
    **values: Any,
) -> Quotation:
    """A quotation with the items of an open opportunity, linked to it."""
    with unit_of_work():
        opportunity = lock(opportunity, version=version)
        require_status(opportunity, Opportunity.Status.OPEN)
        items = list(opportunity.items.select_related("item", "unit"))
        if not items:
            raise InvalidInput(
                "no_items", _("The opportunity names no items to quote."), field="items"
            )
        return create_quotation(
            opportunity.company,
            partner=opportunity.partner,
            contact=opportunity.contact,
            opportunity=opportunity,
            site=site,
            currency=opportunity.currency,
            lines=[
                QuotedLine(
                    row.item,
                    row.quantity,
                    unit=row.unit,
                    position=row.position,
                    margin_percent=margin_percent if row.item.kind != "service" else None,
                    price_step=price_step,
                )
                for row in items
            ],
            by=by,
            **values,
        )


def order_quotation(
    quotation: Quotation,
    *,
    by: User,
    order_date: Date | None = None,
    customer_reference: str = "",
    quantities: Mapping[int, Decimal] | None = None,
    outcome_reason: OutcomeReason | None = None,
    version: int | None = None,
) -> SalesOrder:
    """Win a sent quotation: a draft order with its lines at its prices and promise dates.

    ``quantities`` (position → quantity) order more at the price of the break they reach. The
    opportunity is won with it. Raises ``BusinessError`` past its validity.
    """
    with unit_of_work():
        quotation = lock(quotation, version=version)
        require_outcome(quotation.company, outcome_reason, OutcomeReason.Outcome.WON)
        quotation.transition_to(Status.WON)
        today = today_at(quotation.site)
        if max(order_date or today, today) > quotation.valid_until:
            raise BusinessError(
                "quotation_expired",
                _("{quotation} was valid until {date}. Make a new version.").format(
                    quotation=quotation, date=quotation.valid_until
                ),
                field="valid_until",
            )
        day = order_date or today
        lines = list(
            quotation.lines.select_related("item", "unit", "tax_code").prefetch_related("breaks")
        )
        wanted = _wanted(lines, dict(quantities or {}), day)
        order = create_sales_order(
            quotation.company,
            partner=quotation.partner,
            site=quotation.site,
            order_date=day,
            due_date=max(line.due_date or day for line in wanted),
            currency=quotation.currency,
            customer_reference=customer_reference or quotation.customer_reference,
            quotation=quotation,
            lines=wanted,
            by=by,
        )
        quotation.outcome_reason, quotation.closed_on = outcome_reason, today
        update_all([quotation], "status", "outcome_reason", "closed_on", by=by)
        opportunity = quotation.opportunity
        if opportunity is not None and opportunity.status == Opportunity.Status.OPEN:
            win_opportunity(opportunity, outcome_reason=outcome_reason, by=by)
    return order


def _wanted(
    lines: list[QuotationLine], quantities: dict[int, Decimal], day: Date
) -> list[OrderLine]:
    unknown = quantities.keys() - {line.position for line in lines}
    if unknown:
        raise InvalidInput(
            "wrong_position",
            _("There is no position {position}.").format(position=min(unknown)),
            field="quantities",
        )
    result = []
    for row, line in enumerate(lines):
        quantity = require_decimal(
            quantities.get(line.position, line.quantity), field="quantities", row=row
        )
        offers = [(line.quantity, line.unit_price)]
        offers += [(one.min_quantity, one.unit_price) for one in line.breaks.all()]
        price = break_price(offers, quantity)
        if price is None:
            raise BusinessError(
                "below_quoted",
                _("Less than the quantity offered has no price: quote it anew."),
                field="quantities",
                row=row,
            )
        result.append(
            OrderLine(
                line.item,
                quantity,
                unit_price=price,
                unit=line.unit,
                tax_code=line.tax_code,
                due_date=None if line.promise_date is None else max(line.promise_date, day),
                position=line.position,
            )
        )
    return result
