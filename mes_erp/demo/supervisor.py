"""Runs the demo's processes: shows their lines, restarts what crashes, stops all in order."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import IO

from mes_erp.bootstrap import ROOT, child_environment
from mes_erp.postgres import Cluster, PostgresError

GRACE = 10.0
SLOWEST_RESTART = 30.0
STEADY_AFTER = 60.0  # a process that lived this long gets a quick restart again
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


@dataclass
class Child:
    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    #: Its last words are for others: it is gone before they are asked to stop.
    stops_first: bool = False
    process: subprocess.Popen[str] | None = None
    started: float = 0.0
    delay: float = 1.0
    restart_at: float = 0.0

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None


class Supervisor:
    grace = GRACE

    def __init__(
        self, children: list[Child], cluster: Cluster | None, write: Callable[[str], object]
    ) -> None:
        self.children, self.cluster, self.write = children, cluster, write
        self.stopping = threading.Event()
        self.width = max(len(child.name) for child in children)

    def start(self) -> None:
        self.listen()
        self.start_children(self.children)

    def listen(self) -> None:
        """Take Ctrl-C and its like as the wish to stop in order."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)

    def start_children(self, children: Sequence[Child]) -> None:
        for child in children:
            if child.process is None and not self.stopping.is_set():
                self._start(child)

    def care(self) -> None:
        """Start again what has ended, in time."""
        self._care_for_children()

    def wait_until_ready(self, url: str, seconds: float = 90) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not self.stopping.is_set():
            self._care_for_children()
            if responds(url):
                return True
            self.stopping.wait(0.1)
        return False

    def watch(self) -> None:
        """Until somebody asks to stop."""
        next_look = 0.0
        while not self.stopping.wait(0.2):
            if self.cluster and time.monotonic() > next_look:
                self._care_for_database(self.cluster)
                next_look = time.monotonic() + 2
            self._care_for_children()

    def stop(self) -> None:
        """The last started first; the database when nobody uses it any more."""
        self.stopping.set()
        running = [child for child in reversed(self.children) if child.is_alive]
        self._end([child for child in running if child.stops_first])
        self._end([child for child in running if not child.stops_first])
        if self.cluster:
            self.cluster.stop()
            self.write("PostgreSQL stopped")

    def _end(self, running: Sequence[Child]) -> None:
        for child in running:
            self._signal(child, signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        for child in running:
            while child.is_alive and time.monotonic() < deadline:
                time.sleep(0.05)
            self._signal(child, signal.SIGKILL)
            if child.process:
                child.process.wait()
            self.write(f"{child.name} stopped")

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        if self.stopping.is_set():  # asked twice: somebody is in a hurry
            for child in self.children:
                self._signal(child, signal.SIGKILL)
        self.stopping.set()

    def _start(self, child: Child) -> None:
        child.started, child.restart_at = time.monotonic(), 0.0
        child.process = subprocess.Popen(
            child.command,
            cwd=ROOT,
            env=child_environment() | {"PYTHONUNBUFFERED": "1"} | child.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,  # Ctrl-C reaches the supervisor only
            preexec_fn=die_with_parent,
        )
        lines = child.process.stdout
        threading.Thread(target=self._show, args=[child.name, lines], daemon=True).start()

    def _show(self, name: str, lines: IO[str]) -> None:
        for line in lines:
            self.write(f"{name:{self.width}} | {line.rstrip()}")

    def _care_for_children(self) -> None:
        now = time.monotonic()
        for child in self.children:
            if self.stopping.is_set() or child.process is None or child.is_alive:
                continue
            if child.restart_at == 0:
                child.delay = 1.0 if now - child.started > STEADY_AFTER else child.delay
                child.restart_at = now + child.delay
                code = child.process.returncode
                self.write(f"{child.name} ended ({code}); starts again in {child.delay:.0f} s")
                child.delay = min(child.delay * 2, SLOWEST_RESTART)
            elif now >= child.restart_at:
                self._start(child)

    def _care_for_database(self, cluster: Cluster) -> None:
        if cluster.is_running():
            return
        self.write("PostgreSQL is down; starting it again")
        try:
            cluster.ensure_started()
        except PostgresError as error:
            self.write(f"PostgreSQL does not start: {error}")

    @staticmethod
    def _signal(child: Child, number: int) -> None:
        """To the whole group, so that helpers of a process go with it."""
        if child.process and child.is_alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.process.pid, number)


def responds(url: str) -> bool:
    with contextlib.suppress(urllib.error.URLError, OSError):
        return bool(urllib.request.urlopen(url, timeout=5).status == 200)  # noqa: S310
    return False


def die_with_parent() -> None:
    """A supervisor killed without warning leaves no orphans (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)
