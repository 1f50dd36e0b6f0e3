from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.core.services.roles import UnknownPermission, sync_roles


class Command(BaseCommand):
    help = "Give the roles of the catalogue (apps/*/roles.toml) exactly their permissions."

    def handle(self, **options: Any) -> None:
        try:
            for role, number in sorted(sync_roles().items()):
                self.stdout.write(f"{role}: {number} permissions")
        except UnknownPermission as error:
            raise CommandError(str(error)) from error
