"""What consignments weigh, what carriers ask for them by their rates, and what they billed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.models import Company
from apps.core.money import ZERO, allocate, round_money
from apps.core.sql import fetch_all
from apps.finance.models import InvoiceLine
from apps.inventory.delivery_charges import DeliveryCharge
from apps.supply_chain.models import CarrierRate, CarrierService, Consignment, Shipment
from apps.supply_chain.queries.packed import packed_shipment

# Net weight by customs' data, else the weight that the warehouse knows; stock units.
_WEIGHTS = """
SELECT l.shipment_id,
       sum(l.quantity * coalesce(t.net_weight, own.unit_weight, general.unit_weight, 0))
  FROM supply_chain_shipmentline l
  JOIN masterdata_item i ON i.id = l.item_id
  LEFT JOIN supply_chain_itemtradedata t ON t.item_id = i.id
  LEFT JOIN inventory_itemhandling own ON own.item_id = i.id AND own.is_active
  LEFT JOIN inventory_itemhandling general
         ON general.category_id = i.category_id AND general.is_active
 WHERE l.shipment_id = ANY(%s) GROUP BY l.shipment_id
"""
_BILLED = """
SELECT coalesce(sum(CASE n.kind WHEN 'supplier' THEN l.amount ELSE -l.amount END
                    * coalesce(n.exchange_rate, 1)), 0)
  FROM finance_invoiceline l
  JOIN finance_invoice n ON n.id = l.invoice_id AND n.status = 'posted'
 WHERE n.kind IN ('supplier', 'bill_credit')
   AND (l.source_type_id = %(type)s AND l.source_id = %(key)s
        OR l.source_type_id = %(line_type)s AND l.source_id IN (
           SELECT id FROM finance_invoiceline
            WHERE source_type_id = %(type)s AND source_id = %(key)s))
"""

# Charged, but on no invoice that stands; locked, so that no two invoices charge it.
_CHARGES = """
SELECT c.id, c.number, c.charge_amount, p.currency_id
  FROM supply_chain_consignment c
  JOIN masterdata_partner p ON p.id = c.partner_id
 WHERE c.company_id = %(company)s AND c.charge_amount > 0
   AND c.status IN ('dispatched', 'delivered')
   AND EXISTS (SELECT 1 FROM supply_chain_consignmentshipment s
                 JOIN supply_chain_shipmentline l ON l.shipment_id = s.shipment_id
                WHERE s.consignment_id = c.id AND l.expected_move_id = ANY(%(moves)s))
   AND NOT EXISTS (SELECT 1 FROM finance_invoiceline l
                     JOIN finance_invoice n ON n.id = l.invoice_id
                      AND n.kind = 'customer' AND n.status IN ('draft', 'posted')
                    WHERE l.source_type_id = %(type)s AND l.source_id = c.id)
 ORDER BY c.id FOR UPDATE OF c
"""


@dataclass(frozen=True, slots=True)
class FreightOfShipment:
    """A shipment's part of what the freight of its consignment was billed, in company currency."""

    shipment_id: int
    number: str
    weight: Decimal
    billed: Decimal


def waiting_charges(company: Company, expected_move_ids: Sequence[int]) -> list[DeliveryCharge]:
    """What customers are still to be charged for consignments that carry these expected moves."""
    asked = {
        "type": ContentType.objects.get_for_model(Consignment).pk,
        "company": company.pk,
        "moves": list(expected_move_ids),
    }
    return [
        DeliveryCharge(
            Consignment(id=key, company_id=company.pk, number=number),
            _("Freight {number}").format(number=number),
            amount,
            currency,
        )
        for key, number, amount, currency in fetch_all(_CHARGES, asked)
    ]


def net_weights(shipment_ids: Iterable[int]) -> dict[int, Decimal]:
    """What the goods of each shipment weigh, in kg; zero where nobody has said."""
    keys = list(shipment_ids)
    found = dict(fetch_all(_WEIGHTS, [keys]))
    return {key: found.get(key, ZERO) for key in keys}


def gross_weight(shipments: Sequence[Shipment]) -> Decimal:
    """Of their packages as weighed, where there are any, else of their goods, in kg."""
    goods = net_weights(one.pk for one in shipments)
    total = ZERO
    for one in shipments:
        packed = packed_shipment(one)
        total += packed.gross_weight or goods[one.pk]
    return total


def package_count(shipments: Sequence[Shipment]) -> int:
    """How many pieces the carrier takes: outermost packages."""
    return sum(
        1 for one in shipments for package in packed_shipment(one).packages if not package.depth
    )


def estimated_freight(
    service: CarrierService, weight: Decimal, *, country: str, day: Date
) -> Decimal | None:
    """What ``service`` costs for ``weight`` kg, in its currency; None where no rate says so.

    The latest rate of the country, else of everywhere, from the highest weight that is reached.
    """
    rates = CarrierRate.objects.filter(
        Q(country=country) | Q(country=""),
        service=service,
        valid_from__lte=day,
        from_weight__lte=weight,
    )
    best = max(
        rates, key=lambda one: (one.country != "", one.from_weight, one.valid_from), default=None
    )
    if best is None:
        return None
    places = service.currency.decimal_places
    return round_money(best.base_price + best.price_per_kg * weight, places)


def billed_freight(consignment: Consignment) -> Decimal:
    """What carriers have billed for it, less their credits, in company currency."""
    asked = {
        "type": ContentType.objects.get_for_model(Consignment).pk,
        "line_type": ContentType.objects.get_for_model(InvoiceLine).pk,
        "key": consignment.pk,
    }
    [[amount]] = fetch_all(_BILLED, asked)
    return round_money(amount, consignment.company.currency.decimal_places)


def freight_by_shipment(consignment: Consignment) -> list[FreightOfShipment]:
    """The billed freight split over its shipments by weight, else evenly; the parts sum to it."""
    shipments = [part.shipment for part in consignment.parts.select_related("shipment")]
    if not shipments:
        return []
    weights = net_weights(one.pk for one in shipments)
    keys = [weights[one.pk] for one in shipments]
    if not any(keys):
        keys = [Decimal(1)] * len(shipments)
    places = consignment.company.currency.decimal_places
    parts = allocate(billed_freight(consignment), keys, places)
    return [
        FreightOfShipment(one.pk, one.number, weights[one.pk], part)
        for one, part in zip(shipments, parts, strict=True)
    ]
