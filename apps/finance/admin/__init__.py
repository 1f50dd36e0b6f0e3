from apps.finance.admin import accounts, invoices, ledger, payments, periods, vouchers

__all__ = ["accounts", "invoices", "ledger", "payments", "periods", "vouchers"]
