"""`pg_terminate_backend` of a connection in mid-transaction: what an administrator does."""

from benchmarks.torture.world import World

ROUNDS = 30
PROGRAMS = {"web": 3}


def strike(world: World) -> bool:
    world.storm.calm()
    victim = world.storm.victim("web")
    if victim is None:
        return False
    world.storm.terminate(victim)
    return True
