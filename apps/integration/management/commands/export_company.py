"""All data of a company in one archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.models import Company
from apps.integration.services.exports import export_company


class Command(BaseCommand):
    help = "Write all data of a company (tables, registers, history, files) to one archive."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="Code of the company.")
        parser.add_argument("--to", required=True, help="The file to write; it must not exist.")

    def handle(self, *args: Any, **options: Any) -> None:
        company = Company.objects.filter(code=options["code"]).first()
        if company is None:
            raise CommandError(f"There is no company {options['code']}.")
        path = Path(options["to"])
        try:
            with path.open("xb") as out:
                manifest = export_company(company, out)
        except FileExistsError:
            raise CommandError(f"{path} exists already.") from None
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from None
        rows = sum(table["rows"] for table in manifest["tables"])
        files = len(manifest["files"])
        self.stdout.write(f"{path}: {len(manifest['tables'])} tables, {rows} rows, {files} files")
