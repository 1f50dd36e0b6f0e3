from apps.finance.admin import (
    accounts,
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
    "invoices",
    "ledger",
    "payments",
    "periods",
    "revaluations",
    "taxes",
    "vouchers",
]
