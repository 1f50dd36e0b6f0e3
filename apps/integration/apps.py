from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class IntegrationConfig(AppConfig):
    name = "apps.integration"
    label = "integration"
    verbose_name = _("Connections")
    pages = (
        (
            _("Take all data along"),
            "integration-export",
            "archive",
            "integration.export_company",
        ),
    )

    def ready(self) -> None:
        from apps.integration.services.triggers import note_all_changes

        post_migrate.connect(note_all_changes, sender=self)
