"""Approval of requisitions and orders by the limits of finance: the maker is never the approver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.money import round_money
from apps.core.services.documents import lock, require_status, update_all
from apps.core.transactions import unit_of_work
from apps.finance.models import ApprovalLimit
from apps.finance.queries.approvals import has_limits
from apps.finance.queries.rates import exchange_rate
from apps.finance.services.approvals import require_within_limit
from apps.supply_chain.models import PurchaseOrder, Requisition
from apps.supply_chain.queries.purchase_orders import order_totals

Document = ApprovalLimit.Document


def approve_purchase_order(
    order: PurchaseOrder, *, by: User, version: int | None = None
) -> PurchaseOrder:
    """Let a draft be ordered. Any change takes the approval back.

    Raises ``BusinessError`` ``same_person`` for who wrote or changed it, ``over_limit``.
    """
    with unit_of_work():
        order = lock(order, version=version)
        require_status(order, PurchaseOrder.Status.DRAFT)
        require_other_person(order, by)
        rate = exchange_rate(order.company, order.currency_id, order.order_date)
        total = order_totals([order.pk])[order.pk].total * rate
        total = round_money(total, order.company.currency.decimal_places)
        require_within_limit(order.company, Document.PURCHASE_ORDER, total, by)
        order.approved_by = by
        return update_all([order], "approved_by", by=by, reason=_("Approved"))[0]


def require_approved(orders: Sequence[PurchaseOrder]) -> None:
    """Raise ``BusinessError`` for an order (all of one company) that lacks an approval."""
    waiting = [row for row, order in enumerate(orders) if order.approved_by_id is None]
    if waiting and has_limits(orders[0].company_id, Document.PURCHASE_ORDER):
        raise BusinessError(
            "approval_required",
            _("{order} has to be approved first.").format(order=orders[waiting[0]]),
            field="approved_by",
            row=waiting[0] if len(orders) > 1 else None,
        )


def require_other_person(document: Any, by: User) -> None:
    """Raise ``BusinessError`` when ``by`` wrote or changed ``document`` himself.

    What he only approved or rejected before is no change of his.
    """
    own_changes = document.history.filter(history_user=by).exclude(approved_by=by)
    own_changes = own_changes.exclude(status=Requisition.Status.REJECTED)
    if by.pk == document.created_by_id or own_changes.exists():
        raise BusinessError(
            "same_person",
            _("Who wrote or changed {document} can't approve it.").format(document=document),
            field="approved_by",
        )
