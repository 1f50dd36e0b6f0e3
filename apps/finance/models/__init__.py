from apps.finance.models.accounts import (
    Account,
    Activity,
    CostObject,
    Journal,
    Module,
    PostingRole,
    PostingRule,
    StatementLine,
)
from apps.finance.models.accruals import (
    AccrualCredit,
    AccrualPart,
    AccrualPosting,
    AccrualSchedule,
)
from apps.finance.models.allocations import (
    AllocationCycle,
    AllocationLine,
    AllocationReceiver,
    AllocationRun,
    AllocationSender,
    StatisticalKey,
    StatisticalValue,
)
from apps.finance.models.approvals import ApprovalLimit
from apps.finance.models.asset_books import (
    AssetBook,
    AssetClass,
    AssetClassBook,
    DepreciationBook,
)
from apps.finance.models.assets import AssetMovement, AssetUsage, DepreciationRun, FixedAsset
from apps.finance.models.balances import AccountBalance, BalanceFold
from apps.finance.models.bank import (
    BankAccount,
    BankImport,
    BankLine,
    BankMatch,
    BankStatement,
    MatchRule,
    PaymentRun,
    PaymentRunLine,
)
from apps.finance.models.budgets import BudgetLine, BudgetOverrun, BudgetVersion, Dimension
from apps.finance.models.closing import CloseStep, CloseTask, PeriodClose
from apps.finance.models.consolidation import (
    AverageRate,
    ConsolidationGroup,
    GroupAccount,
    GroupMargin,
    GroupMember,
    IntercompanyPartner,
)
from apps.finance.models.dunning import DunningLevel, DunningLine, DunningRun, DunningTerms
from apps.finance.models.invoices import Invoice, InvoiceLine
from apps.finance.models.layouts import LayoutRow, StatementLayout
from apps.finance.models.ledger import JournalEntry, JournalLine, LedgerSeal
from apps.finance.models.payments import CreditAllocation, Payment, PaymentAllocation
from apps.finance.models.periods import FiscalYear, Period, PeriodLock
from apps.finance.models.recurring import (
    RecurringInvoice,
    RecurringInvoiceLine,
    RecurringPeriod,
)
from apps.finance.models.revaluations import CurrencyRevaluation, RevaluationLine
from apps.finance.models.settlements import (
    FinancePolicy,
    InvoiceInstalment,
    Settlement,
    SettlementLine,
)
from apps.finance.models.taxes import (
    TaxBox,
    TaxBoxTerm,
    TaxCode,
    TaxEntry,
    TaxReturn,
    TaxReturnLine,
    TaxSide,
)
from apps.finance.models.vouchers import JournalVoucher, JournalVoucherLine

__all__ = [
    "Account",
    "AccountBalance",
    "AccrualCredit",
    "AccrualPart",
    "AccrualPosting",
    "AccrualSchedule",
    "Activity",
    "AllocationCycle",
    "AllocationLine",
    "AllocationReceiver",
    "AllocationRun",
    "AllocationSender",
    "ApprovalLimit",
    "AssetBook",
    "AssetClass",
    "AssetClassBook",
    "AssetMovement",
    "AssetUsage",
    "AverageRate",
    "BalanceFold",
    "BankAccount",
    "BankImport",
    "BankLine",
    "BankMatch",
    "BankStatement",
    "BudgetLine",
    "BudgetOverrun",
    "BudgetVersion",
    "CloseStep",
    "CloseTask",
    "ConsolidationGroup",
    "CostObject",
    "CreditAllocation",
    "CurrencyRevaluation",
    "DepreciationBook",
    "DepreciationRun",
    "Dimension",
    "DunningLevel",
    "DunningLine",
    "DunningRun",
    "DunningTerms",
    "FinancePolicy",
    "FiscalYear",
    "FixedAsset",
    "GroupAccount",
    "GroupMargin",
    "GroupMember",
    "IntercompanyPartner",
    "Invoice",
    "InvoiceInstalment",
    "InvoiceLine",
    "Journal",
    "JournalEntry",
    "JournalLine",
    "JournalVoucher",
    "JournalVoucherLine",
    "LayoutRow",
    "LedgerSeal",
    "MatchRule",
    "Module",
    "Payment",
    "PaymentAllocation",
    "PaymentRun",
    "PaymentRunLine",
    "Period",
    "PeriodClose",
    "PeriodLock",
    "PostingRole",
    "PostingRule",
    "RecurringInvoice",
    "RecurringInvoiceLine",
    "RecurringPeriod",
    "RevaluationLine",
    "Settlement",
    "SettlementLine",
    "StatementLayout",
    "StatementLine",
    "StatisticalKey",
    "StatisticalValue",
    "TaxBox",
    "TaxBoxTerm",
    "TaxCode",
    "TaxEntry",
    "TaxReturn",
    "TaxReturnLine",
    "TaxSide",
]
