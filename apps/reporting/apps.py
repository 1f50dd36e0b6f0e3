from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportingConfig(AppConfig):
    name = "apps.reporting"
    label = "reporting"
    verbose_name = _("Reporting")

    def ready(self) -> None:
        from django.contrib import admin

        admin.site.index_template = "reporting/admin/home.html"
        admin.site.index_title = _("Home")
