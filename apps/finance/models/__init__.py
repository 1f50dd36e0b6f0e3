from apps.finance.models.accounts import (
    Account,
    CostObject,
    Journal,
    Module,
    PostingRole,
    PostingRule,
    StatementLine,
)
from apps.finance.models.balances import AccountBalance, BalanceFold
from apps.finance.models.closing import CloseStep, CloseTask, PeriodClose
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
    "BalanceFold",
    "CloseStep",
    "CloseTask",
    "CostObject",
    "CreditAllocation",
    "CurrencyRevaluation",
    "FiscalYear",
    "Invoice",
    "InvoiceLine",
    "Journal",
    "JournalEntry",
    "JournalLine",
    "JournalVoucher",
    "JournalVoucherLine",
    "LedgerSeal",
    "Module",
    "Payment",
    "PaymentAllocation",
    "Period",
    "PeriodClose",
    "PeriodLock",
    "PostingRole",
    "PostingRule",
    "RevaluationLine",
    "StatementLine",
    "TaxBox",
    "TaxBoxTerm",
    "TaxCode",
    "TaxEntry",
    "TaxReturn",
    "TaxReturnLine",
    "TaxSide",
]
