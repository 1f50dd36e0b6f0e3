"""W20: dashboards over 30 days of 25 machines that count a million times, in three shifts.

Each machine counts every minute (one in 25 is scrap) and changes its state 40 times a day, with a
set-up in each shift. Somebody waits for it: under 300 ms on the wall, for the elements of every
machine and shift and for the page of four reports made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.test import Client, override_settings

from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.execution.models import WorkOrderOperation
from apps.execution.oee import Elements, total
from apps.execution.queries.oee import elements_by_shift
from apps.masterdata.models import Machine, Shift, WorkCentre
from apps.masterdata.models.calendars import ALL_WEEKDAYS
from apps.reporting.services.saved_reports import Tile, create_dashboard, create_saved_report
from benchmarks.database import Database
from benchmarks.measuring import Result, Side, measure_alone, statements_of
from benchmarks.plant import new_books
from benchmarks.workloads import Options, filling, within_limit
from tests.execution.conftest import make_factory
from tests.factories import Books

MACHINES, DAYS, QUICK_DAYS = 25, 30, 6
COUNTS_A_DAY, STATES_A_DAY = 1440, 40
START = datetime(2026, 3, 1, tzinfo=UTC)
MOST_MS = 300
QUESTIONS = (
    ("OEE by work centre", "rows=work_centre&values=oee,availability,performance,quality"),
    ("OEE by day", "rows=day&values=oee"),
    ("Losses by machine", "rows=machine&values=oee,planned"),
    ("OEE by shift", "rows=shift&cols=week&values=oee"),
)
# A count each minute; the operation changes each half day. Half a minute off: none lies on an edge.
_COUNTS = """
INSERT INTO execution_machineevent (company_id, machine_id, event_id, kind, occurred_at,
       received_at, state, quantity_good, quantity_scrap, operation_id)
SELECT %(company)s, m.id, 'c' || n, 'count', s.at, s.at, '',
       CASE WHEN n %% 25 = 0 THEN 0 ELSE 1 END, CASE WHEN n %% 25 = 0 THEN 1 ELSE 0 END,
       (%(operations)s::bigint[])[1 + (m.place + n / 720) %% %(orders)s]
  FROM generate_series(0, %(days)s::int * %(counts)s - 1) AS g(n)
 CROSS JOIN unnest(%(machines)s::bigint[]) WITH ORDINALITY AS m(id, place)
 CROSS JOIN LATERAL (SELECT %(start)s::timestamptz + n * interval '1 minute'
                            + interval '30 seconds' AS at) s
 ORDER BY n, m.id
"""
_OUTPUT = """
INSERT INTO execution_machineoutput (company_id, machine_id, starts_at, operation_id,
       quantity_good, quantity_scrap)
SELECT company_id, machine_id, date_bin('15 minutes', occurred_at, '2000-01-01T00:00Z') AS at,
       operation_id, sum(quantity_good), sum(quantity_scrap)
  FROM execution_machineevent WHERE kind = 'count' GROUP BY 1, 2, 3, 4 ORDER BY at
"""
# 40 states a day, the first of each shift a set-up; every fourth a stop, every 13th idling.
_STATES = """
WITH told AS (
  SELECT m.id AS machine_id, n, %(start)s::timestamptz + n * interval '36 minutes' AS at,
         CASE WHEN n %% 40 IN (10, 23, 37) THEN 'setup' WHEN n %% 4 = 1 THEN 'stopped'
              WHEN n %% 13 = 0 THEN 'idle' ELSE 'running' END AS state
    FROM generate_series(0, %(days)s::int * %(states)s - 1) AS g(n)
   CROSS JOIN unnest(%(machines)s::bigint[]) AS m(id)),
said AS (
  INSERT INTO execution_machineevent (company_id, machine_id, event_id, kind, occurred_at,
         received_at, state, quantity_good, quantity_scrap)
  SELECT %(company)s, machine_id, 's' || n, 'state', at, at, state, 0, 0 FROM told
   ORDER BY n, machine_id RETURNING id, machine_id, occurred_at, state)
INSERT INTO execution_machineinterval (company_id, machine_id, state, starts_at, ends_at, event_id,
       lost_minutes, hourly_rate)
SELECT %(company)s, machine_id, state, occurred_at,
       lead(occurred_at) OVER (PARTITION BY machine_id ORDER BY occurred_at), id,
       CASE WHEN state = 'stopped' THEN 36 END, CASE WHEN state = 'stopped' THEN 0 END
  FROM said ORDER BY occurred_at
"""
#: What a machine made, without shifts: the shifts that cover the days must say the same.
_MADE = """
SELECT sum(quantity_good), sum(quantity_good + quantity_scrap) FROM execution_machineevent
 WHERE company_id = %s AND kind = 'count'
"""


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    days = QUICK_DAYS if options.is_quick else DAYS
    with filling() as said:
        fill(database, books, days)
    until = START + timedelta(days=days)
    machines = Machine.objects.filter(company=books.company)

    def elements(company: Company = books.company) -> Elements:
        rows = elements_by_shift(company, machines, since=START, until=until, now=until)
        return total(row.elements for row in rows)

    agree(elements(), books.company)
    page = dashboard(books, days)
    works: tuple[tuple[str, Callable[[], Any], int], ...] = (
        ("W20 elements", elements, 5),
        ("W20 page", page, 60),
    )
    for name, work, most_statements in works:
        count = statements_of(work)
        side = Side(lambda _n, work=work: work(), database.django_clock)
        found = measure_alone(side, seconds=options.seconds)
        wall = 1000 / found.per_s
        most = options.here(MOST_MS)
        yield within_limit(
            name,
            f"{days} days of {MACHINES} machines, {MACHINES * days * COUNTS_A_DAY:,} counts",
            found,
            most_ms=MOST_MS,
            options=options,
            statements=count,
            most_statements=most_statements,
            note=f"{wall:.0f} ms on the wall (most {most:.0f} ms here), {said[0]}",
        ).failed_unless(wall <= most)


def agree(found: Elements, company: Company) -> None:
    """Raises ``AssertionError`` unless the shifts sum to what the events counted."""
    [(good, made)] = fetch_all(_MADE, [company.pk])
    if (found.quantity_good, found.quantity) != (good, made):
        raise AssertionError(f"shifts say {found.quantity_good} of {found.quantity}, not {good}")


def dashboard(books: Books, days: int) -> Callable[[], Any]:
    """A person who asks for the page of four reports."""
    last = START.date() + timedelta(days=days - 1)
    span = f"date_from={START.date().isoformat()}&date_to={last.isoformat()}"
    tiles = [
        Tile(
            create_saved_report(
                company=books.company,
                code=f"OEE-{place}",
                name=name,
                dataset="oee",
                question=f"{words}&{span}",
                by=books.by,
            ),
            place,
        )
        for place, (name, words) in enumerate(QUESTIONS)
    ]
    board = create_dashboard(
        company=books.company, code="FLOOR", name="Floor", tiles=tiles, by=books.by
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(books.by)
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    as_page = override_settings(STORAGES=settings.STORAGES | {"staticfiles": plain})

    def page() -> None:
        with as_page:  # without the manifest that collectstatic writes
            answer = client.get(board.get_absolute_url(), secure=True)
        if answer.status_code != 200 or answer.content.count(b"<table") != len(QUESTIONS):
            raise AssertionError(f"the page answered {answer.status_code}")

    return page


def fill(database: Database, books: Books, days: int) -> None:
    """Three shifts around the clock, machines in five work centres, an order a machine."""
    for number, code in enumerate(("EARLY", "LATE", "NIGHT")):
        Shift(
            company=books.company,
            code=code,
            name=code.title(),
            site=books.site,
            starts_at=time(8 * number),
            ends_at=time(8 * (number + 1) % 24),
            break_minutes=30,
            weekdays=ALL_WEEKDAYS,
        ).save_by(books.by)
    factory = make_factory(books)
    machines, operations = [], []
    for number in range(5):
        centre = factory.work_centre(f"WC{number}")
        share = MACHINES // 5
        machines += [machine(books, centre, share * number + place) for place in range(share)]
        item = factory.made(f"MADE{number}")
        factory.bom(item, (factory.stocked(factory.item(f"STEEL{number}"), "100000", "1"), "1"))
        factory.routing(item, (centre, f"0.{5 + number}"))
        operations += [factory.order(item, "10000").operations.get() for _n in range(5)]
    write_events(database, books, machines, operations, days)
    database.settle()


def machine(books: Books, centre: WorkCentre, number: int) -> Machine:
    return Machine(
        company=books.company,
        code=f"M{number:02d}",
        name=f"Machine {number}",
        site=books.site,
        work_centre=centre,
        ideal_cycle_seconds=Decimal(30),
    ).save_by(books.by)


def write_events(
    database: Database,
    books: Books,
    machines: list[Machine],
    operations: list[WorkOrderOperation],
    days: int,
) -> None:
    values: dict[str, Any] = {
        "company": books.company.pk,
        "machines": [one.pk for one in machines],
        "operations": [one.pk for one in operations],
        "orders": len(operations),
        "days": days,
        "counts": COUNTS_A_DAY,
        "states": STATES_A_DAY,
        "start": START,
    }
    with database.cluster.connect(database=database.name) as admin:
        admin.execute("SET session_replication_role = replica")  # no checks: sums are compared
        for statement in (_COUNTS, _STATES, _OUTPUT):
            admin.execute(statement, values)
