"""Where goods belong: rules asked in their order, places with room, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.models import Company, Site, User
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.inventory.models import ItemHandling, Location, PutAwayRule, StockBalance
from apps.inventory.queries.room import Load, loads_of
from apps.masterdata.models import Item

MOST_PLACES = 200
# A zone with all places in it that are no packages; UNION ends circles.
_ZONES = """
WITH RECURSIVE zone AS (
  SELECT p.id AS root, p.id FROM inventory_location p WHERE p.id = ANY(%s)
  UNION
  SELECT z.root, p.id FROM zone z JOIN inventory_location p ON p.parent_id = z.id
   WHERE NOT EXISTS (SELECT 1 FROM inventory_package k WHERE k.location_id = p.id))
SELECT z.root, p.id, p.code,
       EXISTS (SELECT 1 FROM inventory_location c WHERE c.parent_id = p.id
                  AND NOT EXISTS (SELECT 1 FROM inventory_package k WHERE k.location_id = c.id))
  FROM zone z JOIN inventory_location p ON p.id = z.id
 WHERE p.kind = 'internal' AND p.is_active AND NOT p.is_frozen AND NOT p.is_quarantine
   AND p.held_by_id IS NULL
   AND p.site_id = %s
 ORDER BY z.root, p.walk_order, p.code
"""
_HOLDING = """
SELECT DISTINCT location_id FROM inventory_stockbalance
 WHERE item_id = %s AND location_id = ANY(%s) AND quantity > 0
"""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A place for ``quantity`` in stock units, and why. ``room`` is None where nothing limits."""

    location_id: int
    location: str
    quantity: Decimal
    room: Decimal | None
    rule: str
    reason: str


@dataclass(slots=True)
class Waiting:
    """Goods at a dock and where they may go."""

    balance: StockBalance
    suggestions: list[Suggestion] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Place:
    id: int
    code: str
    has_places: bool


def waiting_goods(company: Company, *, user: User, most: int = 50) -> list[Waiting]:
    """What lies at docks for receipt, not set aside, oldest first. Not what is in packages."""
    docks = Location.objects.visible_to(user).filter(
        company=company, use=Location.Use.RECEIVING, is_active=True, is_frozen=False
    )
    rows = StockBalance.objects.filter(location__in=docks, quantity__gt=0)
    found = rows.select_related("item__unit", "item__category", "location__site", "lot")
    return [Waiting(row) for row in found.order_by("pk")[:most] if row.available > 0]


def suggest_put_away(
    company: Company, item: Item, quantity: Decimal, *, site: Site
) -> list[Suggestion]:
    """Places for ``quantity`` of an item at a site, in the order of the rules, until all fits.

    What fits nowhere is left out: the quantities may sum to less. Four statements.
    """
    rules = list(
        PutAwayRule.objects.filter(
            Q(item=item) | Q(item=None),
            Q(category=item.category_id) | Q(category=None),
            company=company,
            is_active=True,
        ).order_by("position", "pk")
    )
    zones: dict[int, list[_Place]] = {}
    for root, *place in fetch_all(_ZONES, [[rule.location_id for rule in rules], site.pk]):
        zones.setdefault(root, []).append(_Place(*place))
    keys = sorted({place.id for places in zones.values() for place in places})
    loads = loads_of(keys)
    holding = {row[0] for row in fetch_all(_HOLDING, [item.pk, keys])}
    weight, volume = _measures(item)
    suggestions: list[Suggestion] = []
    seen: set[int] = set()
    left = quantity
    for rule in rules:
        for place in _places(rule, zones.get(rule.location_id, ()), loads, holding):
            if left <= 0:
                return suggestions
            room = loads[place.id].room_for(item.pk, weight, volume)
            fits = left if room is None else min(left, _whole(room, item))
            if place.id in seen or fits <= 0:
                continue
            seen.add(place.id)
            left -= fits
            suggestions.append(
                Suggestion(place.id, place.code, fits, room, rule.code, _reason(rule, item, room))
            )
    return suggestions


def _places(
    rule: PutAwayRule, zone: Sequence[_Place], loads: dict[int, Load], holding: set[int]
) -> Iterator[_Place]:
    for place in zone[:MOST_PLACES]:
        if rule.strategy == PutAwayRule.Strategy.FIXED:
            if place.id == rule.location_id:
                yield place
        elif place.has_places:
            continue  # goods lie in bins, not between them
        elif rule.strategy == PutAwayRule.Strategy.SAME_ITEM:
            if place.id in holding:
                yield place
        elif not loads[place.id].items:
            yield place


def _reason(rule: PutAwayRule, item: Item, room: Decimal | None) -> str:
    texts = {
        PutAwayRule.Strategy.FIXED: _("Its fixed place"),
        PutAwayRule.Strategy.SAME_ITEM: _("{item} lies there already").format(item=item.code),
        PutAwayRule.Strategy.EMPTY: _("The place is empty"),
    }
    said = texts[PutAwayRule.Strategy(rule.strategy)]
    if room is None:
        return _("{why} (rule {rule}).").format(why=said, rule=rule.code)
    return _("{why}, room for {room} (rule {rule}).").format(
        why=said, room=f"{_whole(room, item).normalize():f}", rule=rule.code
    )


def _measures(item: Item) -> tuple[Decimal, Decimal]:
    """Weight and volume of a stock unit, where somebody has said."""
    rows = list(
        ItemHandling.objects.filter(
            Q(item=item) | Q(category=item.category_id), company=item.company_id, is_active=True
        )
    )
    rows.sort(key=lambda row: row.item_id is None)
    weight = next((row.unit_weight for row in rows if row.unit_weight is not None), ZERO)
    volume = next((row.unit_volume for row in rows if row.unit_volume is not None), ZERO)
    return weight, volume


def _whole(room: Decimal, item: Item) -> Decimal:
    """What of a room can be used: whole units, or what the unit allows."""
    return room.quantize(Decimal(1).scaleb(-item.unit.decimal_places), rounding=ROUND_DOWN)
