"""W8: what machines say into the tables of its days, beside the bare COPY of the same rows.

A second of a plant: 25 machines with 20 signals each, twenty times a second. A state now and then,
a counter of pieces, eighteen measurements. Ours checks every reading, knows it again when it comes
twice, cuts states, counts pieces and sums measurements up by the minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from apps.core.sql import fetch_all
from apps.execution.models import MachineEvent
from apps.integration.models import MachineConnection, MachineTag
from apps.integration.protocols.readings import Reading
from apps.integration.services.machine_connections import create_machine_connection
from apps.integration.services.readings import take_readings
from apps.integration.services.service_accounts import create_service_account
from benchmarks.database import Database
from benchmarks.machine_story import SIGNALS, STATES, Story, names, path_of
from benchmarks.measuring import Clock, Result, Side, Spent, compare, statements_of
from benchmarks.plant import new_books
from benchmarks.workloads import Options, against_bare
from tests.execution.machines import make_shopfloor
from tests.factories import Books

GOAL, MOST_STATEMENTS = 2.0, 40
_BARE = """
CREATE TABLE bare_reading (tag_id bigint NOT NULL, at timestamptz NOT NULL, value text,
  number float8, PRIMARY KEY (tag_id, at)) PARTITION BY RANGE (at)
"""
_BARE_DAY = """
CREATE TABLE bare_reading_{n} PARTITION OF bare_reading FOR VALUES FROM ('{a}') TO ('{b}')
"""
_COPY = "COPY bare_reading (tag_id, at, value, number) FROM STDIN (FORMAT BINARY)"


@dataclass(slots=True)
class Plant:
    """Machines whose signals have a meaning, and what they say."""

    connection: MachineConnection
    tag_ids: dict[str, int]
    story: Story

    def rows(self, number: int) -> list[tuple[Any, ...]]:
        """What is said in a second, as rows of a table."""
        return [
            (self.tag_ids[path], at, None, value)
            if isinstance(value, float)
            else (self.tag_ids[path], at, str(value), None)
            for path, value, at, _known in self.story.second(number)
        ]


def new_plant(books: Books, story: Story, **values: str) -> Plant:
    """A connection (devices send to us unless ``values`` say otherwise) and all its signals."""
    floor = make_shopfloor(books)
    floor.reason("JAM")
    account = create_service_account(
        books.company, code="machines", roles=("operator",), by=books.by
    )
    values = {"code": "LINE", "name": "Line", "protocol": "http_json"} | values
    connection = create_machine_connection(
        company=books.company, account=account, by=books.by, **values
    )
    machines = [floor.machine(f"M{number}") for number in range(story.machines)]
    roles = {"state": "state", "good": "good"}
    tags = MachineTag.objects.bulk_create(
        MachineTag(
            company=books.company,
            connection=connection,
            machine=machines[number],
            role=roles.get(name, "measured"),
            path=f"{path_of(number)}/{name}",
            states=STATES if name == "state" else "",
        )
        for number in range(story.machines)
        for name in names()
    )
    return Plant(connection, {tag.path: tag.pk for tag in tags}, story)


@dataclass(slots=True)
class Prepared(Side):
    """Work on what was made ready before any clock ran: nobody waits for the bench's own plant."""

    act: Callable[[Any], Any]
    prepare: Callable[[int], Any] = lambda number: number

    def run(self, calls: int) -> Spent:
        ready = {n: self.prepare(n) for n in range(self.done, self.done + calls)}
        act = self.act
        self.act = lambda number: act(ready.pop(number))
        try:
            return Side.run(self, calls)
        finally:
            self.act = act


def measure(database: Database, options: Options) -> Iterator[Result]:
    today = datetime.combine(timezone.now().date(), datetime.min.time(), UTC)
    plant = new_plant(new_books(), Story(today - timedelta(hours=18)))
    readings = len(plant.story.second(0))
    heard = 0

    def ours(said: list[Reading]) -> None:
        nonlocal heard
        taken = take_readings(plant.connection, said)
        heard += len(said)
        if taken.quarantined or taken.known:
            raise AssertionError(taken)

    with database.connect() as connection:
        _make_bare(database, today)

        def bare(rows: list[tuple[Any, ...]]) -> None:
            with (
                connection.transaction(),
                connection.cursor() as cursor,
                cursor.copy(_COPY) as copy,
            ):
                copy.set_types(["int8", "timestamptz", "text", "float8"])
                write = copy.write_row
                for row in rows:
                    write(row)

        our_side = Prepared(ours, database.django_clock, prepare=plant.story.second)
        our_side.run(1)
        count = statements_of(lambda: our_side.run(1))
        database.settle()
        found = compare(
            our_side,
            Prepared(bare, Clock(connection.info.backend_pid), prepare=plant.rows),
            seconds=options.seconds,
        )
    if (kept := _kept()) != (heard, heard // SIGNALS * (SIGNALS - 2)):
        raise AssertionError((kept, heard))
    yield against_bare(
        "W8",
        f"{readings:,} readings of machines",
        found,
        goal=GOAL,
        statements=count,
        most_statements=MOST_STATEMENTS,
        note=f"{readings * found.per_s:,.0f} readings a second,"
        f" {found.ours / readings * 1000:.1f} us CPU each; {MachineEvent.objects.count():,} events",
    )


def _make_bare(database: Database, today: datetime) -> None:
    with database.cluster.connect(database=database.name) as owner:
        owner.execute(_BARE)
        for n in range(3):
            day = today + timedelta(days=n - 1)
            owner.execute(_BARE_DAY.format(n=n, a=day, b=day + timedelta(days=1)))
        owner.execute("GRANT INSERT ON bare_reading TO PUBLIC")


def _kept() -> tuple[int, int]:
    """Readings that lie there, and measurements that their minutes add up to."""
    [[readings]] = fetch_all("SELECT count(*) FROM integration_tagreading")
    [[measured]] = fetch_all("SELECT coalesce(sum(readings), 0) FROM integration_tagminute")
    return readings, measured
