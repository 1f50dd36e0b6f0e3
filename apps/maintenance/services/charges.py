"""What others ask for work on an order: their bill.

A charge *is* the supplier's bill, posted through finance: Dr maintenance (or the asset's
account), with the asset's cost object / Cr trade payables. Not an accrual: work by a supplier
that is entered here has been done and billed, so it belongs to the open items that are paid,
aged and reconciled with the supplier's account, and its input tax is claimed on the bill's date.
An accrual would stand beside the bill and have to be cleared against it by hand.

Where the company limits who approves bills, the bill stays a draft until another person approved
it; whoever posts it then posts the charge. Documents are locked as finance does: the bill, then
the order, then the charge.
"""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, CostObject, Invoice, PostingRole, TaxCode
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.approvals import needs_approval
from apps.finance.services.invoices import (
    BillingLine,
    cancel_invoice,
    draft_invoice,
    post_invoice,
    reverse_invoice,
)
from apps.maintenance.models import MaintenanceCharge, MaintenanceOrder
from apps.maintenance.services.assets import ensure_cost_object
from apps.masterdata.models import Partner

Status = MaintenanceCharge.Status


def charge_order(
    order: MaintenanceOrder,
    *,
    partner: Partner,
    amount: Decimal,
    date: Date,
    by: User,
    reference: str = "",
    description: str = "",
    tax_code: TaxCode | None = None,
) -> MaintenanceCharge:
    """Enter and post a supplier's bill for work on the order; ``amount`` is net, in the
    supplier's currency. A bill that has to be approved waits, and the charge with it.

    Raises ``InvalidInput`` for a partner who is no supplier, ``BusinessError`` for a bill number
    that was entered before.
    """
    require_decimal(amount, field="amount", decimal_places=4)
    with unit_of_work():
        order = lock(order)
        require_status(order, *MaintenanceOrder.POSTABLE)
        company = order.company
        require_company(company, partner=partner, tax_code=tax_code)
        cost_object_id = ensure_cost_object(order.asset, by=by)
        role = PostingRole.FIXED_ASSET if order.is_capitalised else PostingRole.MAINTENANCE
        line = BillingLine(
            quantity=Decimal(1),
            unit_price=amount,
            description=description or order.title,
            tax_code=tax_code,
            account=Account.objects.get(pk=AccountResolver(company).account_id(role)),
            cost_object=CostObject.objects.get(pk=cost_object_id),
        )
        bill = draft_invoice(
            company,
            kind=Invoice.Kind.SUPPLIER,
            partner=partner,
            date=date,
            lines=[line],
            reference=reference,
            by=by,
        )
        charge = MaintenanceCharge(
            company=company,
            number=next_number("maintenance_charge_series", "MC"),
            order=order,
            date=date,
            partner=partner,
            amount=amount,
            tax_code=tax_code,
            reference=reference,
            description=description,
            invoice=bill,
            created_by=by,
        ).save_by(by)
        if needs_approval(bill):
            return charge
        post_invoice(bill, by=by)
        return lock(charge)


def cancel_charge(charge: MaintenanceCharge, *, reason: str, by: User) -> MaintenanceCharge:
    """Give up a charge that waits for approval, and its bill."""
    reason = require_reason(reason)
    with unit_of_work():
        cancel_invoice(charge.invoice, by=by, reason=reason)
        return lock(charge)


def reverse_charge(
    charge: MaintenanceCharge, *, date: Date, reason: str, by: User
) -> MaintenanceCharge:
    """Take the bill back through finance. Raises ``BusinessError`` once it is paid."""
    reason = require_reason(reason)
    with unit_of_work():
        bill = lock(charge.invoice)
        require_status(lock(charge.order), *MaintenanceOrder.POSTABLE)
        require_status(lock(charge), Status.POSTED)
        reverse_invoice(bill, date=date, reason=reason, by=by)
        return lock(charge)


def follow_posted_bill(invoice: Invoice, *, by: User) -> None:
    """The charge stands from the moment its bill does, and says what the bill says by then."""
    charge = _charge_of(invoice)
    if charge is None:
        return
    with unit_of_work():
        _require_order_at_work(lock(charge.order))
        charge = lock(charge)
        charge.transition_to(Status.POSTED)
        charge.amount = sum(invoice.lines.values_list("amount", flat=True), ZERO)
        charge.date, charge.reference = invoice.date, invoice.reference
        charge.save_by(by)


def follow_cancelled_bill(invoice: Invoice, *, reason: str, by: User) -> None:
    """A bill that is given up is no charge."""
    charge = _charge_of(invoice)
    if charge is None:
        return
    with unit_of_work():
        charge = lock(charge)
        charge.transition_to(Status.CANCELLED)
        charge.save_by(by, reason=reason)


def follow_reversed_bill(invoice: Invoice, *, reason: str, by: User) -> None:
    """The charge of a bill that finance reverses is reversed with it.

    Raises ``BusinessError`` when its order is closed: reopen that first.
    """
    charge = _charge_of(invoice)
    if charge is None:
        return
    with unit_of_work():
        _require_order_at_work(lock(charge.order))
        charge = lock(charge)
        charge.transition_to(Status.REVERSED)
        charge.save_by(by, reason=reason)


def follow_credit_note(note: Invoice, *, sign: int, by: User, reason: str = "") -> None:
    """A supplier's credit note over the bill makes the charge cheaper; ``sign`` -1: no longer.

    Its order may be closed: nobody works on it for that.
    """
    charge = _charge_of(note.credits) if note.credits else None
    if charge is None:
        return
    with unit_of_work():
        charge = lock(charge)
        charge.credited += sign * sum(note.lines.values_list("amount", flat=True), ZERO)
        charge.save_by(by, reason=reason or str(note.reference))


def _charge_of(invoice: Invoice) -> MaintenanceCharge | None:
    return MaintenanceCharge.objects.filter(invoice=invoice).first()


def _require_order_at_work(order: MaintenanceOrder) -> None:
    if order.status not in MaintenanceOrder.POSTABLE:
        raise BusinessError(
            "order_closed",
            _("{order} is {status}: reopen it first.").format(
                order=order.number, status=order.get_status_display().lower()
            ),
            field="order",
        )
