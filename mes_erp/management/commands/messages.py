from django.core.management.base import BaseCommand

from mes_erp import translations


class Command(BaseCommand):
    help = "Bring the catalogues to the texts of the code, and list what has no translation."
    requires_system_checks = ()

    def handle(self, **options: object) -> None:
        for language in translations.LANGUAGES:
            missing = translations.update(language)
            self.stdout.write(f"{language}: {len(missing)} to translate")
            for message in missing:
                self.stdout.write(f"  {message!r}")
