"""All that a fault works on: a database, the plant in it, programs, clients, their notes."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.db import OperationalError, connections

from benchmarks.database import Database, throw_away_database
from benchmarks.torture.clients import Client, Door, Make, settle
from benchmarks.torture.notes import Notebook, Notes, read_notes
from benchmarks.torture.oracle import KINDS, Parts, documents, scaled
from benchmarks.torture.plant import Plant, make_plant
from benchmarks.torture.programs import Program
from benchmarks.torture.storm import Storm
from mes_erp.postgres import ROOT

CLIENTS = 6
BACK_WITHIN = 120.0


@dataclass
class World:
    """One company in one database, with everybody who works on it."""

    database: Database
    plant: Plant
    programs: dict[str, Program]
    storm: Storm
    door: Door
    folder: Path
    whole: dict[str, Parts]
    clients: Sequence[Client] = ()
    is_kept: bool = False

    def begin(self, kinds: Sequence[Make], seed: int) -> None:
        (self.folder / "armed").touch()  # the fail-point of `nursery`, where it is built in
        self.clients = [Client(n, seed, self.door, kinds, self.folder) for n in range(CLIENTS)]
        for client in self.clients:
            client.start()

    def settle(self) -> Notes:
        """Stop the clients, ask again what was not answered, and read all notes."""
        self.stop_clients()
        (self.folder / "armed").unlink()
        settle(self.door, self.folder)
        return read_notes(self.folder.glob("*.notes"))

    def stop_clients(self) -> None:
        for client in self.clients:
            client.stopping.set()
        for client in self.clients:
            client.join()

    def broken_invariants(self) -> list[str]:
        """The codes of what `reconcile` finds broken; waits for a server that is coming back."""
        deadline = time.monotonic() + BACK_WITHIN
        while True:
            try:
                return [f.invariant.code for f in self.database.broken_invariants()]
            except (OperationalError, psycopg.OperationalError):
                connections.close_all()
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)


@contextmanager
def world(
    name: str, *, seed: int, programs: Mapping[str, int], home: Path, cut: float = 0.0
) -> Iterator[World]:
    """Build it, and end every process of it, whatever happened."""
    (ROOT / "var").mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"torture-{name}-", dir=ROOT / "var"))
    started: dict[str, Program] = {}
    made: World | None = None
    with throw_away_database(f"torture_{name}", home) as database:
        try:
            environment = {
                **os.environ,
                **database.environment(),
                "DJANGO_SETTINGS_MODULE": "benchmarks.torture.settings",
                "MES_ERP_TORTURE_HOME": str(folder),
            }
            for kind, count in programs.items():
                share = cut if kind == "web" else 0.0
                log = folder / f"{kind}.log"
                started[kind] = Program(kind, count, environment, log=log, cut=share)
            plant = make_plant()
            for program in started.values():
                program.wait_until_born()
            door = Door(started["web"].port, plant.token)
            storm = Storm(database, seed)
            made = World(database, plant, started, storm, door, folder, {})
            made.whole = in_peace(made)
            yield made
        finally:
            if made is not None:
                made.stop_clients()
                made.storm.close()
            for program in started.values():
                program.stop()
            connections.close_all()
    if made is not None and not made.is_kept:
        shutil.rmtree(folder)


def in_peace(own: World) -> dict[str, Parts]:
    """What a document of each kind consists of when nothing disturbs it: the second of its order.

    Raises ``AssertionError`` when a part that it must have is missing.
    """
    book, whole = Notebook(own.folder / "peace.notes"), {}
    for kind in KINDS:
        for number in range(2):
            key = f"peace-{kind}-{number}"
            request = getattr(own.plant, kind)(key, 0, 2)
            book.begun(key, request)
            book.acked(key, own.door.send(key, request))
        [found] = documents(kind)[key]
        whole[kind] = scaled(found.parts, 2)
        if not all(whole[kind][part] for part in ("moves", "entries", "history", "answer")):
            raise AssertionError(f"{kind}: {whole[kind]}")
    book.close()
    return whole
