"""Where a letter asks to be paid: the company's account, what to quote, and a code to scan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import segno.helpers
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core.models import Company
from apps.core.money import ZERO

EURO = "EUR"
#: The most that a transfer carries: EPC069-12, name and remittance information.
LONGEST_NAME, LONGEST_TEXT = 70, 140
MODULE_MM = 0.5
BORDER = 4


@dataclass(frozen=True, slots=True)
class PaymentSlip:
    """``iban`` in groups of four; ``code`` is empty where nothing can be scanned."""

    iban: str
    bic: str
    details: str
    reference: str
    code: SafeString | str = ""


def payment_slip(
    company: Company, *, reference: str, amounts: Iterable[tuple[str, Decimal]]
) -> PaymentSlip | None:
    """The account for ``amounts`` (currency, amount); None where the company has named none.

    What is owed in euros alone, above zero, can be scanned: a QR code of the EPC (EPC069-12).
    """
    number = company.iban.replace(" ", "").upper()
    if not (number or company.bank_details):
        return None
    owed = [(currency, amount) for currency, amount in amounts if amount]
    code: SafeString | str = ""
    if number and len(owed) == 1 and owed[0][0] == EURO and owed[0][1] > ZERO:
        code = _code(company, number, owed[0][1], reference)
    grouped = " ".join(number[place : place + 4] for place in range(0, len(number), 4))
    return PaymentSlip(grouped, company.bic, company.bank_details, reference, code)


def quoted(numbers: Iterable[str], otherwise: str) -> str:
    """The numbers of the documents as long as a transfer has room for them, else ``otherwise``."""
    text = ", ".join(dict.fromkeys(number for number in numbers if number))
    return text if 0 < len(text) <= LONGEST_TEXT else otherwise


def _code(company: Company, iban: str, amount: Decimal, reference: str) -> SafeString | str:
    """Empty for what the form of the EPC can't say: a mistyped account, a sum beyond its bounds."""
    try:
        made = segno.helpers.make_epc_qr(
            company.name[:LONGEST_NAME],
            iban,
            amount.quantize(Decimal("0.01")),
            text=reference[:LONGEST_TEXT],
            bic=company.bic or None,
        )
    except ValueError:
        return ""
    side = made.symbol_size(border=BORDER)[0] * MODULE_MM
    return format_html(
        '<img class="qr" alt="{}" src="{}" style="width:{}mm;height:{}mm;'
        'image-rendering:pixelated"/>',
        reference,
        made.png_data_uri(scale=1, border=BORDER),
        f"{side:.2f}",
        f"{side:.2f}",
    )
