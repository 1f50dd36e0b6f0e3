"""Kanban: a card that is empty writes a transfer down, one that is brought posts it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.core.services.documents import insert_all, lock, require_reason
from apps.core.services.master_data import create_row, update_row
from apps.core.services.numbering import as_number
from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.inventory.models import KanbanCard, KanbanLoop, Location, StockDocument
from apps.inventory.services.locking import lock_items
from apps.inventory.services.picking import pick_lots
from apps.inventory.services.stock_documents import (
    cancel_stock_document,
    change_stock_document,
    draft_stock_document,
    post_stock_document,
)
from apps.inventory.services.stock_lines import StockLine
from apps.masterdata.models import Item

MOST_CARDS = 100
Status = KanbanCard.Status
_NUMBERS = "SELECT nextval('inventory_kanbancard_series') FROM generate_series(1, %s)"


def create_kanban_loop(*, by: Any, reason: str = "", **values: Any) -> KanbanLoop:
    """A new loop, without cards. Raises ``InvalidInput`` for places that can't be meant."""
    with unit_of_work():
        check_kanban_loops([KanbanLoop(**values)])
        return create_row(KanbanLoop, values=values, by=by, reason=reason)


def update_kanban_loop(
    row: KanbanLoop, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> KanbanLoop:
    """Change a loop; what is empty already is brought as it was asked for."""
    with unit_of_work():
        wanted = lock(row, version=version)
        for name, value in values.items():
            setattr(wanted, name, value)
        check_kanban_loops([wanted])
        return update_row(row, values=values, by=by, reason=reason)


def check_kanban_loops(rows: Sequence[KanbanLoop]) -> None:
    """Raise ``InvalidInput`` naming the row: places that can't be meant, an item not stocked."""
    keys = {key for row in rows for key in (row.supply_id, row.line_id)}
    places = Location.objects.in_bulk(keys)
    items = Item.objects.in_bulk({row.item_id for row in rows})
    for number, row in enumerate(rows):
        for field in ("supply", "line"):
            place = places.get(getattr(row, f"{field}_id"))
            if place is not None and place.kind != Location.Kind.INTERNAL:
                raise InvalidInput(
                    "wrong_place",
                    _("Goods can't be put away at {place}.").format(place=place.code),
                    field=field,
                    row=number,
                )
        if row.supply_id == row.line_id:
            raise InvalidInput(
                "same_location", _("From and to are the same place."), field="line", row=number
            )
        item = items.get(row.item_id)
        if item is not None and not item.is_stocked:
            raise InvalidInput(
                "not_stocked",
                _("{item} is not kept in stock.").format(item=item.code),
                field="item",
                row=number,
            )


def add_kanban_cards(loop: KanbanLoop, count: int, *, by: User) -> list[KanbanCard]:
    """``count`` more cards for a loop; they hang at full bins until somebody scans them empty."""
    if not 0 < count <= MOST_CARDS:
        raise InvalidInput(
            "out_of_range", _("Between 1 and {most}.").format(most=MOST_CARDS), field="count"
        )
    with unit_of_work():
        numbers = [as_number(row[0], "KB") for row in fetch_all(_NUMBERS, [count])]
        return insert_all(
            [
                KanbanCard(company_id=loop.company_id, loop=loop, number=number, created_by=by)
                for number in numbers
            ],
            by=by,
        )


def empty_kanban_card(card: KanbanCard, *, by: User, version: int | None = None) -> KanbanCard:
    """The bin of the card is used up: write down the transfer that fills it again."""
    with unit_of_work():
        card = lock(card, version=version, related=_LOOP)
        card.transition_to(Status.EMPTY)
        loop = card.loop
        card.emptied_at = timezone.now()
        card.transfer = draft_stock_document(
            card.company,
            kind=StockDocument.Kind.TRANSFER,
            site=loop.supply.site,  # type: ignore[arg-type]
            date=timezone.localdate(),
            lines=[_line(loop, loop.quantity)],
            note=card.number,
            by=by,
        )
        return card.save_by(by)


def fill_kanban_card(card: KanbanCard, *, by: User, version: int | None = None) -> KanbanCard:
    """The goods are at the line: post the transfer, lots by the strategy of the item.

    Raises ``BusinessError`` (``insufficient_stock``) when the supermarket has not enough.
    """
    with unit_of_work():
        card = lock(card, version=version, related=_LOOP)
        card.transition_to(Status.FULL)
        # An empty card has its transfer: the database holds it to that.
        transfer = StockDocument.objects.get(pk=cast(int, card.transfer_id))
        [asked] = transfer.lines.select_related("item", "from_location", "to_location")
        if asked.item.tracking != Item.Tracking.NONE:
            items = lock_items(card.company, [asked.item_id])
            picks = pick_lots(
                items, [(asked.item_id, asked.quantity)], location=asked.from_location
            )
            lines = [
                StockLine(
                    asked.item,
                    pick.quantity,
                    asked.from_location,
                    asked.to_location,
                    lot_code=pick.lot.code if pick.lot else "",
                )
                for pick in picks
            ]
            transfer = change_stock_document(
                transfer, lines=lines, date=timezone.localdate(), by=by
            )
        card.transfer = post_stock_document(transfer, by=by)
        card.emptied_at = None
        return card.save_by(by)


def retire_kanban_card(
    card: KanbanCard, *, reason: str, by: User, version: int | None = None
) -> KanbanCard:
    """Take a card out of its loop; what it asked for is asked for no longer."""
    reason = require_reason(reason)
    with unit_of_work():
        card = lock(card, version=version, related=("transfer",))
        was_empty = card.status == Status.EMPTY
        card.transition_to(Status.RETIRED)
        if was_empty and card.transfer is not None:
            card.transfer = cancel_stock_document(card.transfer, reason=reason, by=by)
        return card.save_by(by, reason=reason)


_LOOP = ("company", "loop__item", "loop__supply__site", "loop__line", "transfer")


def _line(loop: KanbanLoop, quantity: Any) -> StockLine:
    return StockLine(
        item=loop.item, quantity=quantity, from_location=loop.supply, to_location=loop.line
    )
