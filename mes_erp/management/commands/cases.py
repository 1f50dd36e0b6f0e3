"""Each published case by its name: passed, or why not."""

import os
import subprocess
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from mes_erp.bootstrap import ROOT, child_environment

CASES = Path(os.environ.get("MES_ERP_CASES") or ROOT.parent / "shared" / "cases")
#: Where tests name cases by a mark.
FILES = (
    "tests/planning/test_published_schedules.py",
    "tests/planning/test_published_mrp.py",
    "tests/planning/test_published_frepple.py",
    "tests/planning/test_forecasts.py",
    "tests/hr/test_payroll_cases.py",
    "tests/quality/test_published_cases.py",
    "tests/inventory/test_published_valuation.py",
    "tests/projects",
    "tests/finance",
    "tests/execution/test_oee.py",
    "tests/maintenance/test_reliability.py",
    "tests/masterdata/test_published_gs1.py",
    "tests/integration/protocols",
    "tests/flows/test_real_purchase_orders.py",
    "tests/flows/test_real_boms.py",
)


class Command(BaseCommand):
    help = "Run the published cases and print each by name: pass, or the reason why not."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("area", nargs="*", help="numbers of areas, such as 01 06; default: all")
        parser.add_argument("--list", action="store_true", help="only which test runs which case")

    def handle(self, *, area: list[str], list: bool, **options: object) -> None:
        if not (CASES / "INDEX.csv").is_file():
            raise CommandError(f"There are no published cases in {CASES} (MES_ERP_CASES).")
        environment = child_environment() | {
            "MES_ERP_ALL_CASES": "1",
            "MES_ERP_CASE_AREAS": " ".join(area),
        }
        command = [sys.executable, os.fspath(ROOT / "manage.py"), "test", "-q", "--no-header"]
        command += ["-p", "tests.support.published", "-r", "N", "--tb=no", *FILES]
        if list:
            command += ["--collect-only", "-qq"]
        sys.exit(subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode)
