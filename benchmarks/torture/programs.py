"""The processes under torture, as their killer sees them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mes_erp.postgres import ROOT

READY_WITHIN = 120.0


class Program:
    """So many processes of one kind (`web`, `worker`, `timer`), each replaced when it dies."""

    def __init__(
        self,
        kind: str,
        count: int,
        environment: Mapping[str, str],
        *,
        log: Path,
        cut: float = 0.0,
    ) -> None:
        self.kind, self.count, self.port, self.deaths = kind, count, 0, 0
        self._alive: set[int] = set()
        self._changed = threading.Condition()
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.torture.nursery", kind, str(count), str(cut)],
                cwd=ROOT,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        threading.Thread(target=self._listen, daemon=True).start()

    def wait_until_born(self) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._alive) == self.count, READY_WITHIN):
                raise RuntimeError(f"{self.kind} did not start within {READY_WITHIN:.0f} s")

    @property
    def alive(self) -> set[int]:
        with self._changed:
            return set(self._alive)

    def kill(self, pid: int) -> bool:
        """kill -9 of one of them; False when it was gone already."""
        if pid not in self.alive:
            return False
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            return True
        return False

    def stop(self) -> None:
        """End all of them: children follow their parent, by themselves where the system can."""
        self._process.kill()
        self._process.wait()
        for pid in self.alive:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _listen(self) -> None:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        for line in self._process.stdout:
            word, _space, number = line.strip().partition(" ")
            with self._changed:
                if word == "port":
                    self.port = int(number)
                elif word == "born":
                    self._alive.add(int(number))
                elif word == "died":
                    self._alive.discard(int(number))
                    self.deaths += 1
                self._changed.notify_all()
