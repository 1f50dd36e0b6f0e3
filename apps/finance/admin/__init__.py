from apps.finance.admin import (
    accounts,
    closing,
    invoices,
    ledger,
    payments,
    periods,
    revaluations,
    taxes,
    vouchers,
)

__all__ = [
    "accounts",
    "closing",
    "invoices",
    "ledger",
    "payments",
    "periods",
    "revaluations",
    "taxes",
    "vouchers",
]
