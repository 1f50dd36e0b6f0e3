from __future__ import annotations

from apps.core.api.registry import ApiRouter
from apps.finance.api.accounts import (
    AccountViewSet,
    CostObjectViewSet,
    JournalViewSet,
    PostingRuleViewSet,
    StatementLineViewSet,
    TaxCodeViewSet,
)
from apps.finance.api.accruals import AccrualPostingViewSet, AccrualScheduleViewSet
from apps.finance.api.allocations import (
    AllocationCycleViewSet,
    AllocationReceiverViewSet,
    AllocationRunViewSet,
    AllocationSenderViewSet,
    StatisticalKeyViewSet,
    StatisticalValueViewSet,
)
from apps.finance.api.approvals import ApprovalLimitViewSet
from apps.finance.api.asset_books import (
    AssetClassBookViewSet,
    AssetClassViewSet,
    AssetMovementViewSet,
    AssetUsageViewSet,
    DepreciationBookViewSet,
    DepreciationRunViewSet,
)
from apps.finance.api.assets import FixedAssetViewSet
from apps.finance.api.audit_files import AuditFilesViewSet
from apps.finance.api.bank_accounts import BankAccountViewSet, MatchRuleViewSet
from apps.finance.api.bank_statements import (
    BankImportViewSet,
    BankLineViewSet,
    BankMatchViewSet,
    BankStatementViewSet,
)
from apps.finance.api.budgets import (
    BudgetLineViewSet,
    BudgetOverrunViewSet,
    BudgetVersionViewSet,
)
from apps.finance.api.charts import ChartsViewSet
from apps.finance.api.closing import (
    CloseStepViewSet,
    CloseTaskViewSet,
    PeriodCloseViewSet,
)
from apps.finance.api.consolidation import (
    AverageRateViewSet,
    ConsolidationGroupViewSet,
    GroupAccountViewSet,
    GroupMarginViewSet,
    GroupMemberViewSet,
    IntercompanyPartnerViewSet,
)
from apps.finance.api.dunning import DunningRunViewSet, DunningTermsViewSet
from apps.finance.api.einvoices import EInvoicesViewSet
from apps.finance.api.invoices import InvoiceViewSet
from apps.finance.api.layouts import LayoutRowViewSet, StatementLayoutViewSet
from apps.finance.api.ledger import JournalEntryViewSet, JournalLineViewSet
from apps.finance.api.opening import OpeningBalancesViewSet
from apps.finance.api.payment_runs import PaymentRunViewSet
from apps.finance.api.payments import PaymentViewSet
from apps.finance.api.periods import FiscalYearViewSet, PeriodViewSet
from apps.finance.api.recurring_invoices import RecurringInvoiceViewSet
from apps.finance.api.report_files import ReportFilesViewSet
from apps.finance.api.revaluations import CurrencyRevaluationViewSet
from apps.finance.api.settlements import FinancePolicyViewSet, SettlementViewSet
from apps.finance.api.statements import StatementViewSet
from apps.finance.api.taxes import (
    TaxBoxTermViewSet,
    TaxBoxViewSet,
    TaxEntryViewSet,
    TaxReturnViewSet,
)
from apps.finance.api.vouchers import JournalVoucherViewSet

router = ApiRouter("finance")
router.register("statement-lines", StatementLineViewSet)
router.register("statement-layouts", StatementLayoutViewSet)
router.register("layout-rows", LayoutRowViewSet)
router.register("accounts", AccountViewSet)
router.register("charts", ChartsViewSet)
router.register("journals", JournalViewSet)
router.register("cost-objects", CostObjectViewSet)
router.register("tax-codes", TaxCodeViewSet)
router.register("tax-boxes", TaxBoxViewSet)
router.register("tax-box-terms", TaxBoxTermViewSet)
router.register("tax-entries", TaxEntryViewSet)
router.register("tax-returns", TaxReturnViewSet)
router.register("posting-rules", PostingRuleViewSet)
router.register("fiscal-years", FiscalYearViewSet)
router.register("periods", PeriodViewSet)
router.register("close-tasks", CloseTaskViewSet)
router.register("close-steps", CloseStepViewSet)
router.register("period-closes", PeriodCloseViewSet)
router.register("vouchers", JournalVoucherViewSet)
router.register("invoices", InvoiceViewSet)
router.register("einvoices", EInvoicesViewSet)
router.register("audit-files", AuditFilesViewSet)
router.register("report-files", ReportFilesViewSet)
router.register("payments", PaymentViewSet)
router.register("settlements", SettlementViewSet)
router.register("policies", FinancePolicyViewSet)
router.register("approval-limits", ApprovalLimitViewSet)
router.register("recurring-invoices", RecurringInvoiceViewSet)
router.register("dunning-terms", DunningTermsViewSet)
router.register("dunning-runs", DunningRunViewSet)
router.register("currency-revaluations", CurrencyRevaluationViewSet)
router.register("journal-entries", JournalEntryViewSet)
router.register("journal-lines", JournalLineViewSet)
router.register("statements", StatementViewSet)
router.register("opening-balances", OpeningBalancesViewSet)
router.register("depreciation-books", DepreciationBookViewSet)
router.register("asset-classes", AssetClassViewSet)
router.register("asset-class-books", AssetClassBookViewSet)
router.register("assets", FixedAssetViewSet)
router.register("asset-movements", AssetMovementViewSet)
router.register("asset-usage", AssetUsageViewSet)
router.register("depreciation-runs", DepreciationRunViewSet)
router.register("bank-accounts", BankAccountViewSet)
router.register("match-rules", MatchRuleViewSet)
router.register("bank-imports", BankImportViewSet)
router.register("bank-statements", BankStatementViewSet)
router.register("bank-lines", BankLineViewSet)
router.register("bank-matches", BankMatchViewSet)
router.register("payment-runs", PaymentRunViewSet)
router.register("budgets", BudgetVersionViewSet)
router.register("budget-lines", BudgetLineViewSet)
router.register("budget-overruns", BudgetOverrunViewSet)
router.register("accrual-schedules", AccrualScheduleViewSet)
router.register("accrual-postings", AccrualPostingViewSet)
router.register("statistical-keys", StatisticalKeyViewSet)
router.register("statistical-values", StatisticalValueViewSet)
router.register("allocation-cycles", AllocationCycleViewSet)
router.register("allocation-senders", AllocationSenderViewSet)
router.register("allocation-receivers", AllocationReceiverViewSet)
router.register("allocation-runs", AllocationRunViewSet)
router.register("consolidation-groups", ConsolidationGroupViewSet)
router.register("group-members", GroupMemberViewSet)
router.register("group-accounts", GroupAccountViewSet)
router.register("group-margins", GroupMarginViewSet)
router.register("intercompany-partners", IntercompanyPartnerViewSet)
router.register("average-rates", AverageRateViewSet)
