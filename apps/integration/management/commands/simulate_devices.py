"""Simulated machines that speak the real protocols, for the demo and to try a connection."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import structlog
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, InterfaceError, connections
from django.utils import timezone

from apps.integration.simulators.floor import Line, lines

log = structlog.get_logger(__name__)
#: Seconds for which what was said last can still be fetched.
LINGER = 1.5


class Command(BaseCommand):
    help = (
        "Devices for every active connection whose address is this machine: edge nodes and"
        " publishers at its broker, an OPC UA server, an MTConnect agent. They work on what runs"
        " on the shop floor, and say so by their protocol alone. Ends on SIGTERM or Ctrl-C,"
        " machines switched off."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("connection", nargs="*", help="codes of connections; default: all")
        parser.add_argument("--seed", default="1", help="story to tell")
        parser.add_argument("--every", type=float, default=2.0, help="seconds between looks")
        parser.add_argument("--pace", type=float, default=1.0, help="how much faster than real")

    def handle(self, *, connection: list[str], **options: Any) -> None:
        if find_spec("paho") is None or find_spec("asyncua") is None:
            raise CommandError("Install requirements/machine.txt.")
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        simulate(
            connection,
            stop,
            seed=options["seed"],
            every=options["every"],
            pace=options["pace"],
            say=self.stdout.write,
        )


def simulate(
    codes: list[str],
    stop: threading.Event,
    *,
    seed: str = "1",
    every: float = 2.0,
    pace: float = 1.0,
    say: Callable[[str], Any],
) -> None:
    """Run the devices until ``stop``."""
    running = lines(codes, now=timezone.now(), seed=seed, pace=pace, say=say)
    if not running:
        say("no connection with signals of machines has an address on this machine")
    started: list[Line] = []
    try:
        for line in running:
            line.endpoint.start()
            started.append(line)
        while not stop.wait(every):
            _advance(started)
        for line in started:
            line.switch_off(timezone.now())
        if started:
            threading.Event().wait(LINGER)
    finally:
        for line in reversed(started):
            line.endpoint.stop()


def _advance(running: list[Line]) -> None:
    try:
        for line in running:
            line.advance(timezone.now())
    except (DatabaseError, InterfaceError):
        log.warning("database_lost")
        connections.close_all()
