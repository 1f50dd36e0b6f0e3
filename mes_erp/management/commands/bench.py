import sys

from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "What the suite costs against the bare SQL of the same work. One JSON line per figure."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        from benchmarks.workloads import MODULES

        parser.add_argument("workload", nargs="*", help=f"of {', '.join(MODULES)}; default: all")
        parser.add_argument("--quick", action="store_true", help="small data, short measuring")
        parser.add_argument("--seconds", type=float, help="measuring time of each figure")
        parser.add_argument("--check", action="store_true", help="exit 1 when a goal is missed")

    def handle(
        self,
        *,
        workload: list[str],
        quick: bool,
        seconds: float | None,
        check: bool,
        **options: object,
    ) -> None:
        from benchmarks.run import run

        missed = run(
            workload, seconds=seconds or (3 if quick else 10), is_quick=quick, write=self.say
        )
        if missed and check:
            sys.exit(1)

    def say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()
