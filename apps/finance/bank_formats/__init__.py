"""Bank statements as banks send them: camt.052/053/054, MT940/MT942, OFX, CSV.

Pure readers: bytes in, frozen ``StatementRead`` out. They know no tables and write nothing.
"""

from apps.finance.bank_formats.sniffing import LARGEST_FILE, read_statements, sniff
from apps.finance.bank_formats.statements import (
    BalanceRead,
    LineRead,
    StatementKind,
    StatementRead,
    check_balances,
)

__all__ = [
    "LARGEST_FILE",
    "BalanceRead",
    "LineRead",
    "StatementKind",
    "StatementRead",
    "check_balances",
    "read_statements",
    "sniff",
]
