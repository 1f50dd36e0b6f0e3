"""kill -9 of a server process in mid-transaction: PostgreSQL restarts and recovers by itself."""

import os
import signal

from benchmarks.torture.world import World

ROUNDS = 10
PROGRAMS = {"web": 3}


def strike(world: World) -> bool:
    world.storm.calm(2.0)
    victim = world.storm.victim("web")
    if victim is None:
        return False
    try:
        os.kill(victim.backend, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True
