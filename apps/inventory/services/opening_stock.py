"""Opening stock: what lay there on the first day, tied to the total of the old books."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, StockDocument
from apps.inventory.services.stock_documents import draft_stock_document, post_stock_document
from apps.inventory.services.stock_lines import StockLine
from apps.masterdata.models import Item


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """``quantity`` in stock units at ``unit_cost`` of company currency."""

    item: Item
    quantity: Decimal
    unit_cost: Decimal | None
    location: Location
    lot_code: str = ""


def post_opening_stock(
    company: Company,
    lines: Sequence[OpeningLine],
    *,
    date: Date,
    by: User,
    control_total: Decimal | None = None,
    note: str = "",
) -> list[StockDocument]:
    """Post opening stock on ``date``, one document for each site; all of it or nothing.

    Raises ``InvalidInput`` when the lines do not sum to ``control_total``, what the old books say
    stock is worth.
    """
    _require_total(company, lines, control_total)
    by_site: dict[Site, list[int]] = {}
    for row, line in enumerate(lines):
        site = line.location.site
        if site is None:
            raise InvalidInput(
                "wrong_place",
                _("{place} is no place of ours.").format(place=line.location.code),
                field="to_location",
                row=row,
            )
        by_site.setdefault(site, []).append(row)
    with unit_of_work():
        return [
            _post(company, lines, rows, site=site, date=date, note=note, by=by)
            for site, rows in by_site.items()
        ]


def _post(
    company: Company,
    lines: Sequence[OpeningLine],
    rows: Sequence[int],
    *,
    site: Site,
    date: Date,
    note: str,
    by: User,
) -> StockDocument:
    try:
        document = draft_stock_document(
            company,
            kind=StockDocument.Kind.OPENING,
            site=site,
            date=date,
            note=note[:200],
            lines=[
                StockLine(
                    item=lines[row].item,
                    quantity=lines[row].quantity,
                    to_location=lines[row].location,
                    lot_code=lines[row].lot_code,
                    unit_cost=lines[row].unit_cost,
                )
                for row in rows
            ],
            by=by,
        )
        return post_stock_document(document, by=by)
    except BusinessError as error:
        if error.row is not None:  # told in the caller's rows, not in those of this site
            error.row = rows[error.row]
        raise


def _require_total(
    company: Company, lines: Sequence[OpeningLine], control_total: Decimal | None
) -> None:
    if control_total is None:
        return
    places = company.currency.decimal_places
    total = ZERO
    for row, line in enumerate(lines):
        require_decimal(line.quantity, field="quantity", row=row)
        cost = require_decimal(line.unit_cost or ZERO, field="unit_cost", row=row, positive=False)
        total += round_money(line.quantity * cost, places)
    if total != control_total:
        raise InvalidInput(
            "opening_total_differs",
            _("The lines are worth {total}, not {wanted}: {difference} apart.").format(
                total=total, wanted=control_total, difference=total - control_total
            ),
            field="control_total",
            details={"total": str(total), "difference": str(total - control_total)},
        )
