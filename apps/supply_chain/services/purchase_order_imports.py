"""Purchase orders from other systems: many at once, under the numbers they have there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, Site, User
from apps.core.money import ZERO
from apps.core.services.documents import insert_all, require_status, update_all
from apps.core.transactions import unit_of_work
from apps.masterdata.models import Partner
from apps.supply_chain.models import PurchaseOrder, PurchaseOrderLine
from apps.supply_chain.queries.supplier_terms import supplier_terms
from apps.supply_chain.services.order_lines import OrderLine, order_lines
from apps.supply_chain.services.order_terms import OrderTerms
from apps.supply_chain.services.purchase_orders import PREFIX, check_order

BATCH = 2000
_OWN_NUMBER = re.compile(rf"{PREFIX}-\d+")


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """An order as another system knows it.

    Without a site the company's only one, without a currency the partner's, without a due date
    the order's own day.
    """

    number: str
    partner: Partner
    site: Site | None = None
    order_date: Date | None = None
    due_date: Date | None = None
    currency: Currency | None = None
    supplier_reference: str = ""
    tax_amount: Decimal = ZERO
    freight_amount: Decimal = ZERO


def import_purchase_orders(
    company: Company, drafts: Sequence[OrderDraft], *, by: User, reason: str = ""
) -> list[PurchaseOrder]:
    """Write ``drafts`` down, without lines yet; a few statements for every two thousand.

    Raises ``InvalidInput`` or ``BusinessError`` naming the row: a number that is there already or
    that our own series would give.
    """
    _check_numbers(company, [draft.number for draft in drafts])
    only_site = _only_site(company)
    today = timezone.localdate()
    orders = []
    for row, draft in enumerate(drafts):
        site = draft.site or only_site
        if site is None:
            raise InvalidInput(
                "required", _("Name the site: there are several."), field="site", row=row
            )
        order_date = draft.order_date or today
        order = PurchaseOrder(
            company=company,
            number=draft.number,
            partner=draft.partner,
            site=site,
            order_date=order_date,
            due_date=draft.due_date or order_date,
            currency_id=draft.currency.pk if draft.currency else draft.partner.currency_id,
            supplier_reference=draft.supplier_reference,
            tax_amount=draft.tax_amount,
            freight_amount=draft.freight_amount,
            created_by=by,
        )
        try:
            check_order(order)
        except BusinessError as error:
            error.row = row
            raise
        orders.append(order)
    with unit_of_work():
        for start in range(0, len(orders), BATCH):
            insert_all(orders[start : start + BATCH], by=by, reason=reason)
    return orders


def add_order_lines(
    company: Company, lines: Sequence[tuple[str, OrderLine]], *, by: User, reason: str = ""
) -> list[PurchaseOrderLine]:
    """Add lines to drafts named by their numbers; a few statements for every two thousand.

    Raises ``InvalidInput`` or ``BusinessError`` naming the row.
    """
    with unit_of_work():
        orders = _lock_drafts(company, [number for number, _line in lines])
        taken: dict[int, list[int]] = {}
        for order_id, position in PurchaseOrderLine.objects.filter(
            order__in=orders.values()
        ).values_list("order_id", "position"):
            taken.setdefault(order_id, []).append(position)
        book = supplier_terms(
            company,
            {order.partner_id for order in orders.values()},
            {line.item.pk for _number, line in lines},
        )
        sold = {item_id for _partner_id, item_id in book.rows}
        foreign = [
            one.item
            for _number, one in lines
            if one.item.pk in sold or (one.unit and one.unit.pk != one.item.unit_id)
        ]
        prefetch_related_objects(foreign, "unit", "units")
        places: dict[str, list[int]] = {}
        for place, (number, _line) in enumerate(lines):
            places.setdefault(number, []).append(place)
        made: list[PurchaseOrderLine] = []
        for number, rows in places.items():
            order = orders[number]
            terms = OrderTerms(order.partner_id, order.order_date, book, is_strict=False)
            try:
                made += order_lines(
                    order, [lines[row][1] for row in rows], terms, taken=taken.get(order.pk, ())
                )
            except BusinessError as error:
                error.row = rows[error.row] if error.row is not None else rows[0]
                raise
        PurchaseOrderLine.objects.bulk_create(made, batch_size=BATCH)
        update_all(list(orders.values()), by=by, reason=reason)
    return made


def _check_numbers(company: Company, numbers: Sequence[str]) -> None:
    known = set(
        PurchaseOrder.objects.filter(company=company, number__in=numbers).values_list(
            "number", flat=True
        )
    )
    for row, number in enumerate(numbers):
        if not number.strip():
            raise InvalidInput("required", _("An order has a number."), field="number", row=row)
        if _OWN_NUMBER.fullmatch(number):
            raise InvalidInput(
                "reserved_number",
                _("{number} is a number of our own series.").format(number=number),
                field="number",
                row=row,
            )
        if number in known:
            raise BusinessError(
                "already_exists",
                _("There is an order {number} already.").format(number=number),
                field="number",
                row=row,
            )
        known.add(number)


def _only_site(company: Company) -> Site | None:
    sites = list(Site.objects.filter(company=company, is_active=True)[:2])
    return sites[0] if len(sites) == 1 else None


def _lock_drafts(company: Company, numbers: Sequence[str]) -> dict[str, PurchaseOrder]:
    orders = {
        order.number: order
        for order in PurchaseOrder.objects.select_for_update(of=("self",))
        .select_related("company")
        .filter(company=company, number__in=set(numbers))
        .order_by("pk")
    }
    for row, number in enumerate(numbers):
        if number not in orders:
            raise InvalidInput(
                "does_not_exist",
                _("There is no order {number}.").format(number=number),
                field="order",
                row=row,
            )
        try:
            require_status(orders[number], PurchaseOrder.Status.DRAFT)
        except BusinessError as error:
            error.field, error.row = "order", row
            raise
    return orders
