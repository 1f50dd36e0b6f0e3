"""kill -9 of the postmaster under load; it is started again as `manage.py demo` would."""

import os
import signal

from benchmarks.torture.world import World

ROUNDS = 5
PROGRAMS = {"web": 3}


def strike(world: World) -> bool:
    world.storm.calm(2.0)
    if world.storm.victim("web") is None:
        return False
    cluster = world.database.cluster
    os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    cluster.ensure_started(durable=True)
    return True
