"""Lines of requisitions: checked, with an estimate of what they cost, and made into rows."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import require_decimal, round_quantity
from apps.core.services.documents import require_company
from apps.finance.services.cost_objects import require_open
from apps.masterdata.services.units import conversion_ratio, to_stock_quantities
from apps.supply_chain.models import Requisition, RequisitionLine
from apps.supply_chain.queries.sourcing import suppliers_of, terms_of_choice
from apps.supply_chain.queries.supplier_terms import SupplierTerms, converted
from apps.supply_chain.services.order_lines import positions_of

if TYPE_CHECKING:
    from apps.supply_chain.services.requisitions import Wanted


def requisition_rows(requisition: Requisition, lines: Sequence[Wanted]) -> list[RequisitionLine]:
    """Rows for ``lines``, priced by the supplier in company currency, else by the item.

    Raises ``InvalidInput`` naming the row.
    """
    if not lines:
        raise InvalidInput("no_lines", _("Say what is wanted."), field="lines")
    for row, line in enumerate(lines):
        _check_line(requisition, line, row)
    company = requisition.company
    quantities = to_stock_quantities([(line.item, line.quantity, line.unit) for line in lines])
    preferred = suppliers_of(company, [line.item for line in lines])
    own = terms_of_choice(company, [(line.partner, line.item) for line in lines if line.partner])
    positions = positions_of([line.position for line in lines])
    today = timezone.localdate()
    terms = [
        own.on(line.partner.pk, line.item.pk, today)
        if line.partner
        else preferred[line.item.pk].terms
        for line in lines
    ]
    prefetch_related_objects([line.item for line in lines], "unit", "units")
    rows = []
    for row, line in enumerate(lines):
        rows.append(
            RequisitionLine(
                company_id=requisition.company_id,
                requisition=requisition,
                position=positions[row],
                item=line.item,
                quantity=line.quantity,
                unit_id=line.unit.pk if line.unit else line.item.unit_id,
                stock_quantity=require_decimal(quantities[row], field="quantity", row=row),
                unit_price=_price(requisition, line, terms[row], quantities[row], row),
                needed_by=line.needed_by or requisition.needed_by,
                partner=line.partner,
                cost_object=line.cost_object,
            )
        )
    return rows


def _price(
    requisition: Requisition,
    line: Wanted,
    terms: SupplierTerms | None,
    stock_quantity: Decimal,
    row: int,
) -> Decimal:
    if line.unit_price is not None:
        price = require_decimal(line.unit_price, field="unit_price", row=row, positive=False)
        if price < 0:
            raise InvalidInput("negative", _("May not be negative."), field="unit_price", row=row)
        return price
    if terms is not None and terms.row.currency_id == requisition.company.currency_id:
        ratio = conversion_ratio(line.item, terms.row.unit)
        agreed = terms.price(Fraction(stock_quantity) / ratio)
        if agreed is not None:
            into = conversion_ratio(line.item, line.unit) if line.unit else Fraction(1)
            return converted(agreed, ratio, into)
    return round_quantity(line.item.purchase_price * stock_quantity / line.quantity)


def _check_line(requisition: Requisition, line: Wanted, row: int) -> None:
    require_company(
        requisition.company,
        row=row,
        item=line.item,
        unit=line.unit,
        partner=line.partner,
        cost_object=line.cost_object,
    )
    require_open(line.cost_object, row=row)
    require_decimal(line.quantity, field="quantity", row=row)
    if not line.item.is_stocked or not line.item.is_active:
        raise InvalidInput(
            "not_stocked",
            _("{item} is not kept in stock, or no longer in use.").format(item=line.item.code),
            field="item",
            row=row,
        )
    if line.partner is not None and not (line.partner.is_supplier and line.partner.is_active):
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no active supplier.").format(partner=line.partner),
            field="partner",
            row=row,
        )
