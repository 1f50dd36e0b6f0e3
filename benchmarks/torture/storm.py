"""Whom to strike, and the proof that it was struck in the middle of a transaction."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import psycopg

from benchmarks.database import Database
from mes_erp import postgres

LOOK_FOR = 5.0
_WRITING = """
SELECT pid, application_name FROM pg_stat_activity
 WHERE datname = %s AND application_name LIKE %s AND backend_xid IS NOT NULL
"""
#: What the server writes when a client is gone with its transaction open.
_LEFT_OPEN = re.compile(
    r"\[(\d+)\] (?:LOG|FATAL):\s+"
    r"(?:unexpected EOF on client connection with an open transaction|connection to client lost)"
)


@dataclass(frozen=True, slots=True)
class Victim:
    """A transaction that has written: the server's process and the client's."""

    backend: int
    client: int


@dataclass
class Storm:
    """Finds victims, by chance, and remembers whom it struck."""

    database: Database
    seed: int
    struck: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = Random(self.seed)  # noqa: S311 - repeatable on purpose
        self.log = self.database.cluster.data / "server.log"
        self._begin = self.log.stat().st_size if self.log.exists() else 0
        self._admin: psycopg.Connection[Any] | None = None

    @property
    def in_transaction(self) -> int:
        """How many strikes the server's own log confirms to have hit an open transaction."""
        with Path(self.log).open("rb") as log:
            log.seek(self._begin)
            lines = log.read().decode(errors="replace")
        left_open = {int(pid) for pid in _LEFT_OPEN.findall(lines)}
        return sum(pid in left_open for pid in self.struck)

    def calm(self, longest: float = 1.0) -> None:
        time.sleep(self.chance.random() * longest)

    def victim(self, kind: str) -> Victim | None:
        """A transaction of a process of this kind that has written and not yet ended.

        Whoever is found in it at a moment taken by chance: early, in the middle, or late.
        """
        deadline = time.monotonic() + LOOK_FOR
        while time.monotonic() < deadline:
            try:
                found = self._look(kind)
            except psycopg.OperationalError:  # the server itself is being struck
                self._admin = None
                time.sleep(0.05)
                continue
            if found:
                backend, name = self.chance.choice(found)
                return Victim(backend, int(name.rpartition(" ")[2]))
            time.sleep(0.002)
        return None

    def terminate(self, victim: Victim) -> None:
        """What an administrator does; the server's process ends its transaction and itself."""
        assert self._admin is not None  # noqa: S101 - it has just found the victim
        self._admin.execute("SELECT pg_terminate_backend(%s)", [victim.backend])

    def close(self) -> None:
        if self._admin is not None:
            self._admin.close()

    def _look(self, kind: str) -> list[tuple[int, str]]:
        if self._admin is None or self._admin.closed:
            self._admin = self.database.cluster.connect(postgres.ADMIN)
        return list(
            self._admin.execute(_WRITING, [self.database.name, f"torture {kind} %"]).fetchall()
        )
