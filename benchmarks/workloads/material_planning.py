"""W5: material planning of 5,000 items on 5 levels with 40,000 lines of bills and 5,000 demands.

Read, plan, peg and store, replacing the plan before; then 1 % of the items planned again.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, time
from typing import Any

from django.db import connection

from apps.core.models import Site
from apps.masterdata.models import Item, Shift
from apps.planning.models import PlannedOrder
from apps.planning.services.planning_runs import calculate_plan, create_planning_run
from apps.planning.services.replanning import replan_items
from benchmarks import bare
from benchmarks.database import Database
from benchmarks.measuring import Result, Side, measure_alone, statements_of
from benchmarks.plant import new_books
from benchmarks.workloads import Options, within_limit
from tests.factories import Books

LEVELS, PER_LEVEL, QUICK_PER_LEVEL = 5, 1000, 100
COMPONENTS = 10
DEMANDS_PER_TOP = 5
HORIZON = 185
MOST_MS, MOST_MS_AGAIN = 5000, 300
MOST_STATEMENTS, MOST_STATEMENTS_AGAIN = 70, 90
PLANNED_ON = date(2026, 3, 2)
ITEMS = """
INSERT INTO masterdata_item (company_id, version, created_at, updated_at, code, name, is_active,
       category_id, unit_id, kind, tracking, revision, description, requires_supplier_lot,
       purchase_price, sales_price, lead_time_days)
SELECT %(company)s, 1, now(), now(), 'N' || lpad(n::text, 5, '0'), 'Item ' || n, true,
       %(category)s, %(unit)s,
       CASE WHEN n / %(per)s < %(levels)s - 1 THEN 'manufactured' ELSE 'purchased' END,
       'none', 'A', '', false, 2, 5, 1 + n %% 4
  FROM generate_series(0, %(per)s * %(levels)s - 1) AS g(n) RETURNING id
"""
BOMS = """
INSERT INTO engineering_billofmaterials (company_id, version, created_at, updated_at, number,
       status, item_id, revision, quantity, note, created_by_id)
SELECT %(company)s, 1, now(), now(), 'B' || i, 'released', i, 'A', 1, '', %(user)s
  FROM unnest(%(items)s::bigint[]) AS g(i) RETURNING id
"""
LINES = """
INSERT INTO engineering_bomline (company_id, bom_id, position, item_id, quantity, scrap_percent,
       issue_method)
SELECT %(company)s, b, 10, i, q, 0, 'backflush'
  FROM unnest(%(boms)s::bigint[], %(items)s::bigint[], %(quantities)s::int[]) AS g(b, i, q)
"""
DEMANDS = """
INSERT INTO inventory_expectedmove (company_id, direction, item_id, site_id, quantity,
       quantity_done, due_date, is_open, source_type_id, source_id)
SELECT %(company)s, 'out', i, %(site)s, q, 0, date '2026-03-02' + d, true, %(type)s, n
  FROM unnest(%(items)s::bigint[], %(quantities)s::int[], %(days)s::int[])
       WITH ORDINALITY AS g(i, q, d, n)
"""
STOCK = """
INSERT INTO inventory_stockbalance (company_id, item_id, location_id, quantity, reserved)
SELECT %(company)s, i, %(place)s, i %% 90, 0 FROM unnest(%(items)s::bigint[]) AS g(i)
"""


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    items = fill(database, books, QUICK_PER_LEVEL if options.is_quick else PER_LEVEL)
    plan(books)  # the plan that each further one replaces
    count = statements_of(lambda: plan(books))
    found = measure_alone(
        Side(lambda _n: plan(books), database.django_clock), seconds=options.seconds
    )
    orders = PlannedOrder.objects.count()
    yield within_limit(
        "W5 plan",
        f"plan of {len(items):,} items, read to stored",
        found,
        most_ms=MOST_MS,
        options=options,
        statements=count,
        most_statements=MOST_STATEMENTS,
        note=f"{orders:,} planned orders",
    )
    some = list(Item.objects.filter(pk__in=items[-len(items) // LEVELS :]).order_by("pk"))
    few = some[:: max(len(some) * 100 // len(items), 1)][: max(len(items) // 100, 1)]
    again = lambda _n: replan_items(books.company, site=books.site, items=few, by=books.by)  # noqa: E731
    again(0)
    count = statements_of(lambda: again(0))
    found = measure_alone(Side(again, database.django_clock), seconds=options.seconds)
    yield within_limit(
        "W5 again",
        f"{len(few)} items planned again",
        found,
        most_ms=MOST_MS_AGAIN,
        options=options,
        statements=count,
        most_statements=MOST_STATEMENTS_AGAIN,
        note="1 % of the items, bought ones, whose stock may have changed",
    )


def plan(books: Books) -> None:
    run = create_planning_run(
        books.company,
        site=books.site,
        planned_on=PLANNED_ON,
        horizon_days=HORIZON,
        by=books.by,
    )
    calculate_plan(run, by=books.by)


def fill(database: Database, books: Books, per_level: int) -> list[int]:
    """Items by level, each made of ten of the level below; five demands for each of the top."""
    chance = random.Random(5)  # noqa: S311 - the same plant in every run
    values: dict[str, Any] = {
        "company": books.company.pk,
        "user": books.by.pk,
        "site": books.site.pk,
        "type": bare.content_type(Site),
        "category": books.category().pk,
        "unit": books.unit().pk,
        "per": per_level,
        "levels": LEVELS,
    }
    Shift(
        company=books.company,
        code="DAY",
        name="Day",
        site=books.site,
        starts_at=time(6),
        ends_at=time(14),
    ).save_by(books.by)
    with connection.cursor() as cursor:
        cursor.execute(ITEMS, values)
        items = [key for (key,) in cursor.fetchall()]
        made = items[: per_level * (LEVELS - 1)]
        cursor.execute(BOMS, values | {"items": made})
        boms = [key for (key,) in cursor.fetchall()]
        below = [
            chance.sample(
                range((n // per_level + 1) * per_level, (n // per_level + 2) * per_level),
                COMPONENTS,
            )
            for n in range(len(made))
        ]
        lines = [(bom, items[n]) for bom, places in zip(boms, below, strict=True) for n in places]
        cursor.execute(
            LINES,
            values
            | {
                "boms": [bom for bom, _item in lines],
                "items": [item for _bom, item in lines],
                "quantities": [chance.randint(1, 4) for _line in lines],
            },
        )
        tops = [item for item in items[:per_level] for _n in range(DEMANDS_PER_TOP)]
        cursor.execute(
            DEMANDS,
            values
            | {
                "items": tops,
                "quantities": [chance.randint(1, 20) for _top in tops],
                "days": [chance.randint(20, HORIZON) for _top in tops],
            },
        )
    database.settle()
    return items
