"""What a plan is made of. Moments are UTC, dates local to the site, quantities stock units."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date as Date
from datetime import datetime
from decimal import Decimal

ZERO = Decimal(0)


@dataclass(slots=True)
class SalesLine:
    item: str
    quantity: int
    unit_price: Decimal


@dataclass(slots=True)
class Delivery:
    """Goods that leave on ``at``: quantity by line (place in the order)."""

    at: datetime
    quantities: dict[int, int]


@dataclass(slots=True)
class SalesOrder:
    key: str
    customer: str
    order_date: Date
    due_date: Date
    currency: str
    lines: list[SalesLine]
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(slots=True)
class PurchaseLine:
    """``quantity`` in order units, ``unit_price`` in the order's currency per order unit."""

    item: str
    unit: str
    quantity: int
    stock_quantity: Decimal
    unit_price: Decimal


@dataclass(slots=True)
class Arrival:
    """Goods that come in: stock quantity by line, and the date on which they are billed.

    ``price_changes`` is what the bill asks by line instead of the order's price.
    """

    at: datetime
    quantities: dict[int, Decimal]
    bill_date: Date
    price_changes: dict[int, Decimal] = field(default_factory=dict)
    held_line: int | None = None


@dataclass(slots=True)
class PurchaseOrder:
    key: str
    supplier: str
    site: str
    order_date: Date
    due_date: Date
    currency: str
    lines: list[PurchaseLine]
    arrivals: list[Arrival] = field(default_factory=list)


@dataclass(slots=True)
class Component:
    item: str
    position: int
    quantity: Decimal
    operation: int
    is_manual: bool


@dataclass(slots=True)
class Portion:
    """What one operation did on one machine until the shift, the month or the operation ended."""

    order: str
    sequence: int
    machine: str
    shift: str
    starts_at: datetime
    ends_at: datetime
    good: int
    scrap: int
    scrap_reason: str
    machine_minutes: Decimal
    labour_minutes: Decimal
    ends_operation: bool


@dataclass(slots=True)
class WorkOrder:
    """``started_at`` is when its first operation begins: material is handed out then."""

    key: str
    item: str
    quantity: int
    site: str
    start_date: Date
    due_date: Date
    components: list[Component]
    customer_order: str = ""
    portions: list[Portion] = field(default_factory=list)

    @property
    def started_at(self) -> datetime | None:
        return self.portions[0].starts_at if self.portions else None


@dataclass(frozen=True, slots=True)
class Span:
    """A machine in one state. ``portion`` is set while it runs or is set up for one."""

    machine: str
    starts_at: datetime
    ends_at: datetime
    state: str
    reason: str = ""
    portion: Portion | None = None

    @property
    def minutes(self) -> float:
        return (self.ends_at - self.starts_at).total_seconds() / 60


@dataclass(slots=True)
class Transfer:
    """Goods on the road between the sites."""

    key: str
    from_site: str
    to_site: str
    leaves_at: datetime
    arrives_at: datetime
    quantities: dict[str, int]


@dataclass(slots=True)
class Adjustment:
    """Stock found missing (below zero) or too much by a count, or thrown away for a reason."""

    at: datetime
    site: str
    differences: dict[str, Decimal]
    scrap_reason: str = ""


@dataclass(frozen=True, slots=True)
class Incident:
    """Pieces found wrong: taken out of use, decided on so many working days later."""

    at: datetime
    site: str
    item: str
    quantity: Decimal
    title: str
    description: str
    reason: str
    decision: str
    decided_after: int
    note: str = ""


@dataclass(slots=True)
class Plan:
    first: Date
    last: Date
    sales: list[SalesOrder]
    purchases: list[PurchaseOrder]
    work_orders: list[WorkOrder]
    transfers: list[Transfer]
    spans: list[Span]
    adjustments: list[Adjustment] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)
    opening: dict[tuple[str, str], Decimal] = field(default_factory=dict)

    @property
    def portions(self) -> list[Portion]:
        return [portion for order in self.work_orders for portion in order.portions]

    def work_order(self, key: str) -> WorkOrder:
        """By its key: they are numbered in order, from one."""
        return self.work_orders[int(key[1:]) - 1]
