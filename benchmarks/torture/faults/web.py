"""kill -9 of a web process while one of its transactions is open."""

from benchmarks.torture.world import World

ROUNDS = 200
PROGRAMS = {"web": 3}


def strike(world: World) -> bool:
    world.storm.calm()
    victim = world.storm.victim("web")
    if victim is None or not world.programs["web"].kill(victim.client):
        return False
    world.storm.struck.append(victim.backend)
    return True
