"""Where used to the top, two bills line by line, two versions of costs by element; and as files."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from openpyxl import load_workbook

from apps.core.errors import InvalidInput
from apps.engineering.queries.comparison import compare_boms, compare_rollups
from apps.engineering.queries.explosion import where_used
from apps.engineering.services.changes import Change, create_engineering_change
from apps.engineering.services.cost_rollup import create_cost_rollup, release_cost_rollup
from apps.engineering.services.routings import Operation
from apps.inventory.models import ItemValuation
from apps.inventory.services.moves import Move, post_moves
from tests.engineering.conftest import DAY, Office
from tests.inventory.conftest import make_warehouse
from tests.support.faces import ApiClient, codes, make_member
from tests.support.statements import at_most

D = Decimal
PAGES = "/engineering/"


def test_where_used_multiplies_up_to_the_top(office: Office) -> None:
    """A bolt: 2 in a hinge, 3 hinges in a door, 4 doors in a house, and 10 in the house itself."""
    office.bom("HINGE", ("BOLT", "2"))
    office.bom("DOOR", ("HINGE", "3"))
    office.bom("HOUSE", ("DOOR", "4"), ("BOLT", "10"))
    uses = where_used(office.item("BOLT"))
    assert [(use.level, use.code, use.quantity_per, use.is_top) for use in uses] == [
        (1, "HINGE", 2, False),
        (2, "DOOR", 6, False),
        (3, "HOUSE", 24, True),
        (1, "HOUSE", 10, True),
    ]


def revisions(office: Office):
    for code, price in (("LEG", "3"), ("GLUE", "8"), ("SCREW", "0.05"), ("SEAT", "20")):
        office.item(code, price)
    old = office.bom("CHAIR", ("LEG", "3"), ("GLUE", "0.5"), ("SEAT", "1"))
    new = office.draft(
        "CHAIR",
        ("LEG", "4", None, D(20)),
        ("SCREW", "8"),
        ("SEAT", "1"),
        revision="B",
        effective_from=date(2026, 5, 1),
    )
    return old, new


def test_two_bills_line_by_line(office: Office) -> None:
    old, new = revisions(office)
    with at_most(6):
        rows = compare_boms(old, new, on=DAY)
    assert [
        (
            row.kind,
            row.code,
            row.old and row.old.quantity,
            row.new and row.new.quantity,
            row.cost_difference,
        )
        for row in rows
    ] == [
        ("changed", "LEG", 3, 5, 6),  # 4 / 0.8, two more at 3
        ("added", "SCREW", None, 8, D("0.4")),
        ("same", "SEAT", 1, 1, 0),
        ("removed", "GLUE", D("0.5"), None, -4),
    ]
    back = compare_boms(new, old, on=DAY)
    assert sum(row.cost_difference for row in rows) == D("2.4")
    assert sum(row.cost_difference for row in back) == D("-2.4")


def test_lines_of_one_component_are_matched_by_operation(office: Office) -> None:
    def line(quantity: str, operation: int) -> tuple:
        return ("BOLT", quantity, None, D(0), None, operation)

    old = office.draft("A", line("1", 10), line("2", 20))
    new = office.draft("A", line("2", 20), line("5", 10), line("7", 30), revision="B")
    kinds = [(row.kind, row.old and row.old.quantity) for row in compare_boms(old, new, on=DAY)]
    assert kinds == [("same", 2), ("changed", 1), ("added", None)]


def test_bills_of_different_items_are_not_compared(office: Office) -> None:
    old, other = office.bom("A", ("P", "1")), office.bom("B", ("P", "1"))
    with pytest.raises(InvalidInput) as refused:
        compare_boms(old, other)
    assert (refused.value.code, refused.value.field) == ("different_items", "to")


def versions(office: Office):
    """Two roll-ups: the leg gets dearer, the work slower; 10 chairs in stock."""
    company, by = office.books.company, office.books.by
    office.item("LEG", "3")
    office.item("OTHER", "1")
    office.bom("CHAIR", ("LEG", "4"))
    bench = office.centre("BENCH", labour="30", machine="60")
    office.routing("CHAIR", Operation(10, "Glue", bench, run_minutes=D(2)))
    old = release_cost_rollup(create_cost_rollup(company, date=DAY, by=by), by=by)
    warehouse, chair = make_warehouse(office.books), office.item("CHAIR")
    move = Move(chair.pk, D(10), warehouse.supplier, warehouse.stock, value=D(150))
    post_moves(company, [move], source=chair, date=DAY, journal="INV", purpose="in", by=by)
    leg = office.item("LEG")
    leg.purchase_price = D("3.5")
    leg.save_by(by)
    return old, create_cost_rollup(company, date=DAY, by=by)


def test_two_versions_of_costs_by_element(office: Office) -> None:
    old, new = versions(office)
    with at_most(1):
        rows = compare_rollups(old, new)
    assert [
        (row.code, row.kind, row.old_total, row.new_total, row.material, row.labour, row.machine)
        for row in rows
    ] == [
        ("CHAIR", "changed", 15, 17, 2, 0, 0),
        ("LEG", "changed", 3, D("3.5"), D("0.5"), 0, 0),
    ], "what stays the same is not told"
    assert [row.revaluation for row in rows] == [20, 0]
    release_cost_rollup(new, by=office.books.by)
    value = ItemValuation.objects.get(item=office.item("CHAIR")).value
    assert value == 170, "the activation revalues what was foretold"


def test_comparisons_through_the_api(office: Office) -> None:
    old, new = revisions(office)
    api = ApiClient(office.books.by)
    found = api.get(f"/engineering/boms/{old.pk}/compare/?to={new.pk}&on={DAY}")
    assert found.status_code == 200, found.body
    assert D(found.body["cost_difference"]) == D("2.4")
    assert [row["kind"] for row in found.body["results"]] == ["changed", "added", "same", "removed"]
    other = office.bom("TABLE", ("LEG", "4"))
    bad = api.get(f"/engineering/boms/{old.pk}/compare/?to={other.pk}")
    assert (bad.status_code, codes(bad)) == (422, [("to", "different_items")])
    assert codes(api.get(f"/engineering/boms/{old.pk}/compare/?to=999999"))[0][0] == "to"
    used = api.get(f"/engineering/design/where-used/?item=SCREW&on={date(2026, 6, 1)}")
    assert used.body["results"] == [], "the new bill is a draft"
    assert api.post(f"/engineering/boms/{new.pk}/release/").status_code == 200
    used = api.get(f"/engineering/design/where-used/?item=SCREW&on={date(2026, 6, 1)}")
    assert [row["code"] for row in used.body["results"]] == ["CHAIR"]
    first, second = versions_of(office)
    costs = api.get(f"/engineering/cost-rollups/{first.pk}/compare/?to={second.pk}")
    assert [row["code"] for row in costs.body["results"]] == ["CHAIR", "TABLE", "LEG"]
    assert D(costs.body["results"][1]["material"]) == 4


def versions_of(office: Office):
    company, by = office.books.company, office.books.by
    first = create_cost_rollup(company, date=DAY, by=by)
    leg = office.item("LEG")
    leg.purchase_price = D(4)
    leg.save_by(by)
    return first, create_cost_rollup(company, date=DAY, by=by)


@pytest.fixture
def desk(office: Office) -> Client:
    client = Client()
    client.force_login(office.books.by, "apps.core.backends.PermissionBackend")
    return client


def test_reports_are_pages_and_files(office: Office, desk: Client) -> None:
    old, new = revisions(office)
    versions_of(office)
    line = Change(office.item("CHAIR"), date(2026, 5, 1), to_bom=new)
    create_engineering_change(
        office.books.company, title="Screws", why="Glue lets go", lines=[line], by=office.books.by
    )
    for name, query in (
        ("where-used", f"?item=LEG&on={DAY}"),
        ("bills", f"?item=CHAIR&on={DAY}"),
        ("costs", "?"),
        ("change", "?"),
    ):
        page = desk.get(f"{PAGES}{name}/{query}")
        assert page.status_code == 200, name
        text = page.content.decode()
        assert "CHAIR" in text or name == "change", name
        for kind in ("csv", "xlsx", "pdf"):
            assert desk.get(f"{PAGES}{name}/{query}&as={kind}").status_code == 200
    pair = f"{PAGES}bills/?item=CHAIR&old={old.pk}&new={new.pk}&on={DAY}"
    rows = list(csv.reader(io.StringIO(desk.get(f"{pair}&as=csv").content.decode("utf-8-sig"))))
    assert rows[0][0] == "Change" and rows[1][:2] == ["changed", "LEG"]
    assert rows[1][7] == "scrap 0 → 20 %" and rows[-1][-1] == "4.4"  # 2 × 4 + 0.4 − 4
    book = load_workbook(io.BytesIO(desk.get(f"{pair}&as=xlsx").content))
    assert any(cell.value == 8 for row in book.active.iter_rows() for cell in row)


def test_pages_say_what_is_wrong_or_missing(office: Office, desk: Client) -> None:
    office.item("LEG")
    assert "Give an item" in desk.get(f"{PAGES}where-used/").content.decode()
    assert "No bill in force" in desk.get(f"{PAGES}where-used/?item=LEG").content.decode()
    for query, status in (
        ("where-used/?item=NONE", 422),
        ("where-used/?item=LEG&on=yesterday", 422),
        ("bills/?item=LEG&old=12", 422),
        ("costs/?new=12", 422),
        ("nothing/", 404),
    ):
        assert desk.get(f"{PAGES}{query}").status_code == status, query
    reader = Client()
    user = make_member(
        "reader", office.books.company, permissions=("engineering.view_billofmaterials",)
    )
    reader.force_login(user, "apps.core.backends.PermissionBackend")
    assert reader.get(f"{PAGES}where-used/").status_code == 200
    assert reader.get(f"{PAGES}costs/").status_code == 403
    office.bom("DOOR", ("LEG", "1"))
    stranger = Client()
    outside = make_member("outside", permissions=("engineering.view_billofmaterials",))
    stranger.force_login(outside, "apps.core.backends.PermissionBackend")
    assert stranger.get(f"{PAGES}where-used/?item=LEG").status_code == 403
