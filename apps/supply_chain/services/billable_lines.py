"""What of receipts a supplier may bill: locked, with what is billed already and what it cleared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency
from apps.core.money import ZERO, round_money
from apps.core.sql import fetch_all
from apps.finance.models import Account, PostingRole, TaxCode
from apps.finance.queries.posting_rules import AccountResolver
from apps.inventory.models import StockMove
from apps.masterdata.models import Item, Partner
from apps.quality.queries.returns import returned_of
from apps.supply_chain.models import Receipt, ReceiptLine

_LOCK = """
SELECT id FROM supply_chain_receipt
 WHERE id IN (SELECT receipt_id FROM supply_chain_receiptline WHERE id = ANY(%s))
 ORDER BY id FOR UPDATE
"""
_MATCHED = """
SELECT receipt_line_id,
       sum(CASE WHEN reverses_id IS NULL THEN quantity ELSE -quantity END), sum(value)
  FROM supply_chain_billmatch WHERE receipt_line_id = ANY(%s) GROUP BY receipt_line_id
"""
# The account that the receipt itself was posted to, whatever the rules say by now.
_ACCOUNTS = """
SELECT DISTINCT ON (r.id) r.id, l.account_id
  FROM supply_chain_receiptline r
  JOIN inventory_stockmove m ON m.id = r.move_id
  JOIN finance_journalline l ON l.entry_id = m.entry_id AND l.item_id = m.item_id
  JOIN finance_account a ON a.id = l.account_id AND a.control = 'grni'
 WHERE r.id = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class BilledLine:
    """What a bill says of a receipt line, in the order's unit and currency.

    Without a quantity all that is not billed yet; without a price the order's.
    """

    receipt_line: ReceiptLine
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    tax_code: TaxCode | None = None


@dataclass(frozen=True, slots=True)
class BillableLine:
    """A receipt line that is billed: ``stock_quantity`` of it clears ``value`` of GRNI.

    ``quantity``, ``excess`` (the part of it that did not come), ``received`` (what came and was
    kept, billed or not), ``unit_price`` and ``order_price`` are in the order's unit and currency.
    """

    receipt_line: ReceiptLine
    item: Item
    move: StockMove
    account: Account
    tax_code: TaxCode | None
    quantity: Decimal
    excess: Decimal
    received: Decimal
    stock_quantity: Decimal
    unit_price: Decimal
    order_price: Decimal
    receipt_rate: Decimal
    value: Decimal


def lock_billable(
    company: Company, partner: Partner, currency: Currency, lines: Sequence[BilledLine]
) -> list[BillableLine]:
    """Lock the receipts behind ``lines`` and read what they may be billed for.

    A quantity above what is left takes all of it, and says its ``excess``. Raises
    ``BusinessError`` naming the row for what is billed already, reversed, or of another supplier
    or currency.
    """
    keys = [line.receipt_line.pk for line in lines]
    rows = lock_receipt_lines(company, keys)
    matched = {key: (quantity, value) for key, quantity, value in fetch_all(_MATCHED, [keys])}
    accounts = grni_accounts(company, rows)
    returned = returned_of(row.move_id for row in rows.values() if row.move_id)
    result = []
    for place, line in enumerate(lines):
        row = rows.get(line.receipt_line.pk)
        if row is None:
            raise InvalidInput(
                "other_company", _("There is no such receipt line."), field="receipt_line",
                row=place,
            )  # fmt: skip
        _check_source(row, partner, currency, place)
        quantity, value = matched.get(row.pk, (ZERO, ZERO))
        back = returned.get(row.move_id or 0, (ZERO, ZERO))
        one = _billable(line, row, (quantity, value), back, accounts[row.pk], company, place)
        matched[row.pk] = (quantity + one.stock_quantity, value + one.value)
        result.append(one)
    return result


def lock_receipt_lines(company: Company, keys: Sequence[int]) -> dict[int, ReceiptLine]:
    """The receipt lines ``keys`` of ``company``, their receipts locked in order."""
    fetch_all(_LOCK, [list(keys)])
    rows = ReceiptLine.objects.select_related(
        "receipt__order",
        "order_line__item",
        "move__from_location",
        "move__to_location",
        "move__item",
        "made_move__from_location",
        "made_move__to_location",
        "made_move__item",
    )
    return {row.pk: row for row in rows.filter(company=company, pk__in=keys)}


def grni_accounts(company: Company, rows: Mapping[int, ReceiptLine]) -> dict[int, Account]:
    """The account of goods received, not invoiced that each receipt line was posted to."""
    ids = dict(fetch_all(_ACCOUNTS, [list(rows)]))
    resolver = AccountResolver(company) if len(ids) < len(rows) else None
    for key, row in rows.items():
        if key not in ids and resolver is not None:
            ids[key] = resolver.account_id(
                PostingRole.GRNI, category_id=row.order_line.item.category_id
            )
    found = Account.objects.in_bulk(set(ids.values()))
    return {key: found[account_id] for key, account_id in ids.items()}


def _check_source(row: ReceiptLine, partner: Partner, currency: Currency, place: int) -> None:
    order = row.receipt.order
    checks = (
        (row.receipt.status == Receipt.Status.POSTED, "reversed", _("{receipt} is reversed.")),
        (order.partner_id == partner.pk, "other_supplier", _("{receipt} is another supplier's.")),
        (
            order.currency_id == currency.pk,
            "other_currency",
            _("{receipt} was ordered in {currency}."),
        ),
    )
    for holds, code, message in checks:
        if not holds:
            raise BusinessError(
                code,
                message.format(receipt=row.receipt, currency=order.currency_id),
                field="receipt_line",
                row=place,
            )


def _billable(
    line: BilledLine,
    row: ReceiptLine,
    matched: tuple[Decimal, Decimal],
    returned: tuple[Decimal, Decimal],
    account: Account,
    company: Company,
    place: int,
) -> BillableLine:
    """``matched`` and ``returned``: (quantity, value) billed already, and gone back unbilled."""
    order_line = row.order_line
    quantity_kept = row.quantity - returned[0]
    left = quantity_kept - matched[0]
    quantity, stock_quantity, excess = row.in_order_unit(left), left, ZERO
    if line.quantity is not None:
        asked = row.in_stock_unit(line.quantity)
        excess = max(line.quantity - quantity, ZERO) if asked > left else ZERO
        quantity, stock_quantity = line.quantity, min(asked, left)
    if left <= 0 or row.move is None:
        raise BusinessError(
            "over_billed",
            _("{item} of {receipt}: {left} received and not billed, {quantity} billed.").format(
                item=order_line.item.code,
                receipt=row.receipt,
                left=f"{left.normalize():f}",
                quantity=f"{quantity.normalize():f}",
            ),
            field="quantity",
            row=place,
            details={"open": str(left)},
        )
    received = row.move.counter_value - returned[1]
    value = received - matched[1]
    if stock_quantity < left:
        share = received * stock_quantity / quantity_kept
        value = round_money(share, company.currency.decimal_places)
    return BillableLine(
        receipt_line=row,
        item=order_line.item,
        move=row.made_move or row.move,
        account=account,
        tax_code=line.tax_code,
        quantity=quantity,
        excess=excess,
        received=row.in_order_unit(quantity_kept),
        stock_quantity=stock_quantity,
        unit_price=order_line.unit_price if line.unit_price is None else line.unit_price,
        order_price=order_line.unit_price,
        receipt_rate=row.receipt.exchange_rate,
        value=value,
    )
