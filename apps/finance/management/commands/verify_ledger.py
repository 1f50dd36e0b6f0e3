"""Seal what is new, verify the hash chain, print its heads for publication."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core.models import Company
from apps.finance.services.sealing import chain_heads, seal_ledger, verify_ledger


class Command(BaseCommand):
    help = "Seal and verify the ledger; exit 1 naming every entry that is not what was sealed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("companies", nargs="*", help="Codes; all companies without any.")
        parser.add_argument("--no-seal", action="store_true", help="Verify only.")
        parser.add_argument("--json", action="store_true", help="One JSON line per company.")

    def handle(self, *args: Any, **options: Any) -> None:
        companies = Company.objects.order_by("code")
        if options["companies"]:
            companies = companies.filter(code__in=options["companies"])
        is_sound = True
        for company in companies:
            faults = verify_ledger(company)
            sealed = 0 if options["no_seal"] or faults else seal_ledger(company)
            is_sound = is_sound and not faults
            report = {
                "company": company.code,
                "ok": not faults,
                "sealed": sealed,
                "faults": [
                    {"number": f.number, "sequence_number": f.sequence_number, "fault": f.fault}
                    for f in faults
                ],
                "heads": chain_heads(company),
            }
            self.stdout.write(json.dumps(report, default=str) if options["json"] else text(report))
        if not is_sound:
            sys.exit(1)


def text(report: dict[str, Any]) -> str:
    verdict = "ok" if report["ok"] else "BROKEN"
    lines = [f"{report['company']}: {verdict}, {report['sealed']} newly sealed"]
    lines += [f"  {f['fault']}: {f['number']} (#{f['sequence_number']})" for f in report["faults"]]
    lines += [
        f"  head {head['journal']}-{head['fiscal_year']} #{head['sequence_number']}"
        f" {head['chain_hash']}"
        for head in report["heads"]
    ]
    return "\n".join(lines)
