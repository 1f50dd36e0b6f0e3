"""Every report of finance by its name in addresses; the one place to add one."""

from __future__ import annotations

from collections.abc import Callable

from apps.core.reports import Report
from apps.finance import (
    accrual_reports,
    asset_reports,
    bank_reports,
    budget_reports,
    consolidation_reports,
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
    "tax-boxes": tax_reports.tax_boxes_report,
    "tax-entries": tax_reports.tax_entries_report,
}
#: Reports that come in pages; a file of one holds all of its rows.
PAGED = frozenset({"general-ledger"})
