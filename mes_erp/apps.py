from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class MesErpConfig(AppConfig):
    """The project itself: its commands, and the Celery app that `shared_task` binds to."""

    name = "mes_erp"
    verbose_name = "MES-ERP"

    def ready(self) -> None:
        from mes_erp import celery  # noqa: F401 - makes it the current app


class SuiteAdminConfig(AdminConfig):
    """Django's admin with the suite's own site."""

    default_site = "mes_erp.admin_site.SuiteAdminSite"
