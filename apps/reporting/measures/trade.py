"""Figures of selling and buying."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from apps.reporting.measures.registry import Behind, Chart, Measure, Unit, Worklist, register
from apps.reporting.measures.scope import in_sites

#: The line behind an expected move, for one kind of order.
_EXPECTED = """
  FROM {app}_{order} o JOIN company c ON c.id = o.company_id
  JOIN {app}_{order}line l ON l.order_id = o.id
  JOIN inventory_expectedmove e ON e.source_id = l.id AND e.is_open AND e.quantity_done < e.quantity
   AND e.source_type_id = (SELECT t.id FROM django_content_type t
                            WHERE t.app_label = '{app}' AND t.model = '{order}line')
  JOIN masterdata_item i ON i.id = e.item_id
 WHERE o.status = 'confirmed' AND {in_sites}
"""


def expected(app: str, order: str) -> str:
    """Open expected moves of confirmed orders."""
    return _EXPECTED.format(app=app, order=order, in_sites=in_sites("o"))


#: Lines shipped, and received, against the date promised.
SHIPPED = f"""
SELECT s.date, s.number AS label, s.partner_id, s.site_id, l.item_id, l.lot_id, l.quantity,
       (SELECT t.id FROM django_content_type t
         WHERE t.app_label = 'supply_chain' AND t.model = 'shipment') AS source_type_id,
       s.id AS source_id, s.date <= e.due_date AS is_on_time
  FROM supply_chain_shipment s JOIN company c ON c.id = s.company_id
  JOIN supply_chain_shipmentline l ON l.shipment_id = s.id
  JOIN inventory_expectedmove e ON e.id = l.expected_move_id
 WHERE s.status = 'posted' AND {in_sites("s")}
"""  # noqa: S608 - constants only
RECEIVED = f"""
SELECT r.date, r.number AS label, o.partner_id, o.site_id, l.item_id, x.lot_id, x.quantity,
       (SELECT t.id FROM django_content_type t
         WHERE t.app_label = 'supply_chain' AND t.model = 'receipt') AS source_type_id,
       r.id AS source_id, r.date <= l.due_date AS is_on_time
  FROM supply_chain_receipt r JOIN company c ON c.id = r.company_id
  JOIN supply_chain_purchaseorder o ON o.id = r.order_id
  JOIN supply_chain_receiptline x ON x.receipt_id = r.id
  JOIN supply_chain_purchaseorderline l ON l.id = x.order_line_id
 WHERE r.status = 'posted' AND {in_sites("o")}
"""  # noqa: S608 - constants only

_SALES = expected("crm", "salesorder")
_PURCHASES = expected("supply_chain", "purchaseorder")
_WEEKS = "((e.due_date - date_trunc('week', %(today)s::date)::date) / 7.0)"


def _orders(open_moves: str, condition: str = "") -> str:
    return f"""
SELECT NULL, count(*), NULL, array_agg(id ORDER BY id)
  FROM (SELECT DISTINCT o.id {open_moves} {condition}) AS found
"""  # noqa: S608 - constants only


def _on_time(lines: str) -> str:
    return f"""
SELECT NULL, 100.0 * count(*) FILTER (WHERE is_on_time) / nullif(count(*), 0), count(*), NULL
  FROM ({lines}) AS done(is_on_time)
"""  # noqa: S608 - constants only


def _by_week(open_moves: str) -> str:
    """Lines due by week: late, this week and the four after it."""
    return f"""
SELECT place, CASE WHEN place < 0 THEN 'late'
                   ELSE to_char(date_trunc('week', %(today)s::date) + place * interval '7 days',
                                'YYYY-MM-DD') END, 'lines', count(*)
  FROM (SELECT CASE WHEN e.due_date < %(today)s THEN -1
                    ELSE least(floor({_WEEKS})::int, 5) END AS place {open_moves}) AS due
 WHERE place < 5 GROUP BY 1, 2
"""  # noqa: S608 - constants only


def _next(open_moves: str) -> str:
    return f"""
SELECT o.id, o.number || ' ' || n.name, min(o.code), min(o.due_date),
       round(sum(o.done) / nullif(sum(o.quantity), 0), 4)
  FROM (SELECT o.id, o.number, o.partner_id, i.code, e.due_date,
               least(e.quantity_done, e.quantity) AS done, e.quantity
          {open_moves}) AS o
  JOIN masterdata_partner n ON n.id = o.partner_id
 GROUP BY o.id, o.number, n.name ORDER BY min(o.due_date), o.id LIMIT 8
"""  # noqa: S608 - constants only


register(
    Measure(
        code="sales_orders_open",
        title=_("Sales orders open"),
        unit=Unit.COUNT,
        permission="crm.view_salesorder",
        formula=_("Confirmed orders with something left to ship."),
        statement=_orders(_SALES),
        behind=Behind(model="crm.SalesOrder", query="status__exact=confirmed"),
        icon="shopping_cart",
    ),
    Measure(
        code="sales_orders_due",
        title=_("Sales orders due in seven days"),
        unit=Unit.COUNT,
        permission="crm.view_salesorder",
        formula=_("Confirmed orders with a line to ship today or within seven days."),
        statement=_orders(_SALES, "AND e.due_date BETWEEN %(today)s AND %(today)s::date + 7"),
        behind=Behind(model="crm.SalesOrder", query="status__exact=confirmed"),
        icon="event_upcoming",
    ),
    Measure(
        code="sales_orders_late",
        title=_("Sales orders late"),
        unit=Unit.COUNT,
        permission="crm.view_salesorder",
        formula=_("Confirmed orders with a line that should have been shipped before today."),
        statement=_orders(_SALES, "AND e.due_date < %(today)s"),
        behind=Behind(model="crm.SalesOrder", query="status__exact=confirmed&due_date__lt={today}"),
        icon="running_with_errors",
        is_alarm=True,
    ),
    Measure(
        code="sales_backlog",
        title=_("Order backlog"),
        unit=Unit.MONEY,
        permission="crm.view_salesorder",
        formula=_("What is left to ship of confirmed orders at order prices, without tax."),
        statement=f"""
SELECT o.currency_id, sum(l.unit_price * l.quantity * (e.quantity - e.quantity_done) / e.quantity),
       count(DISTINCT o.id), NULL {_SALES} GROUP BY o.currency_id
""",
        behind=Behind(model="crm.SalesOrder", query="status__exact=confirmed"),
        note=_("{n} orders"),
        icon="savings",
    ),
    Measure(
        code="delivery_on_time",
        title=_("Shipped on time"),
        unit=Unit.PERCENT,
        permission="supply_chain.view_shipment",
        formula=_("Lines shipped this month on or before the date promised ÷ lines shipped."),
        statement=_on_time(f"""
SELECT x.is_on_time FROM ({SHIPPED} AND s.date >= %(month)s AND s.date <= %(today)s) x
"""),  # noqa: S608 - constants only
        behind=Behind(
            model="supply_chain.Shipment", query="status__exact=posted&date__gte={month}"
        ),
        note=_("{n} lines"),
        icon="local_shipping",
    ),
    Measure(
        code="purchase_orders_open",
        title=_("Purchase orders open"),
        unit=Unit.COUNT,
        permission="supply_chain.view_purchaseorder",
        formula=_("Orders sent to suppliers with something left to come."),
        statement=_orders(_PURCHASES),
        behind=Behind(model="supply_chain.PurchaseOrder", query="status__exact=confirmed"),
        icon="shopping_bag",
    ),
    Measure(
        code="purchase_orders_late",
        title=_("Purchase orders late"),
        unit=Unit.COUNT,
        permission="supply_chain.view_purchaseorder",
        formula=_("Orders sent to suppliers with a line that should have come before today."),
        statement=_orders(_PURCHASES, "AND e.due_date < %(today)s"),
        behind=Behind(
            model="supply_chain.PurchaseOrder",
            query="status__exact=confirmed&due_date__lt={today}",
        ),
        icon="running_with_errors",
        is_alarm=True,
    ),
    Measure(
        code="purchases_open_value",
        title=_("On order"),
        unit=Unit.MONEY,
        permission="supply_chain.view_purchaseorder",
        formula=_("What is left to come of purchase orders at order prices."),
        statement=f"""
SELECT o.currency_id, sum(l.unit_price * l.quantity * (e.quantity - e.quantity_done) / e.quantity),
       count(DISTINCT o.id), NULL {_PURCHASES} GROUP BY o.currency_id
""",
        behind=Behind(model="supply_chain.PurchaseOrder", query="status__exact=confirmed"),
        note=_("{n} orders"),
        icon="request_quote",
    ),
    Measure(
        code="suppliers_on_time",
        title=_("Received on time"),
        unit=Unit.PERCENT,
        permission="supply_chain.view_receipt",
        formula=_("Lines received this month on or before the date ordered for ÷ lines received."),
        statement=_on_time(f"""
SELECT x.is_on_time FROM ({RECEIVED} AND r.date >= %(month)s AND r.date <= %(today)s) x
"""),  # noqa: S608 - constants only
        behind=Behind(model="supply_chain.Receipt", query="status__exact=posted&date__gte={month}"),
        note=_("{n} lines"),
        icon="schedule",
    ),
    Chart(
        code="sales_due",
        title=_("Order lines to ship by week"),
        unit=Unit.COUNT,
        kind="bar",
        permission="crm.view_salesorder",
        formula=_("Open lines of confirmed sales orders by the week they are promised for."),
        statement=_by_week(_SALES),
        empty=_("Nothing to ship. Confirm a sales order and its lines show here."),
        names={"late": _("Late"), "lines": _("Lines")},
    ),
    Chart(
        code="purchases_due",
        title=_("Order lines to receive by week"),
        unit=Unit.COUNT,
        kind="bar",
        permission="supply_chain.view_purchaseorder",
        formula=_("Open lines of purchase orders by the week they are expected in."),
        statement=_by_week(_PURCHASES),
        empty=_("Nothing to receive. Confirm a purchase order and its lines show here."),
        names={"late": _("Late"), "lines": _("Lines")},
    ),
    Worklist(
        code="sales_orders_next",
        title=_("Ship next"),
        permission="crm.view_salesorder",
        model="crm.SalesOrder",
        statement=_next(_SALES),
        empty=_("No order waits to be shipped."),
    ),
    Worklist(
        code="purchase_orders_next",
        title=_("Expected in"),
        permission="supply_chain.view_purchaseorder",
        model="supply_chain.PurchaseOrder",
        statement=_next(_PURCHASES),
        empty=_("No supplier owes us goods."),
    ),
)
