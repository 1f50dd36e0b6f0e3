"""Exchange rates from a file: a table, or the European Central Bank's reference rates."""

from __future__ import annotations

from datetime import date as Date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.errors import BusinessError
from apps.core.models import Company, User
from apps.core.rate_resources import ExchangeRateResource
from apps.core.services.exchange_rates import Existing
from apps.core.tables import ENCODINGS, LARGEST_FILE

SHOWN = 20


class Command(BaseCommand):
    help = "Import exchange rates of a company from a file, all of them or none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help="CSV, XLSX, or eurofxref as XML, CSV or archive.")
        parser.add_argument("--company", required=True, help="Code of the company.")
        parser.add_argument("--by", required=True, help="Name of the user in whose name.")
        parser.add_argument("--existing", choices=Existing.values, default=Existing.REFUSE)
        parser.add_argument("--since", type=Date.fromisoformat, help="First day that is taken.")
        parser.add_argument("--encoding", choices=ENCODINGS, default=ENCODINGS[0])
        parser.add_argument("--dry-run", action="store_true", help="Only say what would be.")

    def handle(self, *args: Any, **options: Any) -> None:
        company = Company.objects.filter(code=options["company"]).first()
        by = User.objects.filter(username=options["by"], is_active=True).first()
        if company is None:
            raise CommandError(f"There is no company {options['company']}.")
        if by is None:
            raise CommandError(f"There is no user {options['by']}.")
        path = Path(options["file"])
        try:
            with path.open("rb") as file:
                content = file.read(LARGEST_FILE + 1)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}.") from None
        resource = ExchangeRateResource(existing=options["existing"], since=options["since"])
        try:
            table = resource.read_file(
                path.name, content, encoding=options["encoding"], company=company
            )
            report = resource.run_import(
                table, company=company, by=by, reason=path.name, dry_run=options["dry_run"]
            )
        except BusinessError as error:
            raise CommandError(str(error)) from None
        for wrong in report.errors[:SHOWN]:
            self.stderr.write(f"{path}:{wrong.row}: {wrong.field or '-'}: {wrong.detail}")
        if report.errors:
            raise CommandError(f"Nothing is imported: {len(report.errors)} rows are wrong.")
        counts = ", ".join(
            f"{n} {kind}" for kind, n in report.summary().items() if kind != "dry_run"
        )
        self.stdout.write(f"{path}: {counts}" + (" (dry run)" if options["dry_run"] else ""))
