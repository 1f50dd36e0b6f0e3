"""Net and tax of the lines of an invoice, and which taxes a line may name."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.money import round_money
from apps.finance.conversion import HUNDRED, tax_amounts
from apps.finance.models import Account, TaxCode

if TYPE_CHECKING:
    from apps.finance.services.invoices import BillingLine

Treatment = TaxCode.Treatment


def nets_and_taxes(
    lines: Sequence[BillingLine], places: int
) -> tuple[list[Decimal], list[Decimal]]:
    """Of each line, in the invoice's currency.

    Net prices: the tax of a rate is rounded once over all its lines. Gross prices: the tax is
    taken out of each line, so that what was quoted is what is paid.
    """
    amounts = [
        round_money(line.quantity * line.unit_price, places) if line.amount is None else line.amount
        for line in lines
    ]
    rates = [
        line.tax_code.rate
        if line.tax_code and line.tax_code.is_charged and not line.price_includes_tax
        else None
        for line in lines
    ]
    taxes = tax_amounts(amounts, rates, places)
    for n, line in enumerate(lines):
        if line.tax_amount is not None:
            taxes[n] = line.tax_amount
        elif line.price_includes_tax and line.tax_code and line.tax_code.is_charged:
            rate = line.tax_code.rate
            taxes[n] = round_money(amounts[n] * rate / (HUNDRED + rate), places)
            amounts[n] -= taxes[n]
    return amounts, taxes


def require_taxes(line: BillingLine, row: int) -> None:
    """Raise ``InvalidInput`` where a line names a tax in the wrong place."""
    if line.tax_code and line.tax_code.treatment == Treatment.WITHHELD:
        raise InvalidInput(
            "withheld_tax",
            _("{code} is withheld from the payment: name it as withholding.").format(
                code=line.tax_code.code
            ),
            field="tax_code",
            row=row,
        )
    if line.withholding and line.withholding.treatment != Treatment.WITHHELD:
        raise InvalidInput(
            "not_withheld",
            _("{code} is not withheld from payments.").format(code=line.withholding.code),
            field="withholding",
            row=row,
        )


def require_no_tax_account(line: BillingLine, row: int) -> None:
    """Raise ``BusinessError`` for tax as a line: the tax ledger would not know of it."""
    if line.account is not None and line.account.control == Account.Control.TAX:
        raise BusinessError(
            "tax_account",
            _(
                "{account} is kept by tax codes: name the code on the lines that bear the tax."
            ).format(account=line.account),
            field="account",
            row=row,
        )
