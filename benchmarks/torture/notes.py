"""What clients know, in files of their own outside the database.

One JSON object a line: a request `begun` before it is sent, `acked` when its answer came, `dropped`
when none did. The database is judged by these notes, never by itself.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.torture.plant import Request


@dataclass(frozen=True, slots=True)
class Ack:
    id: int
    is_replay: bool


@dataclass(slots=True)
class Notes:
    """The notes of all clients together."""

    begun: dict[str, Request] = field(default_factory=dict)
    acked: dict[str, list[Ack]] = field(default_factory=dict)
    dropped: int = 0
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def unanswered(self) -> dict[str, Request]:
        return {key: value for key, value in self.begun.items() if key not in self.acked}


class Notebook:
    """One client's file. A line is one `write`, so a line is there or not."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def begun(self, key: str, request: Request) -> None:
        self._write(begun=key, request=asdict(request))

    def acked(self, key: str, ack: Ack) -> None:
        self._write(acked=key, ack=asdict(ack))

    def dropped(self, key: str, why: str) -> None:
        self._write(dropped=key, why=why)

    def refused(self, key: str, why: str) -> None:
        self._write(refused=key, why=why)

    def close(self) -> None:
        os.close(self._file)

    def _write(self, **values: object) -> None:
        os.write(self._file, json.dumps(values).encode() + b"\n")


def read_notes(paths: Iterable[Path]) -> Notes:
    notes = Notes()
    for path in sorted(paths):
        for line in path.read_text().splitlines():
            note = json.loads(line)
            if "begun" in note:
                notes.begun[note["begun"]] = Request(**note["request"])
            elif "acked" in note:
                notes.acked.setdefault(note["acked"], []).append(Ack(**note["ack"]))
            elif "refused" in note:
                notes.refused[note["refused"]] = note["why"]
            else:
                notes.dropped += 1
    return notes
