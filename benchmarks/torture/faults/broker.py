"""The broker is away for ten minutes: the plant keeps what it has to tell, and tells it then."""

from benchmarks.torture import intake
from benchmarks.torture.results import Options, Result

AWAY, MACHINES = 600, 2


def torture(options: Options) -> tuple[Result, list[str]]:
    away = options.seconds or AWAY
    plan = intake.Plan(
        int(away) + 20, machines=MACHINES, between_kills=None, broker_away=float(away)
    )
    return intake.torture("broker", plan, options)
