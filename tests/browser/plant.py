"""A small plant as of today, with one person in every role, for those who look at its pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.utils import timezone

from apps.core.models import User
from apps.crm.services.sales_orders import OrderLine as Sold
from apps.crm.services.sales_orders import confirm_sales_order, create_sales_order
from apps.engineering.models import BillOfMaterials, BomLine, Routing, RoutingOperation
from apps.execution.models import WorkOrder
from apps.execution.services.production import report_production
from apps.execution.services.work_orders import create_work_order, release_work_order
from apps.inventory.models import Location
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.moves import Move, post_moves
from apps.masterdata.models import Item, ReasonCode
from apps.reporting.homes import HOMES
from apps.supply_chain.services.purchase_orders import (
    OrderLine,
    confirm_purchase_order,
    create_purchase_order,
)
from apps.supply_chain.services.receipts import Delivered, receive
from tests.execution.machines import Shopfloor, make_shopfloor
from tests.factories import Books, make_books
from tests.support.faces import make_member

PASSWORD = "demo plant 1"
D = Decimal


@dataclass
class Plant:
    books: Books
    floor: Shopfloor
    stock: Location
    order: WorkOrder
    people: dict[str, User]


def make_plant(by: User) -> Plant:
    """Gears are made of blanks in two steps: cut, then press. One order is late, one half done."""
    today = timezone.localdate()
    books = make_books("ACME", starts_on=date(today.year, 1, 1), by=by)
    places = ensure_virtual_locations(books.company, by=by)
    stock = Location(company=books.company, code="STOCK", name="Main store", site=books.site)
    stock.save_by(by)
    floor = make_shopfloor(books)
    blank, gear = _gear(books, floor)
    opening = [Move(blank.pk, D(500), places["opening"], stock, value=D(1500))]
    post_moves(
        books.company, opening, source=blank, date=today, journal="INV", by=by, purpose="opening"
    )
    orders = [_order(books, stock, gear, days) for days in (-2, 1, 6)]
    _report(books, floor, orders[0])
    _machines(floor)
    _trade(books, stock, blank, gear, today)
    _invoices(books, today)
    people = {role: _person(books, role) for role in HOMES}
    return Plant(books, floor, stock, orders[1], people)


def _gear(books: Books, floor: Shopfloor) -> tuple[Item, Item]:
    blank = books.item("BLANK-40", purchase_price=D(3))
    gear = books.item("GEAR-40", kind="manufactured", sales_price=D(12))
    about: dict[str, Any] = {
        "company": books.company,
        "item": gear,
        "status": "released",
        "created_by": books.by,
    }
    bom = BillOfMaterials(**about).save_by(books.by)
    BomLine.objects.create(
        company=books.company, bom=bom, position=10, item=blank, quantity=D(1),
        issue_method="backflush",
    )  # fmt: skip
    routing = Routing(**about).save_by(books.by)
    for sequence, name in ((10, "Cut teeth"), (20, "Press bush")):
        RoutingOperation.objects.create(
            company=books.company, routing=routing, sequence=sequence, name=name,
            work_centre=floor.centre, run_minutes=D(2), setup_minutes=D(10),
        )  # fmt: skip
    return blank, gear


def _order(books: Books, stock: Location, item: Item, days: int) -> WorkOrder:
    today = timezone.localdate()
    order = create_work_order(
        books.company,
        item=item,
        quantity=D(40),
        site=books.site,
        start_date=today - timedelta(days=3),
        due_date=today + timedelta(days=days),
        component_location=stock,
        output_location=stock,
        customer_reference="Northwind",
        by=books.by,
    )
    return release_work_order(order, by=books.by)


def _report(books: Books, floor: Shopfloor, order: WorkOrder) -> None:
    cut, press = order.operations.order_by("sequence")
    burr = ReasonCode(company=books.company, code="BURR", name="Burr", kind="scrap")
    burr.save_by(books.by)
    about = {"by": books.by, "reported_at": timezone.now(), "shift": floor.shift}
    report_production(order, operation=cut, quantity_good=D(28), **about)
    report_production(
        order, operation=press, quantity_good=D(24), quantity_scrap=D(2), scrap_reason=burr, **about
    )


def _machines(floor: Shopfloor) -> None:
    """One machine that ran, stopped for half an hour and ran on; one that stands; one at rest."""
    now = timezone.now()
    first, second, third = (floor.machine(code, ideal="20") for code in ("P1", "P2", "P3"))
    floor.reason("JAM")
    ago = lambda minutes: now - timedelta(minutes=minutes)  # noqa: E731
    floor.send(
        floor.state(first, ago(600), "running"),
        floor.count(first, ago(500), 700, 0),
        floor.state(first, ago(300), "stopped", "JAM"),
        floor.state(first, ago(270), "running"),
        floor.count(first, ago(30), 600, 0),
        floor.state(second, ago(600), "running"),
        floor.state(second, ago(45), "stopped"),
        floor.state(third, ago(600), "idle"),
        received_at=now,
    )


def _trade(books: Books, stock: Location, blank: Item, gear: Item, today: date) -> None:
    supplier, customer = books.partner("STEEL"), books.partner("NORTHWIND")
    about = {"site": books.site, "by": books.by}
    for days, quantity in ((-4, 200), (3, 100)):
        order = create_purchase_order(
            books.company,
            partner=supplier,
            lines=[OrderLine(blank, D(quantity), D(3))],
            order_date=today - timedelta(days=9),
            due_date=today + timedelta(days=days),
            **about,
        )
        confirm_purchase_order(order, by=books.by)
        if days < 0:
            [line] = order.lines.all()
            receive(order, lines=[Delivered(line, D(120), stock)], date=today, by=books.by)
    for days in (-1, 2, 9):
        sales = create_sales_order(
            books.company,
            partner=customer,
            lines=[Sold(gear, D(20), unit_price=D(12))],
            order_date=today - timedelta(days=9),
            due_date=today + timedelta(days=days),
            **about,
        )
        confirm_sales_order(sales, by=books.by)


def _invoices(books: Books, today: date) -> None:
    customer, landlord = books.partner("SUNRISE"), books.partner("LANDLORD")
    first = date(today.year, 1, 1)
    for days, price in ((75, "1800"), (40, "2400"), (12, "3100"), (0, "950")):
        on = max(first, today - timedelta(days=days))
        books.posted_invoice("customer", customer, on, price, due_date=on + timedelta(days=14))
        books.posted_invoice("supplier", landlord, on, "600", due_date=on + timedelta(days=30))
    books.post(first, ("1010", "20000"), ("3000", "-20000"))


def _person(books: Books, role: str) -> User:
    member = make_member(role.replace("_", ""), books.company)
    member.set_password(PASSWORD)
    member.save()
    member.groups.add(Group.objects.get(name=role))
    return member


def report_gears(plant: Plant, good: str) -> None:
    """More good gears of the order that is under way."""
    order = WorkOrder.objects.filter(status="running").get()
    press = order.operations.order_by("sequence").last()
    report_production(
        order,
        operation=press,
        quantity_good=D(good),
        by=plant.books.by,
        reported_at=timezone.now(),
        shift=plant.floor.shift,
    )
