"""Prove that the registers agree. Exit 1 and the offending keys when one does not."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.core.reconcile import Finding, invariants, reconcile

SHOWN = 20


class Command(BaseCommand):
    help = "Check every invariant between the registers; exit 1 when one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("codes", nargs="*", help="Only these invariants.")
        parser.add_argument("--json", action="store_true", help="One JSON line per invariant.")
        parser.add_argument("--list", action="store_true", help="Only list the invariants.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            for invariant in invariants():
                self.stdout.write(f"{invariant.code}: {invariant.title}")
            return
        unknown = set(options["codes"]) - {invariant.code for invariant in invariants()}
        if unknown:
            self.stderr.write(f"No such invariant: {', '.join(sorted(unknown))}")
            sys.exit(2)
        findings = reconcile(options["codes"] or None)
        for finding in findings:
            self.stdout.write(as_json(finding) if options["json"] else as_text(finding))
        if not all(finding.is_clean for finding in findings):
            sys.exit(1)


def as_json(finding: Finding) -> str:
    return json.dumps(
        {
            "invariant": finding.invariant.code,
            "ok": finding.is_clean,
            "offences": finding.offences[:SHOWN],
            "count": len(finding.offences),
            "seconds": round(finding.seconds, 3),
        },
        default=str,
    )


def as_text(finding: Finding) -> str:
    mark = "ok " if finding.is_clean else "BAD"
    lines = [f"{mark} {finding.invariant.code}: {finding.invariant.title}"]
    lines += [
        "      " + ", ".join(f"{key}={value}" for key, value in offence.items())
        for offence in finding.offences[:SHOWN]
    ]
    if len(finding.offences) > SHOWN:
        lines.append(f"      … and {len(finding.offences) - SHOWN} more")
    return "\n".join(lines)
