"""W21: from an event on a machine to the board that shows it, at 500 events a second.

A web server of its own, a browser's part played as `board.js` plays it (wait for news, gather, ask
for the tiles), and machines that count. The delay is from when a machine says it happened to when
the tiles that tell it are here.
"""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path

from django.conf import settings
from django.test import Client

from apps.execution.services.machine_events import record_events
from apps.masterdata.models import Machine
from benchmarks.database import Database
from benchmarks.measuring import Result
from benchmarks.plant import new_books
from benchmarks.torture.programs import Program
from benchmarks.workloads import Options
from mes_erp.postgres import ROOT
from tests.execution.machines import make_shopfloor
from tests.factories import Books

MACHINES, EVENTS_A_SECOND, BATCHES_A_SECOND = 25, 500, 10
GOAL_SECONDS, WARM_SECONDS, QUICK_SECONDS, SECONDS = 1.0, 3, 5, 30
BOARD = ROOT / "apps" / "execution" / "static" / "execution" / "js" / "board.js"
_GATHER = re.compile(r"GATHER = (\d+)")
_TILE = re.compile(r'data-machine="(\d+)" data-event="([^"]*)"')


class Board:
    """One browser that looks at a site: when which event was on its screen."""

    def __init__(self, port: int, site_id: int, cookie: str) -> None:
        self.port, self.site_id, self.headers = port, site_id, {"Cookie": cookie}
        found = _GATHER.search(BOARD.read_text())
        self.gather = int(found[1]) / 1000 if found else 0.0
        self.news, self.stopping = threading.Event(), threading.Event()
        #: Machine → moments of screens, with the newest event that each showed.
        self.seen: dict[int, list[tuple[datetime, datetime]]] = {}
        self.ready = threading.Event()
        self.threads = [
            threading.Thread(target=act, daemon=True) for act in (self._listen, self._look)
        ]
        for thread in self.threads:
            thread.start()

    def _listen(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", f"/boards/stream/{self.site_id}/", headers=self.headers)
        answer = connection.getresponse()
        if answer.status != 200:
            raise RuntimeError(f"no stream: {answer.status}")
        while not self.stopping.is_set():
            line = answer.readline()
            if line.startswith(b"event:"):
                self.ready.set()
                self.news.set()

    def _look(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.stopping.is_set():
            if not self.news.wait(0.2):
                continue
            time.sleep(self.gather)
            self.news.clear()
            connection.request("GET", f"/boards/{self.site_id}/tiles/", headers=self.headers)
            page = connection.getresponse().read().decode()
            now = datetime.now(UTC)
            for machine, event in _TILE.findall(page):
                if event:
                    shown = (now, datetime.fromisoformat(event))
                    self.seen.setdefault(int(machine), []).append(shown)

    def stop(self) -> None:
        self.stopping.set()


def measure(database: Database, options: Options) -> Iterator[Result]:
    books = new_books()
    floor = make_shopfloor(books)
    machines = [floor.machine(f"M{number}") for number in range(MACHINES)]
    seconds = QUICK_SECONDS if options.is_quick else SECONDS
    with tempfile.TemporaryDirectory() as folder:
        environment = database.environment() | {
            "DJANGO_SETTINGS_MODULE": "benchmarks.torture.settings",
            "MES_ERP_TORTURE_HOME": folder,
        }
        web = Program("web", 1, environment, log=Path(folder) / "web.log")
        try:
            web.wait_until_born()
            board = Board(web.port, books.site.pk, _signed_in(books))
            if not board.ready.wait(30):
                raise RuntimeError("the stream of the board says nothing")
            _tell(books, machines, WARM_SECONDS)  # a board has been open for a while
            board.seen.clear()
            told = _tell(books, machines, seconds, first=WARM_SECONDS)
            time.sleep(2 * GOAL_SECONDS + board.gather)
            board.stop()
        finally:
            web.stop()
    delays = sorted(_delays(told, board))
    p95 = delays[int(0.95 * len(delays))]
    yield Result(
        workload="W21",
        n=len(told),
        unit="event on a machine to the board that shows it",
        per_s=len(told) / seconds,
        cpu_ms=p95 * 1000,
        limit_cpu_ms=GOAL_SECONDS * 1000,
        ratio=p95 / GOAL_SECONDS,
        statements=None,
        goal=f"p95 <= {GOAL_SECONDS:g} s at {EVENTS_A_SECOND} events a second (on the wall)",
        reached=p95 <= GOAL_SECONDS and len(delays) == len(told),
        note=f"median {delays[len(delays) // 2]:.2f} s, most {delays[-1]:.2f} s,"
        f" {len(told) - len(delays)} never seen",
    )


def _signed_in(books: Books) -> str:
    client = Client()
    client.force_login(books.by)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def _tell(
    books: Books, machines: list[Machine], seconds: int, *, first: int = 0
) -> list[tuple[int, datetime]]:
    """Every machine counts; each event with when it happened."""
    told: list[tuple[int, datetime]] = []
    of_each = EVENTS_A_SECOND // BATCHES_A_SECOND // MACHINES
    began = time.monotonic()
    for number in range(seconds * BATCHES_A_SECOND):
        time.sleep(max(began + number / BATCHES_A_SECOND - time.monotonic(), 0))
        events = []
        for machine in machines:
            for part in range(of_each):
                now = datetime.now(UTC)
                told.append((machine.pk, now))
                events.append(
                    {
                        "event_id": f"{first * BATCHES_A_SECOND + number}-{part}",
                        "machine": machine.code,
                        "occurred_at": now,
                        "quantity_good": 1,
                    }
                )
        results = record_events(books.company, events, by=books.by)
        if any(result.status != "created" for result in results):
            raise RuntimeError(results[0])
    return told


def _delays(told: list[tuple[int, datetime]], board: Board) -> Iterator[float]:
    """Seconds from an event to the first screen with it, or with a later one of its machine."""
    places = dict.fromkeys(board.seen, 0)
    for machine_id, at in told:
        screens = board.seen.get(machine_id, [])
        place = places.get(machine_id, 0)
        while place < len(screens) and screens[place][1] < at:
            place += 1
        places[machine_id] = place
        if place < len(screens):
            yield max((screens[place][0] - at).total_seconds(), 0.0)
