import random
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = (
        "Kills processes and servers while clients post. One JSON line per fault; exit 1 when"
        " anything was lost, doubled or half written."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        from benchmarks.torture.faults import MODULES

        parser.add_argument("fault", nargs="*", help=f"of {', '.join(MODULES)}; default: all")
        parser.add_argument("--rounds", type=int, help="strikes of each fault")
        parser.add_argument("--seed", type=int, help="the same plan again; printed in each line")
        parser.add_argument("--seconds", type=float, help="stop striking after so long")
        parser.add_argument("--cluster", type=Path, help="home of the PostgreSQL to work on")

    def handle(
        self,
        *,
        fault: list[str],
        rounds: int | None,
        seed: int | None,
        seconds: float | None,
        cluster: Path | None,
        **options: object,
    ) -> None:
        from benchmarks.torture.run import HOME, Options, run

        seed = random.SystemRandom().randrange(10**6) if seed is None else seed
        chosen = Options(seed, rounds, seconds, cluster or HOME)
        if not run(fault, chosen, write=self.say, complain=self.complain):
            sys.exit(1)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def complain(self, line: str) -> None:
        self.stderr.write(line)
