"""Freight of what goes out: what carriers bill is our expense, what we charge is the customer's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, Currency, User
from apps.core.money import require_decimal
from apps.core.services.documents import require_company, require_status
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, Invoice, PostingRole, TaxCode
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice
from apps.masterdata.models import Partner
from apps.supply_chain.models import Consignment

Status = Consignment.Status


@dataclass(frozen=True, slots=True)
class BilledFreight:
    """What a carrier asks for one consignment, net, in his bill's currency."""

    consignment: Consignment
    amount: Decimal


def bill_freight(
    company: Company,
    *,
    carrier: Partner,
    reference: str,
    date: Date,
    lines: Sequence[BilledFreight],
    by: User,
    due_date: Date | None = None,
    currency: Currency | None = None,
    tax_code: TaxCode | None = None,
) -> Invoice:
    """Enter and post a carrier's bill: Dr freight and charges, input tax / Cr payable.

    Raises ``InvalidInput`` naming the row: a consignment that another carrier took, or nobody yet.
    """
    require_company(company, carrier=carrier, tax_code=tax_code)
    if not lines:
        raise InvalidInput("no_lines", _("Say what is billed."), field="lines")
    for row, line in enumerate(lines):
        require_company(company, row=row, consignment=line.consignment)
        require_decimal(line.amount, field="amount", row=row, decimal_places=4)
        require_status(line.consignment, Status.DISPATCHED, Status.DELIVERED)
        if line.consignment.carrier_id != carrier.pk:
            raise InvalidInput(
                "other_carrier",
                _("{document} was not taken by {carrier}.").format(
                    document=line.consignment, carrier=carrier.code
                ),
                field="consignment",
                row=row,
            )
    account_id = AccountResolver(company).account_id(PostingRole.CHARGES)
    account = Account.objects.get(pk=account_id)
    with unit_of_work():
        invoice = draft_invoice(
            company,
            kind=Invoice.Kind.SUPPLIER,
            partner=carrier,
            date=date,
            due_date=due_date,
            currency=currency,
            reference=reference,
            lines=[
                BillingLine(
                    Decimal(1),
                    line.amount,
                    description=_("Freight {number}").format(number=line.consignment.number),
                    account=account,
                    tax_code=tax_code,
                    source=line.consignment,
                )
                for line in lines
            ],
            by=by,
        )
        return post_invoice(invoice, by=by)
