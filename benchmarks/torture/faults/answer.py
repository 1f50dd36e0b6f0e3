"""kill -9 of a web process after its COMMIT and before its answer, by a fail-point in it."""

import time

from benchmarks.torture.world import World

ROUNDS = 50
PROGRAMS = {"web": 3}
CUT = 0.2
WAIT = 30.0


def strike(world: World) -> bool:
    """Wait for the next process that kills itself."""
    web = world.programs["web"]
    before, deadline = web.deaths, time.monotonic() + WAIT
    while web.deaths == before and time.monotonic() < deadline:
        time.sleep(0.01)
    return web.deaths > before
