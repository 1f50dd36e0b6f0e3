from apps.finance.admin import (
    accounts,
    bank,
    invoices,
    ledger,
    payment_runs,
    payments,
    periods,
    vouchers,
)

__all__ = [
    "accounts",
    "bank",
    "invoices",
    "ledger",
    "payment_runs",
    "payments",
    "periods",
    "vouchers",
]
