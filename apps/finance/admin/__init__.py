from apps.finance.admin import (
    accounts,
    invoices,
    ledger,
    payments,
    periods,
    revaluations,
    vouchers,
)

__all__ = ["accounts", "invoices", "ledger", "payments", "periods", "revaluations", "vouchers"]
