from apps.finance.models.accounts import (
    Account,
    CostObject,
    Journal,
    Module,
    PostingRole,
    PostingRule,
    StatementLine,
)
from apps.finance.models.accruals import AccrualPart, AccrualPosting, AccrualSchedule
from apps.finance.models.allocations import (
    AllocationCycle,
    AllocationLine,
    AllocationReceiver,
    AllocationRun,
    AllocationSender,
    StatisticalKey,
    StatisticalValue,
)
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
from apps.finance.models.budgets import BudgetLine, BudgetOverrun, BudgetVersion
from apps.finance.models.closing import CloseStep, CloseTask, PeriodClose
from apps.finance.models.consolidation import (
    AverageRate,
    ConsolidationGroup,
    GroupMember,
    IntercompanyPartner,
)
from apps.finance.models.invoices import Invoice, InvoiceLine
from apps.finance.models.ledger import JournalEntry, JournalLine, LedgerSeal
from apps.finance.models.payments import CreditAllocation, Payment, PaymentAllocation
from apps.finance.models.periods import FiscalYear, Period, PeriodLock
from apps.finance.models.revaluations import CurrencyRevaluation, RevaluationLine
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
    "AccrualPart",
    "AccrualPosting",
    "AccrualSchedule",
    "AllocationCycle",
    "AllocationLine",
    "AllocationReceiver",
    "AllocationRun",
    "AllocationSender",
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
    "FiscalYear",
    "FixedAsset",
    "GroupMember",
    "IntercompanyPartner",
    "Invoice",
    "InvoiceLine",
    "Journal",
    "JournalEntry",
    "JournalLine",
    "JournalVoucher",
    "JournalVoucherLine",
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
    "RevaluationLine",
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
