from apps.finance.admin import (
    accounts,
    bank,
    closing,
    invoices,
    ledger,
    payment_runs,
    payments,
    periods,
    revaluations,
    taxes,
    vouchers,
)

__all__ = [
    "accounts",
    "bank",
    "closing",
    "invoices",
    "ledger",
    "payment_runs",
    "payments",
    "periods",
    "revaluations",
    "taxes",
    "vouchers",
]
