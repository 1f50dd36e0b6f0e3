"""What orders come to, and how much of them is shipped and invoiced: read from the registers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType

from apps.core.models import Company
from apps.core.money import ZERO, round_quantity
from apps.core.sql import fetch_all, fetch_dicts
from apps.crm.models import SalesOrderLine, SalesOrderLinePart
from apps.finance.models import Invoice, InvoiceLine
from apps.inventory.models import ExpectedMove, StockMove

_TOTALS = """
SELECT o.id, o.currency_id, coalesce(l.sub_total, 0), coalesce(l.tax, 0)
  FROM crm_salesorder o
  LEFT JOIN LATERAL (
       SELECT sum(l.quantity * l.unit_price) AS sub_total,
              sum(l.quantity * l.unit_price * coalesce(t.rate, 0) / 100) AS tax
         FROM crm_salesorderline l LEFT JOIN finance_taxcode t ON t.id = l.tax_code_id
        WHERE l.order_id = o.id) AS l ON true
 WHERE o.id = ANY(%s) ORDER BY o.id
"""
# What is ordered by weight is delivered as it was weighed on its way out, less what came back.
WEIGHED = """
  LEFT JOIN masterdata_itemunit w
    ON w.item_id = l.item_id AND w.unit_id = l.unit_id AND w.is_catch_weight
  LEFT JOIN LATERAL (
       SELECT coalesce(sum(CASE WHEN m.reverses_id IS NULL THEN m.catch_weight
                                ELSE -m.catch_weight END), 0) AS weighed
         FROM inventory_stockmove m
        WHERE m.expected_move_id = e.id AND w.id IS NOT NULL) AS g ON w.id IS NOT NULL
"""
# Of a kit, as many are shipped as all of its parts went out for. Shipped in stock units, as moves
# are; invoiced in the order's unit, as invoices are. A service is delivered by saying so: it is
# invoiced when the order is.
_QUANTITIES = f"""
SELECT l.id AS line_id, l.order_id, l.position, l.item_id, l.quantity AS ordered,
       l.stock_quantity, i.kind = 'service' AS is_service, e.id AS expected_move_id,
       coalesce(e.quantity_done, k.shipped, 0) AS shipped, coalesce(v.invoiced, 0) AS invoiced,
       g.weighed
  FROM crm_salesorderline l
  JOIN masterdata_item i ON i.id = l.item_id
  LEFT JOIN inventory_expectedmove e ON e.source_type_id = %(type)s AND e.source_id = l.id
  LEFT JOIN LATERAL (
       SELECT sum(n.quantity) AS invoiced
         FROM finance_invoiceline n JOIN finance_invoice h ON h.id = n.invoice_id
        WHERE n.source_type_id = %(type)s AND n.source_id = l.id
          AND h.kind = 'customer' AND h.status = 'posted') AS v ON true
  LEFT JOIN LATERAL (
       SELECT min(floor(coalesce(pe.quantity_done, 0) / p.per_kit)) AS shipped
         FROM crm_salesorderlinepart p
         LEFT JOIN inventory_expectedmove pe
           ON pe.source_type_id = %(part)s AND pe.source_id = p.id
        WHERE p.line_id = l.id) AS k ON true
{WEIGHED}
"""  # noqa: S608 - constants only
_PROMISES_OF_ORDER = """
SELECT e.id
  FROM (SELECT %(line)s AS type_id, l.id FROM crm_salesorderline l WHERE l.order_id = %(order)s
         UNION ALL
        SELECT %(part)s, p.id FROM crm_salesorderlinepart p
          JOIN crm_salesorderline l ON l.id = p.line_id WHERE l.order_id = %(order)s) AS d
  JOIN inventory_expectedmove e ON e.source_type_id = d.type_id AND e.source_id = d.id
 ORDER BY e.id
"""
_OF_ORDERS = _QUANTITIES + " WHERE l.order_id = ANY(%(keys)s) ORDER BY l.order_id, l.position"
_OF_LINES = _QUANTITIES + " WHERE l.id = ANY(%(keys)s) ORDER BY l.id"
_NOT_INVOICED = f"""
SELECT q.line_id, o.id AS order_id, o.number, q.position, p.code AS partner_code,
       i.code AS item_code, q.ordered, q.stock_quantity, q.shipped, q.invoiced, l.unit_price,
       q.weighed, o.currency_id AS currency, s.last_shipped
  FROM ({_QUANTITIES}) AS q
  JOIN crm_salesorderline l ON l.id = q.line_id
  JOIN crm_salesorder o ON o.id = q.order_id
  JOIN masterdata_partner p ON p.id = o.partner_id
  JOIN masterdata_item i ON i.id = q.item_id
  JOIN LATERAL (
       SELECT max(m.date) AS last_shipped
         FROM (SELECT %(type)s AS type_id, q.line_id AS id
                UNION ALL
               SELECT %(part)s, p.id FROM crm_salesorderlinepart p
                WHERE p.line_id = q.line_id) AS d
         JOIN inventory_expectedmove e ON e.source_type_id = d.type_id AND e.source_id = d.id
         JOIN inventory_stockmove m ON m.expected_move_id = e.id AND m.reverses_id IS NULL
       HAVING max(m.date) IS NOT NULL) AS s ON true
 WHERE o.company_id = %(company)s
   AND CASE WHEN q.weighed IS NULL THEN q.shipped * q.ordered > q.invoiced * q.stock_quantity
            ELSE q.weighed > q.invoiced END
 ORDER BY s.last_shipped, o.id, q.position
"""  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """In the order's currency; nothing is rounded."""

    order_id: int
    currency: str
    sub_total: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        return self.sub_total + self.tax


@dataclass(frozen=True, slots=True)
class LineQuantities:
    """In the order's unit; ``stock_quantity`` (ordered) and ``shipped`` in stock units.

    ``weighed`` is what went out of a line that is ordered by weight, else None.
    """

    line_id: int
    order_id: int
    position: int
    item_id: int
    ordered: Decimal
    stock_quantity: Decimal
    is_service: bool
    expected_move_id: int | None
    shipped: Decimal
    invoiced: Decimal
    weighed: Decimal | None

    @property
    def delivered(self) -> Decimal:
        """What may be invoiced altogether, in the order's unit: all of it when all went out."""
        if self.weighed is not None:
            return self.weighed
        if self.is_service or self.shipped == self.stock_quantity:
            return self.ordered
        return round_quantity(self.shipped * self.ordered / self.stock_quantity)

    @property
    def not_invoiced(self) -> Decimal:
        return max(self.delivered - self.invoiced, ZERO)


@dataclass(frozen=True, slots=True)
class ShippedLine:
    """A line more of which was shipped than invoiced; ``value`` in the order's currency."""

    line_id: int
    order_id: int
    number: str
    position: int
    partner_code: str
    item_code: str
    ordered: Decimal
    stock_quantity: Decimal
    shipped: Decimal
    invoiced: Decimal
    unit_price: Decimal
    weighed: Decimal | None
    currency: str
    last_shipped: Date

    @property
    def not_invoiced(self) -> Decimal:
        if self.weighed is not None:
            return self.weighed - self.invoiced
        return round_quantity(self.shipped * self.ordered / self.stock_quantity) - self.invoiced

    @property
    def value(self) -> Decimal:
        return self.not_invoiced * self.unit_price


def order_totals(order_ids: Iterable[int]) -> dict[int, OrderTotals]:
    """What each order comes to, by its id."""
    return {row[0]: OrderTotals(*row) for row in fetch_all(_TOTALS, [list(order_ids)])}


def line_quantities(order_ids: Iterable[int]) -> list[LineQuantities]:
    """Ordered, shipped and invoiced of every line of these orders, in one statement."""
    return _read(_OF_ORDERS, order_ids)


def quantities_of_lines(line_ids: Iterable[int]) -> list[LineQuantities]:
    """The same of the lines ``line_ids``."""
    return _read(_OF_LINES, line_ids)


def shipped_not_invoiced(company: Company) -> list[ShippedLine]:
    """Order lines more of which went out than was invoiced, the longest waiting first."""
    parameters = {"company": company.pk, "type": line_type_id(), "part": part_type_id()}
    return [ShippedLine(**row) for row in fetch_dicts(_NOT_INVOICED, parameters)]


def shipments_of_order(order_id: int) -> list[tuple[int, int]]:
    """What the order's goods went out by: (content type, key) of each document, the first first."""
    moves = StockMove.objects.filter(expected_move__in=promises_of_order(order_id))
    rows = moves.order_by("source_id").values_list("source_type_id", "source_id")
    return list(dict.fromkeys(rows))


def promises_of_order(order_id: int) -> list[int]:
    """Keys of what is promised of an order: of its lines, and of the parts of its kits."""
    asked = {"line": line_type_id(), "part": part_type_id(), "order": order_id}
    return [key for (key,) in fetch_all(_PROMISES_OF_ORDER, asked)]


def invoices_of_order(order_id: int) -> list[Invoice]:
    """The invoices of an order, reversed ones too, the first first."""
    lines = SalesOrderLine.objects.filter(order=order_id).values("pk")
    keys = InvoiceLine.objects.filter(source_type=line_type_id(), source_id__in=lines)
    return list(Invoice.objects.filter(pk__in=keys.values("invoice_id")).order_by("pk"))


def lines_behind(moves: Sequence[StockMove]) -> set[int]:
    """The order lines that ``moves`` did something of, or of a part of whose kit."""
    promises = ExpectedMove.objects.filter(
        pk__in=[move.expected_move_id for move in moves if move.expected_move_id],
        source_type__in=[line_type_id(), part_type_id()],
    ).values_list("source_type_id", "source_id")
    keys = {key for type_id, key in promises if type_id == line_type_id()}
    parts = {key for type_id, key in promises if type_id == part_type_id()}
    if parts:
        rows = SalesOrderLinePart.objects.filter(pk__in=parts)
        keys.update(rows.values_list("line_id", flat=True))
    return keys


def line_type_id() -> int:
    return ContentType.objects.get_for_model(SalesOrderLine).pk


def part_type_id() -> int:
    return ContentType.objects.get_for_model(SalesOrderLinePart).pk


def _read(statement: str, keys: Iterable[int]) -> list[LineQuantities]:
    parameters = {"type": line_type_id(), "part": part_type_id(), "keys": list(keys)}
    return [LineQuantities(**row) for row in fetch_dicts(statement, parameters)]
