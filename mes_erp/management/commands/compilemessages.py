from django.core.management.base import BaseCommand

from mes_erp import translations


class Command(BaseCommand):
    help = "Compile changed translations (Django's own command needs gettext tools)."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        self.stdout.write(f"{translations.compile_changed()} compiled")
