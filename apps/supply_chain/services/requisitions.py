"""Requisitions: written, submitted, approved within a limit by another person, and ordered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.money import round_money
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    require_status,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import ApprovalLimit, CostObject
from apps.finance.services.approvals import require_within_limit
from apps.masterdata.models import Item, Partner, Unit
from apps.supply_chain.models import PurchaseOrder, Requisition, RequisitionLine
from apps.supply_chain.queries.requisitions import requisition_totals
from apps.supply_chain.queries.sourcing import suppliers_of
from apps.supply_chain.services.order_approvals import require_other_person
from apps.supply_chain.services.purchase_orders import OrderLine, create_purchase_order
from apps.supply_chain.services.requisition_lines import requisition_rows
from apps.supply_chain.services.sourcing import require_supplier

SERIES = "supply_chain_requisition_series"
PREFIX = "PR"
CHANGEABLE = frozenset({"site", "date", "needed_by", "note"})
Status = Requisition.Status


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, in ``unit`` (else the stock unit).

    ``unit_price`` is an estimate in company currency; without one the supplier's price or the
    item's own. Without a day the requisition's, without a supplier the preferred one.
    """

    item: Item
    quantity: Decimal
    unit: Unit | None = None
    unit_price: Decimal | None = None
    needed_by: Date | None = None
    partner: Partner | None = None
    cost_object: CostObject | None = None
    position: int | None = None


def create_requisition(
    company: Company,
    *,
    site: Site,
    lines: Sequence[Wanted],
    by: User,
    needed_by: Date,
    date: Date | None = None,
    note: str = "",
) -> Requisition:
    """Write down what is wanted, as a draft. Raises ``InvalidInput`` naming field and row."""
    requisition = Requisition(
        company=company,
        site=site,
        date=date or timezone.now().astimezone(site.zone).date(),
        needed_by=needed_by,
        note=note,
        created_by=by,
    )
    _check(requisition, lines)
    rows = requisition_rows(requisition, lines)
    with unit_of_work():
        requisition.number = next_number(SERIES, PREFIX)
        insert_all([requisition], by=by)
        RequisitionLine.objects.bulk_create(rows)
    return requisition


def update_requisition(
    requisition: Requisition,
    *,
    by: User,
    lines: Sequence[Wanted] | None = None,
    version: int | None = None,
    **values: Any,
) -> Requisition:
    """Change a draft; ``lines``, when given, replace all of its lines."""
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise TypeError(f"no such field of a requisition: {sorted(unknown)}")
    with unit_of_work():
        requisition = lock(requisition, version=version)
        require_status(requisition, Status.DRAFT)
        for name, value in values.items():
            setattr(requisition, name, value)
        _check(requisition, lines or ())
        if lines is not None:
            rows = requisition_rows(requisition, lines)
            requisition.lines.all().delete()
            RequisitionLine.objects.bulk_create(rows)
        update_all([requisition], *sorted(values), by=by)
    return requisition


def submit_requisition(
    requisition: Requisition, *, by: User, version: int | None = None
) -> Requisition:
    """Ask for approval. Raises ``BusinessError`` without lines."""
    with unit_of_work():
        requisition = lock(requisition, version=version)
        requisition.transition_to(Status.SUBMITTED)
        if not requisition.lines.exists():
            raise BusinessError(
                "no_lines",
                _("{order} has no lines.").format(order=requisition),
                field="lines",
            )
        return update_all([requisition], "status", by=by)[0]


def approve_requisition(
    requisition: Requisition, *, by: User, version: int | None = None
) -> Requisition:
    """Agree to what is submitted.

    Raises ``BusinessError`` ``same_person`` for who wrote or changed it, ``over_limit``.
    """
    with unit_of_work():
        requisition = lock(requisition, version=version)
        requisition.transition_to(Status.APPROVED)
        require_other_person(requisition, by)
        company = requisition.company
        total = requisition_totals([requisition.pk])[requisition.pk]
        total = round_money(total, company.currency.decimal_places)
        require_within_limit(company, ApprovalLimit.Document.REQUISITION, total, by)
        requisition.approved_by = by
        return update_all([requisition], "status", "approved_by", by=by, reason=_("Approved"))[0]


def reject_requisition(
    requisition: Requisition, *, reason: str, by: User, version: int | None = None
) -> Requisition:
    """Say no to what is submitted, and why; it may be changed and submitted again."""
    return _step(requisition, Status.REJECTED, require_reason(reason), by, version)


def reopen_requisition(
    requisition: Requisition, *, by: User, version: int | None = None
) -> Requisition:
    """Make a rejected or withdrawn requisition a draft again."""
    return _step(requisition, Status.DRAFT, "", by, version)


def cancel_requisition(
    requisition: Requisition, *, reason: str, by: User, version: int | None = None
) -> Requisition:
    """Give up what is not ordered yet."""
    return _step(requisition, Status.CANCELLED, require_reason(reason), by, version)


def order_requisition(
    requisition: Requisition, *, by: User, version: int | None = None
) -> Requisition:
    """Order an approved one; see ``order_requisitions``."""
    with unit_of_work():
        lock(requisition, version=version)
        order_requisitions([requisition], by=by)
    requisition.refresh_from_db()
    return requisition


def order_requisitions(requisitions: Sequence[Requisition], *, by: User) -> list[PurchaseOrder]:
    """Draft purchase orders, one per supplier and site, for all lines of approved requisitions.

    Each order line keeps the line it came of. All or none. Raises ``InvalidInput`` or
    ``BusinessError`` naming field and row, the place among all lines: an item without a supplier,
    less than he sells.
    """
    with unit_of_work():
        locked = list(
            Requisition.objects.select_for_update(of=("self",))
            .select_related("company", "site")
            .filter(pk__in=[one.pk for one in requisitions])
            .order_by("pk")
        )
        if len({one.company_id for one in locked}) > 1:
            raise InvalidInput("other_company", _("One company at a time."), field="requisitions")
        for one in locked:
            one.transition_to(Status.ORDERED)
        lines = list(
            RequisitionLine.objects.filter(requisition__in=locked)
            .select_related(
                "item__unit", "item__default_supplier", "unit", "partner", "cost_object"
            )
            .order_by("requisition_id", "position")
        )
        orders = _orders(locked, lines, by)
        update_all(locked, "status", by=by, reason=", ".join(one.number for one in orders))
    return orders


def _orders(
    requisitions: Sequence[Requisition], lines: Sequence[RequisitionLine], by: User
) -> list[PurchaseOrder]:
    headers = {one.pk: one for one in requisitions}
    if not lines:
        return []
    company = requisitions[0].company
    chosen = suppliers_of(company, [line.item for line in lines if line.partner is None])
    groups: dict[tuple[int, int], list[tuple[int, RequisitionLine]]] = {}
    partners: dict[int, Partner] = {}
    for row, line in enumerate(lines):
        partner = line.partner or require_supplier(chosen, line.item, row)
        partners[partner.pk] = partner
        site_id = headers[line.requisition_id].site_id
        groups.setdefault((partner.pk, site_id), []).append((row, line))
    return [
        _order(headers[group[0][1].requisition_id], partners[partner_id], group, by)
        for (partner_id, _site), group in sorted(groups.items())
    ]


def _order(
    requisition: Requisition,
    partner: Partner,
    group: Sequence[tuple[int, RequisitionLine]],
    by: User,
) -> PurchaseOrder:
    """The order of one supplier; a refusal names the place among all lines."""
    lines = [line for _row, line in group]
    try:
        return create_purchase_order(
            requisition.company,
            partner=partner,
            site=requisition.site,
            due_date=_latest(lines),
            lines=[_order_line(line) for line in lines],
            by=by,
        )
    except BusinessError as error:
        error.row = group[error.row or 0][0]
        raise


def _latest(lines: Sequence[RequisitionLine]) -> Date:
    return max(timezone.localdate(), *(line.needed_by for line in lines))


def _order_line(line: RequisitionLine) -> OrderLine:
    """The price is the supplier's: what was estimated is not what is ordered at."""
    return OrderLine(
        line.item,
        line.quantity,
        unit=line.unit,
        due_date=max(line.needed_by, timezone.localdate()),
        cost_object=line.cost_object,
        requisition_line=line,
    )


def _step(
    requisition: Requisition, status: str, reason: str, by: User, version: int | None
) -> Requisition:
    with unit_of_work():
        requisition = lock(requisition, version=version)
        requisition.transition_to(status)
        return update_all([requisition], "status", by=by, reason=reason)[0]


def _check(requisition: Requisition, lines: Sequence[Wanted]) -> None:
    require_company(requisition.company, site=requisition.site)
    days = [(None, requisition.needed_by), *((row, one.needed_by) for row, one in enumerate(lines))]
    for row, day in days:
        if day is not None and day < requisition.date:
            raise InvalidInput(
                "needed_before",
                _("It can't be needed before it is asked for."),
                field="needed_by",
                row=row,
            )
