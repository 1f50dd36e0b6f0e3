from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportingConfig(AppConfig):
    name = "apps.reporting"
    label = "reporting"
    verbose_name = _("Reporting")
    pages = (
        (_("Pivots"), "reporting-pivots", "pivot_table_chart", "reporting.view_savedreport"),
        (_("Dashboards"), "reporting-dashboards", "dashboard", "reporting.view_dashboard"),
        (
            _("Loss bridge"),
            "reporting-loss-bridge",
            "water_loss",
            "execution.view_machineinterval",
        ),
        (_("ISO 22400-2"), "reporting-kpis", "speed", "execution.view_machineinterval"),
    )

    def ready(self) -> None:
        from django.contrib import admin

        admin.site.index_template = "reporting/admin/home.html"
        admin.site.index_title = _("Home")
