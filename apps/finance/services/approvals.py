"""Approval with limits: who makes a document never approves it, and nobody beyond a limit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import round_money
from apps.core.services.documents import lock, require_status
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.finance.models import ApprovalLimit, Invoice
from apps.finance.queries.approvals import has_limits, limit_of
from apps.finance.queries.rates import exchange_rate

Document = ApprovalLimit.Document


def approve_bill(invoice: Invoice, *, by: User, version: int | None = None) -> Invoice:
    """Let a draft of a supplier's bill be posted. Any change takes the approval back.

    Raises ``BusinessError`` ``same_person`` for who wrote or changed it, ``over_limit``.
    """
    with unit_of_work():
        invoice = lock(invoice, version=version)
        require_status(invoice, Invoice.Status.DRAFT)
        if invoice.kind != Invoice.Kind.SUPPLIER:
            raise InvalidInput("no_bill", _("Only supplier bills are approved."), field="kind")
        own_changes = invoice.history.filter(history_user=by).exclude(approved_by=by)  # type: ignore[attr-defined]
        if by.pk == invoice.created_by_id or own_changes.exists():
            raise BusinessError(
                "same_person",
                _("Who wrote or changed the bill can't approve it."),
                field="approved_by",
            )
        rate = exchange_rate(invoice.company, invoice.currency_id, invoice.date)
        total = round_money(invoice.total * rate, invoice.company.currency.decimal_places)
        require_within_limit(invoice.company, Document.BILL, total, by)
        invoice.approved_by = by
        return invoice.save_by(by, reason=_("Approved"))


def needs_approval(invoice: Invoice) -> bool:
    """Whether the company has limits for bills and nobody approved this."""
    if invoice.kind != Invoice.Kind.SUPPLIER or invoice.approved_by_id is not None:
        return False
    return has_limits(invoice.company_id, Document.BILL)


def require_approved(invoice: Invoice) -> None:
    """Raise ``BusinessError`` when the bill needs an approval that it has not."""
    if needs_approval(invoice):
        raise BusinessError(
            "approval_required",
            _("{invoice} has to be approved first.").format(invoice=invoice),
            field="approved_by",
        )


def require_within_limit(company: Company, document: str, amount: Decimal, by: User) -> None:
    """Raise ``BusinessError`` when ``by`` may not approve ``amount`` of company currency."""
    if not has_limits(company.pk, document):
        return
    limit = limit_of(company, document, by)
    if limit is None or amount > limit:
        raise BusinessError(
            "over_limit",
            _("{amount} {currency} is more than {user} may approve ({limit}).").format(
                amount=amount, currency=company.currency_id, user=by, limit=limit or 0
            ),
            field="approved_by",
        )


def create_limit(*, by: User, reason: str = "", **values: Any) -> ApprovalLimit:
    """A limit of one person or one role. Raises ``BusinessError`` ``own_limit`` for one's own."""
    _check_holder(values.get("user"), values.get("role"), by)
    return create_row(ApprovalLimit, values=values, by=by, reason=reason)


def change_limit(
    limit: ApprovalLimit, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> ApprovalLimit:
    """Change a limit from now on; what is approved stays so.

    Raises ``BusinessError`` ``own_limit`` for one's own, as it was or as it shall be.
    """
    _check_holder(limit.user, limit.role, by)
    _check_holder(values.get("user", limit.user), values.get("role", limit.role), by)
    return update_row(limit, values=values, by=by, version=version, reason=reason)


def _check_holder(user: Any, role: Any, by: User) -> None:
    if (user is None) == (role is None):
        raise InvalidInput("person_or_role", _("Name either a person or a role."), field="user")
    if user == by or (role is not None and by.groups.filter(pk=role.pk).exists()):
        raise BusinessError(
            "own_limit",
            _("Nobody sets what he himself may approve: ask another person."),
            field="role" if user is None else "user",
        )
