from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FinanceConfig(AppConfig):
    name = "apps.finance"
    label = "finance"
    verbose_name = _("Finance")
    pages = (
        (_("Reports"), "finance-reports", "monitoring", "finance.view_journalline"),
        (_("Bank reconciliation"), "finance-bank", "account_balance", "finance.view_bankline"),
        (_("Electronic invoices"), "finance-einvoices", "upload_file", "finance.add_invoice"),
        (_("Audit file (SAF-T)"), "finance-audit-file", "policy", "finance.export_auditfile"),
        (_("Set up the chart"), "finance-chart", "account_tree", "finance.add_account"),
        (_("Close"), "finance-closes", "event_available", "finance.view_periodclose"),
    )

    def ready(self) -> None:
        from apps.core.series import register
        from apps.finance.queries.number_series import JOURNAL_SERIES

        register("journal", JOURNAL_SERIES)
