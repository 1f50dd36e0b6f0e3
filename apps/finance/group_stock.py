"""Goods in stock that one company of ours bought of another; apps above register who knows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class GroupGoods:
    """What is left of one receipt: ``worth`` at the price paid, in the buyer's currency.

    ``margin`` is the seller's, as a part of its price; None where its cost can't be traced.
    ``account_id`` is the buyer's stock account.
    """

    buyer_id: int
    seller_id: int
    account_id: int | None
    item: str
    name: str
    receipt: str
    shipment: str
    quantity: Decimal
    worth: Fraction
    margin: Fraction | None


@dataclass(frozen=True, slots=True)
class AskedGoods:
    """Stock of these companies at the end of a day that they bought of each other."""

    members: Sequence[int]
    at: Date


Source = Callable[[AskedGoods], Sequence[GroupGoods]]
_sources: dict[str, Source] = {}


def register_group_goods(name: str, source: Source) -> None:
    """``source`` gives what its app has received; registered from the app's ``handlers``."""
    _sources[name] = source


def group_goods(asked: AskedGoods) -> list[GroupGoods]:
    """What every app knows of, by buyer, item and receipt."""
    found = [row for _name, source in sorted(_sources.items()) for row in source(asked)]
    return sorted(found, key=lambda row: (row.buyer_id, row.item, row.receipt))
