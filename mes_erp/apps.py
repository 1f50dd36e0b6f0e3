from django.apps import AppConfig


class MesErpConfig(AppConfig):
    """The project itself: its commands, and the Celery app that `shared_task` binds to."""

    name = "mes_erp"
    verbose_name = "MES-ERP"

    def ready(self) -> None:
        from mes_erp import celery  # noqa: F401 - makes it the current app
