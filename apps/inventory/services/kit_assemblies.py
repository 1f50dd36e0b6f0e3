"""Kits put together from components and taken apart again: what went in is what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import require_decimal
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import CostObject
from apps.finance.services.cost_objects import open_cost_object, set_cost_objects_active
from apps.inventory.models import KitAssembly, KitComponent, Location, Lot, StockMove
from apps.inventory.services.conversions import announce_conversion, flows_of, posted_flows
from apps.inventory.services.kit_moves import kit_moves
from apps.inventory.services.locking import lock_items
from apps.inventory.services.lots import NewLot, create_lots
from apps.inventory.services.moves import PostedMove, post_moves, reverse_moves
from apps.masterdata.models import Item

JOURNAL = "INV"
Kind = KitAssembly.Kind
Status = KitAssembly.Status


@dataclass(frozen=True, slots=True)
class Component:
    """``quantity`` for one kit, in stock units; ``location``: from where, or where it goes."""

    item: Item
    quantity: Decimal
    location: Location
    lot_code: str = ""


def draft_kit_assembly(
    company: Company,
    *,
    site: Site,
    date: Date,
    item: Item,
    quantity: Decimal,
    location: Location,
    components: Sequence[Component],
    by: User,
    kind: str = Kind.ASSEMBLE,
    lot_code: str = "",
    note: str = "",
) -> KitAssembly:
    """Write down what becomes what; nothing moves yet.

    Raises ``InvalidInput`` naming the row: ``own_component``, ``line_twice``, ``wrong_place``.
    """
    with unit_of_work():
        assembly = KitAssembly(
            company=company,
            number=next_number("inventory_kitassembly_series", "KA"),
            kind=kind,
            site=site,
            date=date,
            item=item,
            quantity=quantity,
            lot_code=lot_code.strip(),
            location=location,
            note=note,
            created_by=by,
        )
        _check_header(assembly)
        _check_components(assembly, components)
        assembly = assembly.save_by(by)
        _write_components(assembly, components)
    return assembly


def change_kit_assembly(
    assembly: KitAssembly,
    *,
    by: User,
    version: int | None = None,
    components: Sequence[Component] | None = None,
    **values: Any,
) -> KitAssembly:
    """Change a draft; ``components`` replace all of its."""
    with unit_of_work():
        assembly = lock(assembly, version=version, related=("company", "site", "item", "location"))
        require_status(assembly, Status.DRAFT)
        for name, value in values.items():
            setattr(assembly, name, value)
        _check_header(assembly)
        if components is not None:
            _check_components(assembly, components)
            assembly.components.all().delete()
            _write_components(assembly, components)
        return assembly.save_by(by)


def post_kit_assembly(
    assembly: KitAssembly, *, by: User, version: int | None = None
) -> KitAssembly:
    """Move components and kits, and what they are worth, in one posting.

    Kits are worth what their components were; components taken out share what the kits were by
    what they are carried at, with the largest remainder. Raises ``BusinessError`` for what stock
    does not allow: ``row`` counts the components, and the kits are the row after them.
    """
    with unit_of_work():
        assembly = lock(
            assembly, version=version, related=("company__currency", "item", "location")
        )
        assembly.transition_to(Status.POSTED)
        parts = list(assembly.components.select_related("item", "location"))
        lots = _lots(assembly, parts, by)
        assembly.cost_object = open_cost_object(
            assembly.company,
            code=assembly.number,
            name=f"{assembly.get_kind_display()} {assembly.item.code}"[:100],
            kind=CostObject.Kind.WORK_ORDER,
            by=by,
        )
        items = lock_items(assembly.company, [assembly.item_id, *(part.item_id for part in parts)])
        moves = kit_moves(assembly, parts, lots, items)
        try:
            posting = post_moves(
                assembly.company,
                moves,
                source=assembly,
                date=assembly.date,
                journal=JOURNAL,
                by=by,
                description=f"{assembly.get_kind_display()} {assembly.number}",
                items=items,
            )
        except BusinessError as error:
            _tell_row(error, assembly, len(parts))
            raise
        _note_values(assembly, parts, posting.moves)
        announce_conversion(assembly.company, posted_flows(posting.moves), source=assembly, by=by)
        [assembly.cost_object] = set_cost_objects_active(
            [assembly.cost_object.pk], is_active=False, by=by
        )
        return assembly.save_by(by)


def reverse_kit_assembly(
    assembly: KitAssembly, *, reason: str, by: User, date: Date | None = None
) -> KitAssembly:
    """Move everything back at its own value. Raises when what was made has been used."""
    reason = require_reason(reason)
    with unit_of_work():
        assembly = lock(assembly, related=("company",))
        assembly.transition_to(Status.REVERSED)
        rows = StockMove.objects.filter(
            company=assembly.company,
            source_type__app_label="inventory",
            source_type__model="kitassembly",
            source_id=assembly.pk,
            reverses__isnull=True,
        )
        moves = list(rows.select_related("from_location", "to_location", "lot").order_by("pk"))
        reverse_moves(
            assembly.company,
            moves,
            source=assembly,
            date=date or timezone.localdate(),
            journal=JOURNAL,
            by=by,
            description=_("Reversal of {document}: {reason}").format(
                document=assembly.number, reason=reason
            ),
            reverses_entry_id=next(iter({move.entry_id for move in moves} - {None}), None),
        )
        announce_conversion(
            assembly.company, flows_of(moves), source=assembly, by=by, is_undone=True
        )
        return assembly.save_by(by, reason=reason)


def cancel_kit_assembly(assembly: KitAssembly, *, by: User, reason: str = "") -> KitAssembly:
    """Give up a draft."""
    with unit_of_work():
        assembly = lock(assembly)
        assembly.transition_to(Status.CANCELLED)
        return assembly.save_by(by, reason=reason)


def _check_header(assembly: KitAssembly) -> None:
    if assembly.kind not in Kind.values:
        raise InvalidInput("unknown_kind", _("There is no such kind."), field="kind")
    require_company(
        assembly.company, site=assembly.site, item=assembly.item, location=assembly.location
    )
    require_decimal(assembly.quantity, field="quantity")
    _check_place(assembly, assembly.location, None)


def _check_place(assembly: KitAssembly, place: Location, row: int | None) -> None:
    if place.kind != Location.Kind.INTERNAL or place.site_id != assembly.site_id:
        raise InvalidInput(
            "wrong_place",
            _("{place} is no place of {site}.").format(place=place.code, site=assembly.site),
            field="location",
            row=row,
        )


def _check_components(assembly: KitAssembly, components: Sequence[Component]) -> None:
    if not components:
        raise InvalidInput("no_lines", _("Say what it is made of."), field="components")
    seen: set[tuple[int, int, str]] = set()
    for row, one in enumerate(components):
        require_company(assembly.company, row=row, item=one.item, location=one.location)
        require_decimal(one.quantity, field="quantity", row=row)
        _check_place(assembly, one.location, row)
        if one.item.pk == assembly.item.pk:
            raise InvalidInput(
                "own_component",
                _("{item} can't be a component of itself.").format(item=one.item.code),
                field="item",
                row=row,
            )
        key = (one.item.pk, one.location.pk, one.lot_code.strip())
        if key in seen:
            raise InvalidInput(
                "line_twice",
                _("{item} is here twice.").format(item=one.item.code),
                field="item",
                row=row,
            )
        seen.add(key)


def _write_components(assembly: KitAssembly, components: Sequence[Component]) -> None:
    KitComponent.objects.bulk_create(
        [
            KitComponent(
                company_id=assembly.company_id,
                assembly=assembly,
                item=one.item,
                quantity=one.quantity,
                lot_code=one.lot_code.strip(),
                location=one.location,
            )
            for one in components
        ]
    )


def _lots(
    assembly: KitAssembly, parts: Sequence[KitComponent], by: User
) -> dict[tuple[int, str], Lot]:
    """The lots named, by item and code: made when they come to be, found when they are used."""
    kit = (assembly.item, assembly.lot_code, None)
    components = [(part.item, part.lot_code, row) for row, part in enumerate(parts)]
    is_made = assembly.kind == Kind.ASSEMBLE
    made, used = ([kit], components) if is_made else (components, [kit])
    new = [NewLot(item, code) for item, code, _row in made if code]
    lots = {(lot.item_id, lot.code): lot for lot in create_lots(assembly.company, new, by=by)}
    known = Lot.objects.filter(
        company=assembly.company,
        item__in=[item.pk for item, code, _row in used if code],
        code__in=[code for _item, code, _row in used if code],
    )
    lots |= {(lot.item_id, lot.code): lot for lot in known}
    for item, code, row in used:
        if code and (item.pk, code) not in lots:
            raise BusinessError(
                "unknown_lot",
                _("{item} has no lot {lot}.").format(item=item.code, lot=code),
                field="lot_code",
                row=row,
            )
    return lots


def _note_values(
    assembly: KitAssembly, parts: Sequence[KitComponent], posted: Sequence[PostedMove]
) -> None:
    is_made = assembly.kind == Kind.ASSEMBLE
    kit, rest = (posted[-1], posted[:-1]) if is_made else (posted[0], posted[1:])
    assembly.value = kit.counter_value
    for part, one in zip(parts, rest, strict=True):
        part.value = one.counter_value
    KitComponent.objects.bulk_update(parts, ["value"])


def _tell_row(error: BusinessError, assembly: KitAssembly, count: int) -> None:
    """Rows of a refusal in the order of the document: components, then the kits."""
    if error.row is not None and assembly.kind == Kind.DISASSEMBLE:
        error.row = count if error.row == 0 else error.row - 1
