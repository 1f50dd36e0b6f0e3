import os
import subprocess

from django.core.management.base import BaseCommand, CommandParser

from mes_erp import bootstrap

FILES = ("bootstrap", *bootstrap.PROVES)


class Command(BaseCommand):
    help = "Compile requirements/*.in to universal, hashed *.txt files."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--upgrade", action="store_true", help="take the newest allowed versions"
        )

    def handle(self, *, upgrade: bool, **options: object) -> None:
        """First all together, so that the files agree; then each within that."""
        more = ["--upgrade"] if upgrade else []
        sources = [f"{name}.in" for name in FILES]
        self._compile(*sources, "-o", "all.lock.txt", "--no-annotate", "--no-header", *more)
        for name in FILES:
            self._compile(
                f"{name}.in", "-o", f"{name}.txt", "-c", "all.lock.txt", "--generate-hashes"
            )
            self.stdout.write(f"requirements/{name}.txt")

    def _compile(self, *arguments: str) -> None:
        uv = str(bootstrap.VENV / "bin" / "uv")
        common = ["pip", "compile", "-q", "--universal", "--python-version", "3.11"]
        common += ["--custom-compile-command", "manage.py lock"]
        environment = bootstrap.installer_environment() | {"PATH": os.environ["PATH"]}
        subprocess.run(
            [uv, *common, *arguments], cwd=bootstrap.REQUIREMENTS, env=environment, check=True
        )
