import argparse
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlparse

from django.core.management.base import BaseCommand, CommandParser

from mes_erp.bootstrap import PROVES, REQUIREMENTS, ROOT, child_environment

CONCISE = ("--output-format", "concise")
MOST_LINES = 60
AT_ONCE = 2
Check = tuple[str, Sequence[str], dict[str, str]]
VULNERABILITY_SERVICE = "https://api.osv.dev"


class Command(BaseCommand):
    help = "All checks, then all tests. Given arguments, only pytest with these arguments."
    requires_system_checks = ()

    def run_from_argv(self, argv: list[str]) -> None:
        """Arguments belong to pytest, also those that Django would take for its own."""
        if argv[2:] and argv[2:] != ["--help"]:
            sys.exit(self.pytest(argv[2:]))
        super().run_from_argv(argv)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("pytest_arguments", nargs=argparse.REMAINDER)

    def handle(self, **options: object) -> None:
        python = sys.executable
        manage = [python, "manage.py"]
        checks: list[Check] = [
            ("types (mypy)", [python, "-m", "mypy"], {}),  # the longest begins first
            ("ruff check", [python, "-m", "ruff", "check", *CONCISE], {}),
            ("ruff format", [python, "-m", "ruff", "format", "--check", *CONCISE], {}),
            ("layers (import-linter)", ["lint-imports", "--no-logo"], {}),
            ("migrations complete", [*manage, "makemigrations", "--check", "--dry-run"], TEST),
            ("check --deploy", [*manage, "check", "--deploy", "--fail-level", "WARNING"], LIVE),
            *self.vulnerabilities(),
        ]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            passed = list(pool.map(lambda check: self.step(*check), checks))
        failed = [
            name for (name, *_rest), is_passed in zip(checks, passed, strict=True) if not is_passed
        ]
        if failed:
            self.stdout.write(f"== FAILED before the tests: {', '.join(failed)}")
        sys.exit(self.pytest(["-n", "auto", "--dist", "worksteal"]) or len(failed))

    def step(
        self, name: str, command: Sequence[str], environment: dict[str, str] | None = None
    ) -> bool:
        """Run one check; its output only matters when it fails."""
        started = time.monotonic()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=child_environment() | QUIET | (environment or {}),
            capture_output=True,
            text=True,
        )
        elapsed = time.monotonic() - started
        said = [f"== {name} … {'failed' if done.returncode else 'ok'} ({elapsed:.1f} s)"]
        if done.returncode:
            lines = (done.stdout + done.stderr).splitlines()
            said += lines[:MOST_LINES]
            if len(lines) > MOST_LINES:
                said.append(f"… and {len(lines) - MOST_LINES} lines more")
        self.stdout.write("\n".join(said))  # in one piece: another check may speak too
        self.stdout.flush()
        return done.returncode == 0

    def vulnerabilities(self) -> list[Check]:
        """Needs a service on the network; an unreachable service is no finding."""
        if not answers(VULNERABILITY_SERVICE):
            self.stdout.write("== pip-audit … not run: the vulnerability service does not answer")
            return []
        command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
        command += ["--vulnerability-service", "osv", "--progress-spinner", "off"]
        for name in PROVES:
            command += ["-r", str(REQUIREMENTS / f"{name}.txt")]
        return [("known vulnerabilities (pip-audit)", command, {})]

    def pytest(self, arguments: Sequence[str]) -> int:
        self.stdout.write(f"== pytest {' '.join(arguments)}")
        self.stdout.flush()
        command = [sys.executable, "-m", "pytest", *arguments]
        environment = {k: v for k, v in child_environment().items() if k != SETTINGS}
        return subprocess.run(command, cwd=ROOT, env=environment).returncode


SETTINGS = "DJANGO_SETTINGS_MODULE"
QUIET = {"MES_ERP_NO_BOOTSTRAP": "1"}
TEST = {SETTINGS: "mes_erp.settings.test"}
LIVE = {
    SETTINGS: "mes_erp.settings.production",
    "SECRET_KEY": secrets.token_urlsafe(60),
    "ALLOWED_HOSTS": "erp.example.com",
    "DATABASE_URL": "postgresql://mes_erp_app@localhost/mes_erp",
    "DATABASE_OWNER_URL": "postgresql://mes_erp_owner@localhost/mes_erp",
    "CELERY_BROKER_URL": "redis://localhost/0",
}


def answers(address: str) -> bool:
    try:
        socket.create_connection((urlparse(address).hostname, 443), timeout=3).close()
    except OSError:
        return False
    return True
