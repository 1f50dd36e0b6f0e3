"""Prices from the price lists, in one statement however many lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.crm.models import CustomerProfile
from apps.crm.pricing import Priced, Rule, Sale, price_of
from apps.masterdata.models import Item, Partner

_RULES = """
SELECT r.id, r.valid_from, r.valid_until, r.partner_id, r.segment_id, r.item_id, r.category_id,
       r.min_quantity, r.unit_price, r.discount_percent, p.segment_id
  FROM crm_pricerule r
  JOIN crm_pricelist l ON l.id = r.price_list_id AND l.is_active AND l.currency_id = %(currency)s
  LEFT JOIN crm_customerprofile p ON p.partner_id = %(partner)s
 WHERE r.company_id = %(company)s AND r.is_active
   AND r.valid_from <= %(date)s AND (r.valid_until IS NULL OR r.valid_until >= %(date)s)
   AND (r.partner_id IS NULL OR r.partner_id = %(partner)s)
   AND (r.segment_id IS NULL OR r.segment_id = p.segment_id)
   AND (r.item_id IS NULL OR r.item_id = ANY(%(items)s))
   AND (r.category_id IS NULL OR r.category_id = ANY(%(categories)s))
"""


def prices_for(
    company: Company,
    *,
    partner: Partner,
    currency_id: str,
    date: Date,
    wanted: Sequence[tuple[Item, Decimal]],
) -> list[Priced | None]:
    """The price of each (item, quantity) per stock unit; None where nothing names one.

    The item's own price is in company currency and counts in no other.
    """
    found = fetch_all(
        _RULES,
        {
            "company": company.pk,
            "partner": partner.pk,
            "currency": currency_id,
            "date": date,
            "items": sorted({item.pk for item, _quantity in wanted}),
            "categories": sorted({item.category_id for item, _quantity in wanted}),
        },
    )
    rules = [Rule(*row[:-1]) for row in found]
    segment_id = found[0][-1] if found else None
    is_own = currency_id == company.currency_id
    return [
        price_of(
            rules,
            Sale(date, quantity, partner.pk, item.pk, item.category_id, segment_id),
            item.sales_price if is_own else None,
        )
        for item, quantity in wanted
    ]


def segment_of(partner: Partner) -> int | None:
    """The key of the partner's segment."""
    return (
        CustomerProfile.objects.filter(partner=partner).values_list("segment_id", flat=True).first()
    )
