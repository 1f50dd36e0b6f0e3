"""The API's fuzz test, for as long as wanted, on a database of its own."""

import os
import subprocess
import sys

from django.core.management.base import BaseCommand, CommandParser

from mes_erp.bootstrap import ROOT, child_environment


class Command(BaseCommand):
    help = (
        "Send made-up requests to the whole API: no fault, and each answer as the schema tells it."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--examples", type=int, default=20, help="of each operation")
        parser.add_argument("--seed", type=int, default=0, help="the same seed, the same requests")
        parser.add_argument(
            "--conforms", action="store_true", help="let schemathesis, too, judge the answers"
        )
        parser.add_argument("--app", default="", help="one app only, e.g. finance")

    def handle(
        self, *, examples: int, seed: int, conforms: bool, app: str, **options: object
    ) -> None:
        environment = child_environment() | {
            "MES_ERP_FUZZ_EXAMPLES": str(max(examples, 1)),
            "MES_ERP_FUZZ_SPOILT": "3",
            "MES_ERP_FUZZ_SEED": str(seed),
            "MES_ERP_FUZZ_CONFORMS": "1" if conforms else "0",
        }
        command = [sys.executable, os.fspath(ROOT / "manage.py"), "test", "-q", "-n", "auto"]
        command.append("tests/robustness/test_fuzz.py")
        if app:
            command += ["-k", f"[{app}]"]
        sys.exit(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)
