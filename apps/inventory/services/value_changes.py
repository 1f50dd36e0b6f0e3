"""What all changes of stock value without a move write: journal lines, layers, the register."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from apps.core.models import Company, User
from apps.core.sql import columns, execute, insert_rows
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Line
from apps.inventory.late_cost import Place
from apps.inventory.models import ValuationAdjustment
from apps.inventory.services.locking import LockedItem

_ADD_TO_LAYERS = """
UPDATE inventory_costlayer l SET value_left = l.value_left + d.amount
  FROM unnest(%s::bigint[], %s::numeric[]) AS d(id, amount) WHERE l.id = d.id
"""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """``amount`` that an item, and a layer of it, is worth more; ``quantity`` was left of that."""

    item_id: int
    layer_id: int | None
    amount: Decimal
    quantity: Decimal | None = None


def adjustment_line(
    place: Place, amount: Decimal, items: Mapping[int, LockedItem], resolver: AccountResolver
) -> Line:
    """The journal line of a part of a change: ``place`` names its account or the role of it."""
    account_id = place.account_id
    if account_id is None:
        account_id = resolver.account_id(
            place.role, category_id=items[place.item_id].category_id, reason_id=place.reason_id
        )
    return Line(
        account_id=account_id,
        amount=amount,
        item_id=place.item_id,
        cost_object_id=place.cost_object_id,
        partner_id=place.partner_id,
        reason_id=place.reason_id,
    )


def add_to_layers(rows: Sequence[tuple[int | None, Decimal]]) -> None:
    """Add amounts to what layers are worth. The caller holds their items."""
    if rows:
        execute(_ADD_TO_LAYERS, columns(rows, 2))


def write_adjustments(
    company: Company,
    kind: str,
    rows: Sequence[ValueChange],
    source: Any,
    date: Date,
    entry_id: int,
    by: User,
) -> None:
    """Note the changes in the register; one statement."""
    now = timezone.now()
    insert_rows(
        ValuationAdjustment,
        [
            {
                "company_id": company.pk,
                "source_type_id": ContentType.objects.get_for_model(source).pk,
                "source_id": source.pk,
                "created_at": now,
                "created_by_id": by.pk,
                "kind": kind,
                "date": date,
                "item_id": one.item_id,
                "layer_id": one.layer_id,
                "amount": one.amount,
                "quantity": one.quantity,
                "entry_id": entry_id,
            }
            for one in rows
        ],
    )
