from apps.finance.admin import (
    accounts,
    asset_books,
    assets,
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
    "asset_books",
    "assets",
    "closing",
    "invoices",
    "ledger",
    "payments",
    "periods",
    "revaluations",
    "taxes",
    "vouchers",
]
