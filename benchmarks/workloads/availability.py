"""W18: how 10,000 items stand, with reservations and what is expected, in one query.

Each item lies at three places, some of it set aside; eight moves of each are expected. Somebody
waits for it: under 200 ms on the wall. The bare SQL sums the same rows without asking for held
lots, quarantine or what is for cost objects.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from apps.core.sql import fetch_all
from apps.inventory.models import Location
from apps.inventory.queries.availability import availability
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.moves import Move, post_moves
from apps.inventory.services.reservations import Wanted, reserve
from apps.masterdata.models import Item
from benchmarks import bare
from benchmarks.database import Database
from benchmarks.measuring import Clock, Result, Side, compare, statements_of
from benchmarks.plant import DAY, new_books
from benchmarks.workloads import Options, against_bare, filling
from tests.factories import Books

ITEMS, QUICK_ITEMS = 10_000, 1_000
UNTIL = date(2026, 12, 31)
BATCH, QUANTITY = 500, Decimal(100)
MOST_SECONDS, GOAL = 0.2, 3.0
_ITEMS = """
INSERT INTO masterdata_item (version, created_at, updated_at, company_id, code, name, is_active,
       category_id, unit_id, kind, tracking, revision, description, requires_supplier_lot,
       purchase_price, sales_price, lead_time_days)
SELECT 1, now(), now(), %(company)s, 'IT-' || lpad(n::text, 7, '0'), 'Item ' || n, true,
       %(category)s, %(unit)s, 'purchased', 'none', 'A', '', false, 1, 1, 1
  FROM generate_series(1, %(items)s) AS g(n)
"""
_EXPECTED = """
INSERT INTO inventory_expectedmove (company_id, source_type_id, source_id, direction, item_id,
       site_id, quantity, quantity_done, due_date, is_open)
SELECT i.company_id, %(type)s, i.id * 8 + k, CASE WHEN k < 3 THEN 'in' ELSE 'out' END, i.id,
       %(site)s, 10, 0, date '2026-01-01' + (i.id * 8 + k)::int %% 300, true
  FROM masterdata_item i CROSS JOIN generate_series(0, 7) AS g(k)
 WHERE i.company_id = %(company)s
"""
BARE = """
SELECT i.id, i.code, s.on_hand, s.reserved, d.coming, d.going
  FROM masterdata_item i
  LEFT JOIN (SELECT item_id, sum(quantity) AS on_hand, sum(reserved) AS reserved
               FROM inventory_stockbalance WHERE item_id = ANY(%(items)s) GROUP BY 1) AS s
         ON s.item_id = i.id
  LEFT JOIN (SELECT item_id,
                    sum(quantity - quantity_done) FILTER (WHERE direction = 'in') AS coming,
                    sum(quantity - quantity_done) FILTER (WHERE direction = 'out') AS going
               FROM inventory_expectedmove
              WHERE is_open AND item_id = ANY(%(items)s) AND due_date <= %(until)s GROUP BY 1) AS d
         ON d.item_id = i.id
 WHERE i.id = ANY(%(items)s) ORDER BY i.code
"""


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    number = QUICK_ITEMS if options.is_quick else ITEMS
    with filling() as said:
        fill(database, books, number)
    keys = list(Item.objects.filter(company=books.company).values_list("pk", flat=True))
    parameters = {"items": keys, "until": UNTIL}

    def ours(_n: int = 0) -> Any:
        return availability(books.company, keys, until=UNTIL)

    agree(ours(), fetch_all(BARE, parameters), number)
    count = statements_of(ours)
    most = options.here(MOST_SECONDS)
    began = time.perf_counter()
    ours()
    spent = time.perf_counter() - began
    with database.connect() as own:
        own.autocommit = True
        found = compare(
            Side(ours, database.django_clock),
            Side(lambda _n: own.execute(BARE, parameters).fetchall(), Clock(own.info.backend_pid)),
            seconds=options.seconds,
        )
    yield against_bare(
        "W18",
        f"availability of {number:,} items with reservations and expectations",
        found,
        goal=GOAL,
        statements=count,
        most_statements=1,
        note=f"{1000 * spent:.0f} ms on the wall (most {1000 * most:.0f} ms here), {said[0]}",
    ).failed_unless(spent <= most)


def agree(rows: Any, expected: Any, number: int) -> None:
    """Raises ``AssertionError`` unless both say the same of every item."""
    found = [(r.item_id, r.item, r.on_hand, r.reserved, r.coming, r.going) for r in rows]
    if len(found) != number or found != [tuple(row) for row in expected]:
        raise AssertionError("availability and the bare sums differ")


def fill(database: Database, books: Books, number: int) -> None:
    """Items at three places, with what is expected of them, in bulk."""
    places = [
        Location(company=books.company, code=f"B-{n}", name=f"Bin {n}", site=books.site).save_by(
            books.by
        )
        for n in range(3)
    ]
    values: dict[str, Any] = {
        "company": books.company.pk,
        "category": books.category().pk,
        "unit": books.unit().pk,
        "items": number,
        "type": bare.content_type(Item),
        "site": books.site.pk,
    }
    with database.cluster.connect(database=database.name) as admin:
        admin.execute("SET session_replication_role = replica")  # no checks: sums are compared
        for statement in (_ITEMS, _EXPECTED):
            admin.execute(statement, values)
    items = list(Item.objects.filter(company=books.company).order_by("pk"))
    for start in range(0, number, BATCH):
        put_down(books, items[start : start + BATCH], places)
    database.settle()


def put_down(books: Books, items: Sequence[Item], places: Sequence[Location]) -> None:
    """A hundred of each item at each place, part of it set aside; through the services."""
    opening = ensure_virtual_locations(books.company, by=books.by)["opening"]
    post_moves(
        books.company,
        [
            Move(item.pk, QUANTITY, opening, place, value=QUANTITY)
            for item in items
            for place in places
        ],
        source=items[0],
        date=DAY,
        journal="INV",
        purpose="opening",
        by=books.by,
    )
    wanted = [
        Wanted(item, Decimal(item.pk % 50), location=place, source=item)
        for item in items
        for place in places
        if item.pk % 50
    ]
    reserve(books.company, wanted, by=books.by)
