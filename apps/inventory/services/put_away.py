"""Put-away: where goods at a dock belong, with the reason; and bringing them there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.transactions import unit_of_work
from apps.inventory.models import Location, Lot, StockDocument
from apps.inventory.services.stock_documents import draft_stock_document, post_stock_document
from apps.inventory.services.stock_lines import StockLine
from apps.masterdata.models import Item


@dataclass(frozen=True, slots=True)
class PutAway:
    """``quantity`` of an item and lot, in stock units, from a dock to a place."""

    item: Item
    quantity: Decimal
    source: Location
    target: Location
    lot: Lot | None = None


def put_away(
    company: Company, lines: Sequence[PutAway], *, by: User, date: Date | None = None
) -> StockDocument:
    """Bring goods of one site to their places: a posted transfer, which can be reversed.

    Raises ``BusinessError`` naming the row: ``no_room``, ``one_item_only``, ``location_frozen``,
    ``insufficient_stock``.
    """
    if not lines:
        raise InvalidInput("no_lines", _("Say what."), field="lines")
    site = lines[0].source.site
    if site is None:
        raise InvalidInput("site_required", _("A place of ours has a site."), field="source")
    with unit_of_work():
        document = draft_stock_document(
            company,
            kind=StockDocument.Kind.TRANSFER,
            site=site,
            date=date or timezone.localdate(),
            lines=[
                StockLine(
                    item=one.item,
                    quantity=one.quantity,
                    from_location=one.source,
                    to_location=one.target,
                    lot_code=one.lot.code if one.lot else "",
                )
                for one in lines
            ],
            note=_("Put away"),
            by=by,
        )
        return post_stock_document(document, by=by)
