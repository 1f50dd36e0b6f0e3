from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands import migrate

from mes_erp.fast_migrations import fast_migrations


class Command(migrate.Command):
    """Migrations run as the role that owns the tables; the application's role may not."""

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> Any:
        with fast_migrations():
            return super().handle(*args, **options)
