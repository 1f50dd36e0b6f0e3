"""W7: where a lot went, 2,900 lots of a genealogy of 1,000,000 edges."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apps.execution.models import WorkOrder
from apps.execution.queries.genealogy import reached_lot_ids, trace
from apps.inventory.models import Location, Lot
from apps.masterdata.models import Item
from benchmarks import bare
from benchmarks.database import Database
from benchmarks.measuring import (
    Clock,
    Result,
    Side,
    compare,
    statements_of,
)
from benchmarks.plant import DAY, new_books
from benchmarks.workloads import Options, against_bare, filling
from tests.factories import Books

LOTS = 2_900  # that one lot reaches, itself among them
FAMILIES, QUICK_FAMILIES = 290, 10
#: Milliseconds with quantities and names on a machine that tells the bare ids in ``BARE_MS``: what
#: another machine may take goes with what the bare statement takes there, in the same run.
GOAL_MS, BARE_MS = 50, 8
MOST_WITH_NAMES = GOAL_MS / BARE_MS
# Families lie across one another on disk, as lots of a plant do.
LOT_ROWS = """
INSERT INTO inventory_lot (version, created_at, updated_at, company_id, item_id, code, status,
       supplier_lot)
SELECT 1, now(), now(), %(company)s, (%(items)s::bigint[])[1 + (n >= 1)::int + (n >= 101)::int
       + (n >= 1101)::int], 'L' || f || '-' || n, 'available', ''
  FROM generate_series(0, %(lots)s - 1) AS a(n), generate_series(0, %(families)s - 1) AS b(f)
 ORDER BY n, f
"""
# Each lot was made of one of the level above; half of the last level of two.
EDGE_ROWS = """
WITH nodes AS (SELECT n, f FROM generate_series(1, %(lots)s - 1) AS a(n),
                              generate_series(0, %(families)s - 1) AS b(f)),
     edges AS (
  SELECT f, n, CASE WHEN n < 101 THEN 0 WHEN n < 1101 THEN 1 + n * 7 %% 100
                    ELSE 101 + n * 13 %% 1000 END AS parent FROM nodes
   UNION ALL
  SELECT f, n, 101 + n * 29 %% 1000 FROM nodes WHERE n >= 1101 AND n %% 2 = 0)
INSERT INTO execution_genealogyedge (company_id, source_type_id, source_id, created_at,
       created_by_id, parent_lot_id, child_lot_id, work_order_id, quantity)
SELECT %(company)s, %(type)s, %(order)s, now(), %(user)s, %(first)s + parent * %(families)s + f,
       %(first)s + n * %(families)s + f, %(order)s, 1.5
  FROM edges ORDER BY hashint8(n::bigint * %(families)s + f)
"""
REACH = """
WITH RECURSIVE reach(lot_id) AS (
  SELECT %s::bigint
  UNION
  SELECT e.child_lot_id FROM reach r
    JOIN execution_genealogyedge e ON e.parent_lot_id = r.lot_id)
SELECT lot_id FROM reach
"""


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    families = QUICK_FAMILIES if options.is_quick else FAMILIES
    with filling() as said:
        edges = fill(database, books, families)
    roots = list(
        Lot.objects.select_related("item__unit").filter(code__regex="^L[0-9]+-0$").order_by("id")
    )
    unit = f"trace of {LOTS:,} lots of {edges:,} edges"

    def root(number: int) -> Lot:
        return roots[number * 7919 % families]

    with database.connect() as own:
        own.autocommit = True
        check(roots[1], own)
        count = statements_of(lambda: reached_lot_ids(roots[0].pk, "down"))
        found = compare(
            Side(lambda n: reached_lot_ids(root(n).pk, "down"), database.django_clock),
            Side(
                lambda n: own.execute(REACH, [root(n).pk]).fetchall(), Clock(own.info.backend_pid)
            ),
            seconds=options.seconds,
        )
        named = compare(
            Side(lambda n: trace(root(n), "down"), database.django_clock),
            Side(
                lambda n: own.execute(REACH, [root(n).pk]).fetchall(), Clock(own.info.backend_pid)
            ),
            seconds=options.seconds,
        )
    yield against_bare(
        "W7", unit, found, goal=1.5, statements=count, most_statements=1, note=said[0]
    )
    yield against_bare(
        "W7 with names",
        f"{unit}, with quantities and names",
        named,
        goal=MOST_WITH_NAMES,
        statements=statements_of(lambda: trace(roots[0], "down")),
        most_statements=1,
        note=f"the limit tells ids only; the goal is {GOAL_MS} ms where that takes {BARE_MS}",
    )


def check(lot: Lot, own: bare.Connection) -> None:
    """Raises ``AssertionError`` unless all ways of asking reach the same lots."""
    limit = {key for (key,) in own.execute(REACH, [lot.pk])}
    ours = set(reached_lot_ids(lot.pk, "down"))
    named = set(trace(lot, "down").lot_ids)
    if not ours == named == limit or len(limit) != LOTS:
        raise AssertionError(f"traces differ: {len(ours)}, {len(named)}, {len(limit)} lots")


def fill(database: Database, books: Books, families: int) -> int:
    """The number of edges written."""
    order = _order(books)
    values: dict[str, Any] = {
        "company": books.company.pk,
        "lots": LOTS,
        "families": families,
        "items": [books.item(f"LEVEL{level}", tracking="lot").pk for level in range(4)],
        "order": order.pk,
        "type": bare.content_type(WorkOrder),
        "user": books.by.pk,
    }
    with database.cluster.connect(database=database.name) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("SET synchronous_commit = off")
        admin.execute(LOT_ROWS, values)
        values["first"] = Lot.objects.order_by("id").values_list("pk", flat=True)[0]
        edges = admin.execute(EDGE_ROWS, values).rowcount
    database.settle()
    return int(edges)


def _order(books: Books) -> WorkOrder:
    item = books.item("MADE", kind=Item.Kind.MANUFACTURED)
    place = Location(company=books.company, code="STOCK", name="Stock", site=books.site)
    place.save_by(books.by)
    return WorkOrder(
        company=books.company,
        number="WO-1",
        item=item,
        quantity=1,
        site=books.site,
        start_date=DAY,
        due_date=DAY,
        component_location=place,
        output_location=place,
        created_by=books.by,
    ).save_by(books.by)
