"""The lines of stock documents: which places each kind goes between, and what a line needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import require_company
from apps.inventory.models import Location, StockDocument, StockDocumentLine
from apps.inventory.queries.locations import virtual_location
from apps.masterdata.models import Item

Kind = StockDocument.Kind
_VIRTUAL = {
    Kind.OPENING: Location.Kind.OPENING,
    Kind.ADJUSTMENT: Location.Kind.ADJUSTMENT,
    Kind.SCRAP: Location.Kind.SCRAP,
    Kind.ISSUE: Location.Kind.PROJECT,
    Kind.BROUGHT: Location.Kind.SUPPLIER,
    Kind.TAKEN_BACK: Location.Kind.SUPPLIER,
}


@dataclass(frozen=True, slots=True)
class StockLine:
    """``quantity`` in stock units, above zero. The side left out is the one the kind stands for.

    ``unit_cost`` is what an opening or a found unit is worth, in company currency.
    """

    item: Item
    quantity: Decimal
    from_location: Location | None = None
    to_location: Location | None = None
    lot_code: str = ""
    unit_cost: Decimal | None = None


def write_lines(document: StockDocument, lines: Sequence[StockLine]) -> None:
    """Give ``document`` these lines. Raises ``InvalidInput`` naming the row at fault."""
    kind = Kind(document.kind)
    virtual = None
    if kind in _VIRTUAL:
        virtual = virtual_location(document.company, _VIRTUAL[kind])
    rows = []
    for row, line in enumerate(lines):
        require_decimal(line.quantity, field="quantity", row=row)
        if line.unit_cost is not None:
            require_decimal(line.unit_cost, field="unit_cost", row=row, positive=False)
        source, target = _ends(kind, line, virtual, row)
        require_company(
            document.company, row=row, item=line.item, from_location=source, to_location=target
        )
        _check_line(document, line, source, target, row)
        rows.append(
            StockDocumentLine(
                company=document.company,
                document=document,
                item=line.item,
                lot_code=line.lot_code.strip(),
                quantity=line.quantity,
                unit_cost=line.unit_cost,
                from_location=source,
                to_location=target,
            )
        )
    StockDocumentLine.objects.bulk_create(rows)


def _ends(
    kind: Kind, line: StockLine, virtual: Location | None, row: int
) -> tuple[Location, Location]:
    """From and to, the kind's own place where one is left out."""
    source, target = line.from_location, line.to_location
    if kind in (Kind.OPENING, Kind.BROUGHT):
        source = source or virtual
    elif kind in (Kind.SCRAP, Kind.ISSUE, Kind.TAKEN_BACK):
        target = target or virtual
    elif kind == Kind.ADJUSTMENT:
        if source is None and target is not None:
            source = virtual
        elif target is None and source is not None:
            target = virtual
    if source is None or target is None:
        field = "from_location" if source is None else "to_location"
        raise InvalidInput("required", _("A place is missing."), field=field, row=row)
    return source, target


def _check_line(
    document: StockDocument,
    line: StockLine,
    source: Location,
    target: Location,
    row: int,
) -> None:
    kind = Kind(document.kind)
    is_foreign = kind in (Kind.BROUGHT, Kind.TAKEN_BACK)
    here: set[str] = {Location.Kind.FOREIGN} if is_foreign else set(Location.PHYSICAL)
    comes_in = kind in (Kind.OPENING, Kind.BROUGHT)
    goes_out = kind in (Kind.SCRAP, Kind.ISSUE, Kind.TAKEN_BACK)
    wanted_from: set[str] = {_VIRTUAL[kind]} if comes_in else here
    wanted_to: set[str] = {_VIRTUAL[kind]} if goes_out else here
    if kind == Kind.ADJUSTMENT and not source.is_physical:
        wanted_from = {_VIRTUAL[kind]}
    elif kind == Kind.ADJUSTMENT:
        wanted_to = {_VIRTUAL[kind]}
    for field, place, wanted in (
        ("from_location", source, wanted_from),
        ("to_location", target, wanted_to),
    ):
        if place.kind not in wanted:
            raise InvalidInput(
                "wrong_place",
                _("{place} is no place for “{kind}”.").format(place=place.code, kind=kind.label),
                field=field,
                row=row,
            )
        is_elsewhere = place.site_id is not None and place.site_id != document.site_id
        if is_elsewhere and kind != Kind.TRANSFER:
            raise InvalidInput(
                "other_site",
                _("{place} is at another site.").format(place=place.code),
                field=field,
                row=row,
            )
    if source.pk == target.pk:
        raise InvalidInput(
            "same_location", _("From and to are the same place."), field="to_location", row=row
        )
    _check_cost(kind, line, source, row)


def _check_cost(kind: Kind, line: StockLine, source: Location, row: int) -> None:
    if kind == Kind.OPENING and line.unit_cost is None:
        raise InvalidInput(
            "cost_required", _("Say what a unit is worth."), field="unit_cost", row=row
        )
    if line.unit_cost is None:
        return
    if line.unit_cost < ZERO:
        raise InvalidInput(
            "negative_value", _("Cost can't be negative."), field="unit_cost", row=row
        )
    if source.is_physical or kind in (Kind.BROUGHT, Kind.TAKEN_BACK):
        raise InvalidInput(
            "cost_not_wanted",
            _("What is in stock has its cost already.")
            if source.is_physical
            else _("What is a supplier's costs nothing until it is taken over."),
            field="unit_cost",
            row=row,
        )
