"""What a shipment serves: documents of whatever app promised its goods."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType

from apps.supply_chain.models import Shipment, ShipmentLine


def orders_of_shipment(shipment_id: int) -> list[Any]:
    """The documents whose lines promised what was shipped, in the order of their numbers.

    Known by the register alone: a promising line has an ``order``.
    """
    found = (getattr(line, "order", None) for line in promising_lines(shipment_id).values())
    orders = {(type(order), order.pk): order for order in found if order is not None}
    return sorted(orders.values(), key=lambda order: order.number)


def promising_lines(shipment_id: int) -> dict[int, Any]:
    """The document line behind each expected move that was shipped, by that move's key.

    The part of a kit knows its ``order`` by the ``line`` of the kit.
    """
    promised = ShipmentLine.objects.filter(shipment=shipment_id).values_list(
        "expected_move", "expected_move__source_type_id", "expected_move__source_id"
    )
    wanted: dict[int, dict[int, int]] = {}
    for expected_id, type_id, key in promised:
        wanted.setdefault(type_id, {})[key] = expected_id
    found: dict[int, Any] = {}
    for type_id, keys in wanted.items():
        model: Any = ContentType.objects.get_for_id(type_id).model_class()
        names = {column.name for column in model._meta.fields}
        paths = {"order": ["order"], "line": ["line__order"]}
        related = [path for name, own in paths.items() if name in names for path in own]
        rows = model._default_manager.filter(pk__in=keys)
        for row in rows.select_related(*related) if related else rows:
            found[keys[row.pk]] = row
    return found


def drop_shipments_of_order(order_id: int) -> list[Shipment]:
    """What a supplier shipped to a customer for a purchase order, reversed ones too."""
    return list(Shipment.objects.filter(drop_receipt__order=order_id).order_by("pk"))
