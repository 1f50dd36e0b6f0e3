"""Every report of finance by its name in addresses; the one place to add one."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext_lazy

from apps.core.reports import Report
from apps.finance import (
    accrual_reports,
    asset_reports,
    bank_reports,
    budget_reports,
    consolidation_reports,
    exposure_reports,
    receivable_reports,
    reports,
    statement_reports,
    tax_reports,
)
from apps.finance.report_parameters import ReportRequest

Builder = Callable[[ReportRequest], Report]
REPORTS: dict[str, Builder] = {
    "trial-balance": reports.trial_balance_report,
    "balance-sheet": statement_reports.balance_sheet_report,
    "income-statement": statement_reports.income_statement_report,
    "cash-flow": statement_reports.cash_flow_report,
    "equity-changes": statement_reports.equity_changes_report,
    "general-ledger": reports.general_ledger_report,
    "breakdown": reports.breakdown_report,
    "open-items": receivable_reports.open_items_report,
    "ageing": receivable_reports.ageing_report,
    receivable_reports.STATEMENT: receivable_reports.account_statement_report,
    "asset-register": asset_reports.register_report,
    "asset-roll-forward": asset_reports.roll_forward_report,
    "depreciation-forecast": asset_reports.forecast_report,
    bank_reports.NAME: bank_reports.bank_reconciliation_report,
    budget_reports.NAME: budget_reports.budget_report,
    budget_reports.ORDERS: budget_reports.budget_commitments_report,
    accrual_reports.NAME: accrual_reports.accruals_report,
    consolidation_reports.NAME: consolidation_reports.group_balance_report,
    consolidation_reports.ACCOUNT: consolidation_reports.group_account_report,
    consolidation_reports.DEALINGS: consolidation_reports.group_dealings_report,
    consolidation_reports.STOCK: consolidation_reports.group_stock_report,
    exposure_reports.NAME: exposure_reports.currency_exposure_report,
    "tax-boxes": tax_reports.tax_boxes_report,
    "tax-entries": tax_reports.tax_entries_report,
}
#: Reports that come in pages; a file of one holds all of its rows.
PAGED = frozenset({"general-ledger"})
TITLES = {
    "trial-balance": gettext_lazy("Trial balance"),
    "balance-sheet": gettext_lazy("Balance sheet"),
    "income-statement": gettext_lazy("Income statement"),
    "cash-flow": gettext_lazy("Cash flow"),
    "equity-changes": gettext_lazy("Changes in equity"),
    "general-ledger": gettext_lazy("General ledger"),
    "open-items": gettext_lazy("Open items"),
    "ageing": gettext_lazy("Ageing"),
    "account-statement": gettext_lazy("Statement of account"),
    "asset-register": gettext_lazy("Asset register"),
    "asset-roll-forward": gettext_lazy("Roll-forward of assets"),
    "depreciation-forecast": gettext_lazy("Depreciation forecast"),
    "bank-reconciliation": gettext_lazy("Bank reconciliation"),
    "budget-variance": gettext_lazy("Budget and actual"),
    "budget-commitments": gettext_lazy("Orders against the budget"),
    "accruals": gettext_lazy("Accruals and deferrals"),
    "currency-exposure": gettext_lazy("Currency exposure"),
    "tax-boxes": gettext_lazy("Tax by box"),
    "tax-entries": gettext_lazy("Tax entries"),
    "group-balance": gettext_lazy("Trial balance of the group"),
    "group-dealings": gettext_lazy("Dealings in the group"),
    "group-stock": gettext_lazy("Unrealised profit in stock"),
    "group-account": gettext_lazy("Account of the group"),
    "breakdown": gettext_lazy("Breakdown"),
}
