"""`pg_terminate_backend` of a connection in mid-transaction: what an administrator does."""

from benchmarks.torture.world import World
from mes_erp import postgres

ROUNDS = 30
PROGRAMS = {"web": 3}


def strike(world: World) -> bool:
    world.storm.calm()
    victim = world.storm.victim("web")
    if victim is None:
        return False
    with world.database.cluster.connect(postgres.ADMIN) as admin:
        admin.execute("SELECT pg_terminate_backend(%s)", [victim.backend])
    world.storm.struck.append(victim.backend)
    return True
