"""kill -9 of a worker while one of its transactions is open: jobs, sealing, folding, the outbox."""

from benchmarks.torture.world import World

ROUNDS = 60
PROGRAMS = {"web": 2, "worker": 2, "timer": 1}


def strike(world: World) -> bool:
    world.storm.calm()
    victim = world.storm.victim("worker")
    if victim is None or not world.programs["worker"].kill(victim.client):
        return False
    world.storm.struck.append(victim.backend)
    return True
