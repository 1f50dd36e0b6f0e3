"""kill -9 of the listener every five seconds while machines tell it 10,000 readings a second."""

from benchmarks.torture import intake
from benchmarks.torture.results import Options, Result

SECONDS = 60


def torture(options: Options) -> tuple[Result, list[str]]:
    return intake.torture("intake", intake.Plan(int(options.seconds or SECONDS)), options)
