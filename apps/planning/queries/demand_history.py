"""What customers took of an item, bucket by bucket: the series that forecasts are made of."""

from __future__ import annotations

from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from apps.core.money import ZERO
from apps.core.sql import fetch_all

MONTH, WEEK = "month", "week"
SEASON = {MONTH: 12, WEEK: 52}
# Shipments less what came back; the site is where the goods left from.
_SHIPPED = """
SELECT date_trunc(%(bucket)s, m.date)::date, sum(d.sign * m.quantity)
  FROM inventory_stockmove m
  JOIN inventory_location f ON f.id = m.from_location_id
  JOIN inventory_location t ON t.id = m.to_location_id
 CROSS JOIN LATERAL (SELECT (t.kind = 'customer')::int - (f.kind = 'customer')::int AS sign) AS d
 WHERE m.company_id = %(company)s AND m.item_id = %(item)s AND d.sign <> 0
   AND coalesce(CASE WHEN d.sign > 0 THEN f.site_id ELSE t.site_id END, %(site)s) = %(site)s
   AND m.date >= %(since)s AND m.date < %(until)s
 GROUP BY 1 ORDER BY 1
"""


def bucket_start(day: Date, bucket: str) -> Date:
    return day.replace(day=1) if bucket == MONTH else day - timedelta(days=day.weekday())


def next_bucket(start: Date, bucket: str, count: int = 1) -> Date:
    """The beginning of the bucket ``count`` after the one that begins on ``start``."""
    if bucket == WEEK:
        return start + timedelta(days=7 * count)
    months = start.year * 12 + start.month - 1 + count
    return Date(months // 12, months % 12 + 1, 1)


def demand_history(
    company_id: int, item_id: int, site_id: int, *, bucket: str, until: Date, buckets: int
) -> list[Decimal]:
    """Quantities of the ``buckets`` whole buckets before ``until``, oldest first, from the first
    bucket in which anything was taken; a bucket without shipments counts as zero."""
    since = next_bucket(until, bucket, -buckets)
    values = {
        "company": company_id,
        "item": item_id,
        "site": site_id,
        "bucket": bucket,
        "since": since,
        "until": until,
    }
    found = dict(fetch_all(_SHIPPED, values))
    series, start = [], since
    while start < until:
        series.append(max(found.get(start, ZERO), ZERO))
        start = next_bucket(start, bucket)
    first = next((n for n, quantity in enumerate(series) if quantity), len(series))
    return series[first:]
