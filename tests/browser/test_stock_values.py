"""What stock is worth in the back office: written down, a charge on receipts, a kit taken apart.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from apps.inventory.models import ItemHandling, ItemValuation, Location, StockMove, WriteDown
from apps.inventory.services.kit_assemblies import (
    Component,
    draft_kit_assembly,
    post_kit_assembly,
)
from apps.inventory.services.landed_costs import draft_landed_cost
from apps.inventory.services.locations import ensure_virtual_locations
from apps.inventory.services.moves import Move, post_moves
from apps.inventory.services.write_down_lines import Assessed
from apps.inventory.services.write_downs import draft_write_down
from apps.masterdata.services.item_templates import (
    NewValue,
    create_item_template,
    create_variant_attribute,
)
from tests import factories
from tests.browser.test_people import PASSWORD, look_admin, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DAY, MONTH_END = date(2026, 3, 10), date(2026, 3, 31)


def test_values_are_looked_at_and_changed(page: Page, live_server: object) -> None:
    boss = factories.make_user("boss", password=PASSWORD)
    books = factories.make_books("NORTH", by=boss)
    virtual = ensure_virtual_locations(books.company, by=boss)
    stock = Location(company=books.company, code="MAIN-01", name="Rack", site=books.site).save_by(
        boss
    )
    category = books.category("GOODS", "fifo")
    lamp = books.item("LAMP", category=category, sales_price=Decimal(12))
    shade = books.item("SHADE", category=category)
    for item, quantity, value in ((lamp, 20, 280), (shade, 40, 100)):
        ItemHandling(
            company=books.company, code=item.code, name=item.code, item=item,
            unit_weight=Decimal(2),
        ).save_by(boss)  # fmt: skip
        post_moves(
            books.company,
            [Move(item.pk, Decimal(quantity), virtual["supplier"], stock, value=Decimal(value))],
            source=stock, date=DAY, journal="INV", by=boss, purpose=item.code,
        )  # fmt: skip

    draft = draft_write_down(
        books.company, date=MONTH_END, lines=[Assessed(lamp, Decimal(1))], note="End of March",
        by=boss,
    )  # fmt: skip
    sign_in(page, live_server, "boss", f"/admin/inventory/writedown/{draft.pk}/change/")
    look_admin(page, "values-write-down-draft")
    page.get_by_role("link", name="Propose lines").or_(
        page.get_by_role("button", name="Propose lines")
    ).first.click()
    page.get_by_label("Cost of selling").fill("10")
    look_admin(page, "values-propose")
    page.get_by_role("button", name="Propose lines").click()
    assert WriteDown.objects.get().lines.get().net_value == Decimal("10.8")
    page.get_by_role("link", name="Post").or_(page.get_by_role("button", name="Post")).first.click()
    page.get_by_role("button", name="Post").click()
    expect(page.get_by_text("Posted").first).to_be_visible()
    look_admin(page, "values-write-down-posted")
    assert ItemValuation.objects.get(item=lamp).value == 216

    page.goto(f"{live_server}/stock/reports/written-down/")
    look_admin(page, "values-report")
    landed = draft_landed_cost(
        books.company, date=MONTH_END, amount=Decimal(90), basis="weight",
        moves=list(StockMove.objects.order_by("pk")), by=boss, note="Freight of March",
    )  # fmt: skip
    page.goto(f"{live_server}/admin/inventory/landedcost/{landed.pk}/change/")
    look_admin(page, "values-landed-cost")
    page.get_by_role("link", name="Post").or_(page.get_by_role("button", name="Post")).first.click()
    expect(page.get_by_text("Posted").first).to_be_visible()
    look_admin(page, "values-landed-cost-posted")
    assert ItemValuation.objects.get(item=lamp).value == 246  # 40 kg of 120 kg bear 30

    kit = books.item("SET", category=category)
    assembly = post_kit_assembly(
        draft_kit_assembly(
            books.company, site=books.site, date=MONTH_END, item=kit, quantity=Decimal(5),
            location=stock, by=boss,
            components=[
                Component(lamp, Decimal(1), stock), Component(shade, Decimal(2), stock),
            ],
        ),
        by=boss,
    )  # fmt: skip
    page.goto(f"{live_server}/admin/inventory/kitassembly/{assembly.pk}/change/")
    look_admin(page, "values-kit")

    colour = create_variant_attribute(
        company=books.company, code="COLOUR", name="Colour", by=boss,
        values=[NewValue("RED", "Red"), NewValue("BLUE", "Blue")],
    )  # fmt: skip
    template = create_item_template(
        company=books.company, code="CAP", name="Cap", category=category, unit=books.unit(),
        attributes=[colour], by=boss,
    )  # fmt: skip
    page.goto(f"{live_server}/admin/masterdata/itemtemplate/{template.pk}/change/")
    look_admin(page, "values-template")
    page.goto(f"{live_server}/admin/masterdata/variantattribute/{colour.pk}/change/")
    look_admin(page, "values-attribute")
