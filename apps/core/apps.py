from importlib import import_module

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate
from django.utils.module_loading import module_has_submodule
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "apps.core"
    label = "core"
    verbose_name = _("Administration")

    def ready(self) -> None:
        from apps.core.api.schema import name_enums
        from apps.core.garbage import collect_rarely
        from apps.core.services.grants import grant_application_role
        from apps.core.services.roles import sync_after_migrate
        from apps.core.services.signable import make_documents_signable

        collect_rarely()
        name_enums()
        post_migrate.connect(grant_application_role, sender=self)
        post_migrate.connect(make_documents_signable, sender=self)
        post_migrate.connect(sync_after_migrate)
        for config in apps.get_app_configs():
            if config.name.startswith("apps."):
                for part in ("reconcile", "closing", "guards", "jobs", "handlers", "scans"):
                    if module_has_submodule(config.module, part):
                        import_module(f"{config.name}.{part}")
