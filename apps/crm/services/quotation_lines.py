"""Lines of a quotation: cost sheet, price, discount, quantity breaks, promise date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import ZERO, require_decimal, round_quantity
from apps.core.services.documents import require_company
from apps.core.sql import insert_rows
from apps.crm.models import CostSheet, Quotation, QuotationBreak, QuotationLine
from apps.crm.pricing import (
    HUNDRED,
    Priced,
    discount_between,
    discounted,
    margin_price,
    require_below_hundred,
)
from apps.crm.queries.cost_sheets import CostReader, SheetRow, total_of
from apps.crm.queries.prices import prices_for
from apps.crm.queries.promises import promise_dates
from apps.crm.services.kit_lines import require_whole
from apps.finance.models import TaxCode
from apps.finance.queries.rates import exchange_rate
from apps.masterdata.models import Item, Unit
from apps.masterdata.services.units import to_stock_quantities

STEP = 10
Source = QuotationLine.PriceSource


@dataclass(frozen=True, slots=True)
class ExtraCost:
    """A cost that no bill or routing knows, per stock unit, in company currency."""

    description: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """What is offered, in ``unit`` (else the stock unit).

    With ``margin_percent`` the price is made of cost and margin, rounded up to ``price_step``;
    else it is that of the price lists, else the item's. ``unit_price`` says otherwise: what it is
    below the price found is a discount. ``breaks`` are further quantities to be priced.
    """

    item: Item
    quantity: Decimal
    unit: Unit | None = None
    description: str = ""
    margin_percent: Decimal | None = None
    price_step: Decimal | None = None
    unit_price: Decimal | None = None
    discount_percent: Decimal | None = None
    tax_code: TaxCode | None = None
    position: int | None = None
    breaks: Sequence[Decimal] = ()
    extra_costs: Sequence[ExtraCost] = ()


@dataclass(slots=True)
class BuiltLine:
    """A line with what hangs on it, not written yet."""

    row: QuotationLine
    sheet: list[SheetRow]
    breaks: list[QuotationBreak] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Basis:
    """What one line at one quantity is priced by: ``ratio`` stock units in one ``unit``."""

    line: QuotedLine
    row: int
    stock_quantity: Decimal
    ratio: Decimal
    sheet: list[SheetRow]
    listed: Priced | None

    @property
    def unit_cost(self) -> Decimal:
        return total_of(self.sheet)


def build_lines(quotation: Quotation, lines: Sequence[QuotedLine]) -> list[BuiltLine]:
    """Cost, price and promise ``lines``; nothing is written. Raises ``InvalidInput`` with row.

    The number of statements does not depend on the lines but for foreign units.
    """
    if not lines:
        raise InvalidInput("no_lines", _("A quotation has at least one line."), field="lines")
    for row, line in enumerate(lines):
        _check(quotation, line, row)
    reader = CostReader(quotation.company, quotation.quotation_date)
    bases = _bases(quotation, lines, reader)
    rate = (
        Decimal(1)
        if quotation.currency_id == quotation.company.currency_id
        else exchange_rate(quotation.company, quotation.currency_id, quotation.quotation_date)
    )
    positions = _positions(lines)
    built = [
        _built(quotation, own, position, rate)
        for own, position in zip(bases, positions, strict=True)
    ]
    promise_lines(quotation, [one.row for one in built], reader)
    return built


def promise_lines(
    quotation: Quotation, rows: Sequence[QuotationLine], reader: CostReader | None = None
) -> None:
    """Set date and reason of each line by what is there and comes as of now; writes nothing."""
    today = timezone.now().astimezone(quotation.site.zone).date()
    day = max(today, quotation.quotation_date)
    reader = reader or CostReader(quotation.company, day)
    promises = promise_dates(
        quotation.company,
        quotation.site,
        [(row.item, row.stock_quantity) for row in rows],
        today=day,
        structure=reader.structure,
    )
    for row, promise in zip(rows, promises, strict=True):
        row.promise_date, row.promise_reason = promise.date, promise.reason


def write_lines(built: Sequence[BuiltLine]) -> None:
    """Lines, cost sheets and breaks: three statements."""
    QuotationLine.objects.bulk_create([one.row for one in built])
    insert_rows(
        CostSheet,
        [
            {
                "company_id": one.row.company_id,
                "line_id": one.row.pk,
                "position": (place + 1) * STEP,
                "element": row.element,
                "description": row.description,
                "quantity": row.quantity,
                "unit_cost": row.unit_cost,
                "amount": row.amount,
            }
            for one in built
            for place, row in enumerate(one.sheet)
        ],
    )
    breaks = [each for one in built for each in one.breaks]
    for each in breaks:
        each.line_id = each.line.pk
    QuotationBreak.objects.bulk_create(breaks)


def _bases(
    quotation: Quotation, lines: Sequence[QuotedLine], reader: CostReader
) -> list[list[_Basis]]:
    """For each line the basis of its own quantity, then those of its breaks."""
    flat = [
        (row, replace(line, quantity=quantity))
        for row, line in enumerate(lines)
        for quantity in (line.quantity, *sorted(line.breaks))
    ]
    quantities = to_stock_quantities([(o.item, o.quantity, o.unit) for _row, o in flat])
    for (row, one), quantity in zip(flat, quantities, strict=True):
        require_decimal(quantity, field="quantity", row=row)
        require_whole(one.item, quantity, row)
    prices = prices_for(
        quotation.company,
        partner=quotation.partner,
        currency_id=quotation.currency_id,
        date=quotation.quotation_date,
        wanted=[
            (one.item, quantity) for (_row, one), quantity in zip(flat, quantities, strict=True)
        ],
    )
    result: list[list[_Basis]] = [[] for _line in lines]
    for (row, line), stock_quantity, price in zip(flat, quantities, prices, strict=True):
        extra = [
            SheetRow(CostSheet.Element.OTHER, one.description, Decimal(1), one.amount, one.amount)
            for one in line.extra_costs
        ]
        sheet = reader.sheet(line.item, lot_size=stock_quantity, extra=extra)
        ratio = stock_quantity / line.quantity
        result[row].append(_Basis(line, row, stock_quantity, ratio, sheet, price))
    return result


def _built(
    quotation: Quotation, bases: Sequence[_Basis], position: int, rate: Decimal
) -> BuiltLine:
    own, line = bases[0], bases[0].line
    found, source = _list_price(own, rate)
    list_price, discount, unit_price = _discount(own, found)
    if found is None:
        source = Source.MANUAL
    row = QuotationLine(
        company_id=quotation.company_id,
        quotation=quotation,
        position=position,
        item=line.item,
        description=line.description,
        quantity=line.quantity,
        unit_id=line.unit.pk if line.unit else line.item.unit_id,
        stock_quantity=own.stock_quantity,
        margin_percent=line.margin_percent,
        price_step=line.price_step,
        unit_cost=own.unit_cost if own.sheet else None,
        list_price=list_price,
        discount_percent=discount,
        unit_price=unit_price,
        price_source=source,
        price_rule_id=own.listed.rule_id if own.listed and source == Source.PRICE_LIST else None,
        tax_code=line.tax_code,
    )
    breaks = []
    for other in bases[1:]:
        price, _source = _list_price(other, rate)
        breaks.append(
            QuotationBreak(
                company_id=quotation.company_id,
                line=row,
                min_quantity=other.line.quantity,
                unit_cost=other.unit_cost if other.sheet else None,
                unit_price=discounted(list_price if price is None else price, discount),
            )
        )
    return BuiltLine(row, own.sheet, breaks)


def _list_price(basis: _Basis, rate: Decimal) -> tuple[Decimal | None, str]:
    """Price per unit of the line before the seller's discount, and where it comes from."""
    line = basis.line
    if line.margin_percent is not None:
        if not basis.unit_cost:
            raise InvalidInput(
                "no_cost",
                _("{item} has no cost to add a margin to.").format(item=line.item.code),
                field="margin_percent",
                row=basis.row,
            )
        cost = basis.unit_cost * basis.ratio / rate
        return margin_price(cost, line.margin_percent, line.price_step), Source.COST
    if basis.listed is None:
        return None, Source.MANUAL
    source = Source.ITEM if basis.listed.rule_id is None else Source.PRICE_LIST
    return round_quantity(basis.listed.unit_price * basis.ratio), source


def _discount(basis: _Basis, found: Decimal | None) -> tuple[Decimal, Decimal, Decimal]:
    """(price before discount, discount, price) of the line."""
    line = basis.line
    if line.unit_price is not None:
        price = found if found is not None and found > line.unit_price else line.unit_price
        return price, discount_between(price, line.unit_price), line.unit_price
    if found is None:
        raise InvalidInput(
            "price_required",
            _("Nothing names a price of {item}: give one.").format(item=line.item.code),
            field="unit_price",
            row=basis.row,
        )
    discount = line.discount_percent or ZERO
    return found, discount, discounted(found, discount)


def _check(quotation: Quotation, line: QuotedLine, row: int) -> None:
    require_company(
        quotation.company, row=row, item=line.item, unit=line.unit, tax_code=line.tax_code
    )
    require_decimal(line.quantity, field="quantity", row=row)
    if not line.item.is_active:
        raise InvalidInput(
            "not_sold",
            _("{item} is not for sale.").format(item=line.item.code),
            field="item",
            row=row,
        )
    if line.unit_price is not None:
        require_decimal(line.unit_price, field="unit_price", row=row, positive=False)
        if line.unit_price < 0:
            raise InvalidInput("negative", _("May not be negative."), field="unit_price", row=row)
        if line.discount_percent is not None:
            raise InvalidInput(
                "price_or_discount",
                _("Give a price or a discount, not both."),
                field="discount_percent",
                row=row,
            )
    if line.discount_percent is not None and not ZERO <= line.discount_percent <= HUNDRED:
        raise InvalidInput(
            "out_of_range",
            _("A discount lies between 0 and 100 %."),
            field="discount_percent",
            row=row,
        )
    if line.margin_percent is not None:
        require_below_hundred(line.margin_percent, _("A margin on price is 0 to below 100 %."), row)
    if line.price_step is not None:
        require_decimal(line.price_step, field="price_step", row=row)
    _check_breaks(line, row)
    for extra in line.extra_costs:
        require_decimal(extra.amount, field="extra_costs", row=row)


def _check_breaks(line: QuotedLine, row: int) -> None:
    for quantity in line.breaks:
        require_decimal(quantity, field="breaks", row=row)
    if len({line.quantity, *line.breaks}) != len(line.breaks) + 1:
        raise InvalidInput(
            "duplicate_break", _("A quantity is there twice."), field="breaks", row=row
        )


def _positions(lines: Sequence[QuotedLine]) -> list[int]:
    positions: list[int] = []
    for row, line in enumerate(lines):
        last = max(positions, default=0)
        position = line.position or (last // STEP + 1) * STEP
        if position in positions:
            raise InvalidInput(
                "duplicate_position",
                _("Position {position} is there twice.").format(position=position),
                field="position",
                row=row,
            )
        positions.append(position)
    return positions
