"""Fold settled journal lines into period balances."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.finance.services.balances import fold_balances, rebuild_balances


class Command(BaseCommand):
    help = "Fold settled journal lines into period balances. Safe while others post."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--rebuild", action="store_true", help="Start anew: after a restore from a backup."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rebuild_balances() if options["rebuild"] else fold_balances()
        self.stdout.write("Balances are folded.")
