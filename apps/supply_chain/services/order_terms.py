"""What an order line takes from the supplier's terms: unit, price, day; and what they ask of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from fractions import Fraction

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.services.documents import require_company
from apps.masterdata.models import Item, Unit
from apps.masterdata.services.units import conversion_ratio
from apps.supply_chain.queries.supplier_terms import (
    SupplierTerms,
    TermsBook,
    WorkingDays,
    converted,
    supplier_terms,
    working_days,
)

EVERY_DAY = WorkingDays()


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """The terms of one supplier for the items of an order, on the day of the order.

    ``is_strict`` lines keep minimum and multiple; a history from elsewhere need not.
    """

    partner_id: int
    day: Date
    book: TermsBook
    is_strict: bool = True
    calendar: WorkingDays = EVERY_DAY

    def of(self, item: Item) -> SupplierTerms | None:
        return self.book.on(self.partner_id, item.pk, self.day)

    def prepare(self, items: Iterable[Item]) -> None:
        """Read the units of items that the supplier sells in another; two statements at most."""
        foreign = [
            item
            for item in items
            if (terms := self.of(item)) is not None and terms.row.unit_id != item.unit_id
        ]
        if foreign:
            prefetch_related_objects(foreign, "unit", "units")

    def unit(self, item: Item) -> Unit | None:
        terms = self.of(item)
        return terms.row.unit if terms else None

    def due_date(self, item: Item) -> Date:
        """When it comes if it is ordered on the day: working days of the supplier."""
        terms = self.of(item)
        stated = terms.row.lead_time_days if terms else None
        if stated is None:
            return EVERY_DAY.after(self.day, item.lead_time_days)
        return self.calendar.after(self.day, stated)

    def check_quantity(self, item: Item, stock_quantity: Decimal, row: int) -> None:
        """Raise ``InvalidInput`` below the minimum, or between two multiples."""
        terms = self.of(item)
        if terms is None or not self.is_strict:
            return
        quantity = Fraction(stock_quantity) / conversion_ratio(item, terms.row.unit)
        if quantity == terms.lots_for(quantity):
            return
        least = terms.lots_for(quantity)
        is_below = quantity < Fraction(terms.row.minimum_quantity)
        words = (
            _("{supplier} sells at least {minimum} {unit} of {item}: order {next}.")
            if is_below
            else _("{supplier} sells {item} in multiples of {multiple} {unit}: order {next}.")
        )
        raise InvalidInput(
            "below_minimum" if is_below else "not_multiple",
            words.format(
                supplier=terms.row.partner.code,
                item=item.code,
                minimum=_text(Fraction(terms.row.minimum_quantity)),
                multiple=_text(Fraction(terms.row.order_multiple)),
                unit=terms.row.unit.code,
                next=_text(least),
            ),
            field="quantity",
            row=row,
            details={"next": _text(least), "unit": terms.row.unit.code},
        )

    def price(
        self, item: Item, unit: Unit | None, stock_quantity: Decimal, currency: str, row: int
    ) -> Decimal | None:
        """The supplier's price per ``unit`` (else the stock unit); None where there is none.

        Raises ``InvalidInput`` when it is in another currency than the order.
        """
        terms = self.of(item)
        if terms is None:
            return None
        own = conversion_ratio(item, terms.row.unit)
        price = terms.price(Fraction(stock_quantity) / own)
        if price is None:
            return None
        if terms.row.currency_id != currency:
            raise InvalidInput(
                "price_required",
                _("Give the price: the supplier's own is in {currency}.").format(
                    currency=terms.row.currency_id
                ),
                field="unit_price",
                row=row,
            )
        return converted(price, own, conversion_ratio(item, unit) if unit else Fraction(1))


def order_terms(
    company: Company, partner_id: int, items: Iterable[Item], day: Date, *, dated: bool = False
) -> OrderTerms:
    """The terms of a supplier for ``items``; a statement or two, and two for ``dated`` lines."""
    kept = list(items)
    for row, item in enumerate(kept):
        require_company(company, row=row, item=item)
    book = supplier_terms(company, [partner_id], [item.pk for item in kept])
    calendar = EVERY_DAY
    if dated and book.rows:
        calendar = working_days(company, [partner_id])[partner_id]
    return OrderTerms(partner_id, day, book, calendar=calendar)


def _text(value: Fraction) -> str:
    whole = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{round(whole, 6).normalize():f}"
