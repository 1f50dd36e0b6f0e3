"""Engineering changes: reviewed as they were written, approved by another, implemented at once."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidTransition
from apps.core.models import User
from apps.core.services.signatures import create_signature_rule
from apps.engineering.models import BillOfMaterials, EngineeringChange
from apps.engineering.queries.change_impact import change_impact
from apps.engineering.services import changes as services
from apps.engineering.services.boms import Component, change_bom, obsolete_bom, release_bom
from apps.engineering.services.changes import Change, create_engineering_change
from apps.engineering.services.routings import Operation, change_routing, create_routing
from apps.inventory.models import ExpectedMove
from apps.inventory.services.expected import Expected, expect_moves
from apps.inventory.services.moves import Move, post_moves
from tests.engineering.conftest import DAY, Office
from tests.factories import make_user
from tests.inventory.conftest import make_warehouse
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled
from tests.support.statements import at_most

PASSWORD = "tube of copper 9"
CHANGES = "/engineering/changes/"


def soon(days: int = 10) -> date:
    return timezone.localdate() + timedelta(days=days)


@pytest.fixture
def boss(office: Office) -> User:
    return make_user("boss", company=office.books.company)


@pytest.fixture
def old(office: Office) -> BillOfMaterials:
    return office.bom("CHAIR", ("LEG", "4"), ("GLUE", "0.5"))


@pytest.fixture
def new(office: Office, old: BillOfMaterials) -> BillOfMaterials:
    return office.draft("CHAIR", ("LEG", "4"), ("SCREW", "8"), revision="B")


def written(office: Office, *lines: Change, **values: Any) -> EngineeringChange:
    about = {"title": "Screws, not glue", "why": "Glue lets go in the damp.", **values}
    return create_engineering_change(office.books.company, lines=lines, by=office.books.by, **about)


def refused(act: Any) -> tuple[str, str | None, int | None]:
    with pytest.raises(BusinessError) as caught, transaction.atomic():
        act()
    return caught.value.code, caught.value.field, caught.value.row


def approved(office: Office, boss: User, change: EngineeringChange) -> EngineeringChange:
    services.submit_engineering_change(change, by=office.books.by)
    return services.approve_engineering_change(change, by=boss)


def test_a_change_from_draft_to_the_new_bill_in_force(
    office: Office, boss: User, old: BillOfMaterials, new: BillOfMaterials
) -> None:
    by = office.books.by
    centre = office.centre("WC")
    routing = create_routing(
        office.books.company,
        item=office.item("CHAIR"),
        operations=[Operation(10, "Screw", centre, run_minutes=Decimal(2))],
        by=by,
    )
    change = written(
        office,
        Change(office.item("CHAIR"), soon(), to_bom=new, stock_disposition="return"),
        Change(office.item("CHAIR"), soon(), to_routing=routing),
    )
    first, second = change.lines.order_by("position")
    assert (first.from_bom, second.from_routing) == (old, None), "filled in, where there is one"
    change = services.submit_engineering_change(change, by=by)
    change = services.approve_engineering_change(change, decision="good", by=boss)
    assert (change.status, change.decided_by, change.decision) == ("approved", boss, "good")
    old.refresh_from_db()
    assert old.effective_until is None, "approved is not implemented"
    change = services.implement_engineering_change(change, by=by)
    for row in (old, new, routing):
        row.refresh_from_db()
    assert (old.status, old.effective_until) == ("released", soon() - timedelta(days=1))
    assert (new.status, new.effective_from) == ("released", soon())
    assert (routing.status, routing.effective_from) == ("released", soon())
    assert change.status == "implemented" and change.implemented_at is not None
    assert change.number in old.history.order_by("history_id").last().history_change_reason
    assert_reconciled()


def test_nobody_approves_the_own_change(office: Office, boss: User, new: BillOfMaterials) -> None:
    change = written(office, Change(office.item("CHAIR"), soon(), to_bom=new))
    services.submit_engineering_change(change, by=boss)  # somebody else submits it
    for user in (office.books.by, boss):
        act = lambda user=user: services.approve_engineering_change(change, by=user)  # noqa: E731
        assert refused(act)[:2] == ("self_approval", "decided_by")
    change.refresh_from_db()
    assert (change.status, change.decided_by) == ("review", None)
    other = make_user("other", company=office.books.company)
    assert services.approve_engineering_change(change, by=other).status == "approved"


def test_it_is_approved_before_it_is_implemented(
    office: Office, boss: User, new: BillOfMaterials
) -> None:
    change = written(office, Change(office.item("CHAIR"), soon(), to_bom=new))
    for step in (None, services.submit_engineering_change):
        if step is not None:
            step(change, by=office.books.by)
        with pytest.raises(InvalidTransition), transaction.atomic():
            services.implement_engineering_change(change, by=boss)
    services.reject_engineering_change(change, reason="too dear", by=boss)
    with pytest.raises(InvalidTransition), transaction.atomic():
        services.implement_engineering_change(change, by=boss)
    new.refresh_from_db()
    assert new.status == "draft"


def test_what_is_reviewed_stays_as_it_is(office: Office, boss: User, new: BillOfMaterials) -> None:
    by = office.books.by
    change = written(office, Change(office.item("CHAIR"), soon(), to_bom=new))
    change_bom(new, note="still a draft", by=by)
    services.submit_engineering_change(change, by=by)
    lines = [Component(office.item("LEG"), Decimal(3))]
    for act in (
        lambda: change_bom(new, components=lines, by=by),
        lambda: release_bom(new, by=by),
        lambda: obsolete_bom(new, reason="no", by=by),
    ):
        assert refused(act)[:2] == ("under_change", "to_bom")
    services.revise_engineering_change(change, reason="one leg less", by=by)
    change_bom(new, components=lines, by=by)
    assert new.lines.count() == 1
    change = approved(office, boss, change)
    services.revise_engineering_change(change, reason="again", by=by)
    change.refresh_from_db()
    assert (change.status, change.decided_by, change.submitted_by) == ("draft", None, None)


def test_bad_lines_name_their_row_and_field(
    office: Office, old: BillOfMaterials, new: BillOfMaterials
) -> None:
    chair, table = office.item("CHAIR"), office.item("TABLE")
    good = Change(chair, soon(), to_bom=new)
    other = office.draft("TABLE", ("LEG", "4"))
    for line, expected in (
        (Change(chair, soon()), ("one_design", "to_bom", 1)),
        (Change(chair, soon(), to_bom=other), ("wrong_design", "to_bom", 1)),
        (Change(table, soon(), to_bom=other, from_bom=old), ("wrong_design", "from_bom", 1)),
        (Change(chair, soon(), to_bom=old), ("not_draft", "to_bom", 1)),
        (Change(table, soon(), to_bom=other, from_bom=other), ("not_released", "from_bom", 1)),
        (Change(chair, soon(), to_bom=new), ("design_twice", "to_bom", 1)),
        (
            Change(table, soon(), to_bom=other, stock_disposition="burn"),
            ("invalid_choice", "stock_disposition", 1),
        ),
    ):
        assert refused(lambda line=line: written(office, good, line)) == expected
    assert not EngineeringChange.objects.exists()
    written(office, good)
    assert refused(lambda: written(office, good))[:2] == ("under_change", "to_bom")
    assert refused(lambda: written(office, title=" "))[:2] == ("text_required", "title")
    empty = written(office)
    assert refused(lambda: services.submit_engineering_change(empty, by=office.books.by)) == (
        "no_lines",
        "lines",
        None,
    )


def test_a_change_that_is_overtaken_says_so(
    office: Office, boss: User, old: BillOfMaterials, new: BillOfMaterials
) -> None:
    by = office.books.by
    change = approved(
        office, boss, written(office, Change(office.item("CHAIR"), soon(), to_bom=new))
    )
    third = office.bom("CHAIR", ("LEG", "3"), revision="C", effective_from=soon(5))
    act = lambda: services.implement_engineering_change(change, by=by)  # noqa: E731
    assert refused(act) == ("base_moved", "from_bom", 0)
    services.revise_engineering_change(change, reason="C came between", by=by)
    line = Change(office.item("CHAIR"), soon(-1), to_bom=new)
    services.update_engineering_change(change, lines=[line], by=by)
    approved(office, boss, change)
    assert refused(act) == ("in_the_past", "effective_from", 0)
    third.refresh_from_db()
    new.refresh_from_db()
    assert (third.status, third.effective_until, new.status) == ("released", None, "draft")


def test_a_circle_by_way_of_a_change_is_refused(office: Office, new: BillOfMaterials) -> None:
    """CHAIR → SCREW is only a draft under a change; SCREW → CHAIR would close the circle."""
    written(office, Change(office.item("CHAIR"), soon(), to_bom=new))
    act = lambda: office.draft("SCREW", ("CHAIR", "1"))  # noqa: E731
    assert refused(act)[:2] == ("circular_bom", "component")
    assert not BillOfMaterials.objects.filter(item__code="SCREW").exists()


def test_a_routing_under_review_is_frozen(office: Office, new: BillOfMaterials) -> None:
    by = office.books.by
    routing = create_routing(
        office.books.company,
        item=office.item("CHAIR"),
        operations=[Operation(10, "Screw", office.centre("WC"))],
        by=by,
    )
    change = written(office, Change(office.item("CHAIR"), soon(), to_routing=routing))
    services.submit_engineering_change(change, by=by)
    act = lambda: change_routing(routing, note="x", by=by)  # noqa: E731
    assert refused(act)[:2] == ("under_change", "to_routing")
    services.cancel_engineering_change(change, reason="not now", by=by)
    change_routing(routing, note="x", by=by)


def test_what_a_change_touches(office: Office, old: BillOfMaterials, new: BillOfMaterials) -> None:
    books = office.books
    warehouse = make_warehouse(books)
    chair, leg, glue = (office.item(code) for code in ("CHAIR", "LEG", "GLUE"))
    for item in (glue, leg):
        move = Move(item.pk, Decimal(40), warehouse.supplier, warehouse.stock, value=Decimal(80))
        post_moves(
            books.company, [move], source=item, date=DAY, journal="INV", purpose="in", by=books.by
        )
    ways = ExpectedMove.Direction
    expect_moves(
        books.company,
        [
            Expected(old, ways.IN, chair, books.site, None, Decimal(5), DAY),
            Expected(new, ways.OUT, glue, books.site, None, Decimal("2.5"), DAY),
            Expected(chair, ways.IN, leg, books.site, None, Decimal(9), DAY),
        ],
        by=books.by,
    )
    line = Change(chair, soon(), to_bom=new, stock_disposition="scrap", wip_disposition="rework")
    change = written(office, line)
    with at_most(12):
        found = change_impact(change)
    assert [(o.role, o.code, o.direction, o.quantity, o.disposition) for o in found.orders] == [
        ("output", "CHAIR", "in", 5, "Rework"),
        ("component", "GLUE", "out", Decimal("2.5"), "Rework"),
    ], "legs are taken as before"
    [stock] = found.stock
    assert (stock.code, stock.quantity, stock.disposition) == ("GLUE", 40, "Scrap")


def test_a_change_through_the_api_with_signatures(
    office: Office, old: BillOfMaterials, new: BillOfMaterials
) -> None:
    company = office.books.company
    people = {}
    for name, role in (("pia", "planner"), ("max", "plant_manager")):
        user = make_member(name, company)
        user.groups.add(Group.objects.get(name=role))
        user.set_password(PASSWORD)
        user.save()
        people[name] = user
    create_signature_rule(
        company=company,
        document="engineering.engineeringchange",
        status="approved",
        meaning="approved",
        by=office.books.by,
    )
    planner, boss = ApiClient(people["pia"]), ApiClient(people["max"])
    line = {"item": "CHAIR", "to_bom": new.pk, "effective_from": soon().isoformat()}
    body = {"title": "Screws", "why": "Glue lets go.", "lines": [line]}
    made = planner.post(CHANGES, body)
    assert made.status_code == 201, made.body
    assert made.body["lines"][0]["from_bom"] == old.pk
    place = f"{CHANGES}{made.body['id']}/"
    bad = planner.post(CHANGES, {**body, "lines": [{**line, "to_bom": old.pk}]})
    assert bad.status_code == 409 and codes(bad)[0][1] == "not_draft", bad.body
    early = planner.post(f"{place}implement/")
    assert (early.status_code, codes(early)) == (409, [("status", "invalid_transition")])
    assert planner.post(f"{place}submit/").body["status"] == "review"
    assert planner.post(f"{place}approve/").status_code == 403
    unsigned = boss.post(f"{place}approve/")
    assert (unsigned.status_code, codes(unsigned)[0][1]) == (409, "signature_required")
    signed = boss.post(
        "/core/signatures/",
        {
            "document": "engineering.engineeringchange",
            "document_id": made.body["id"],
            "status": "approved",
            "meaning": "approved",
            "password": PASSWORD,
        },
    )
    assert signed.status_code == 201, signed.body
    assert boss.post(f"{place}approve/", {"decision": "yes"}).body["status"] == "approved"
    impact = planner.get(f"{place}impact/")
    assert (impact.status_code, impact.body["orders"]) == (200, [])
    done = planner.post(f"{place}implement/")
    assert done.body["status"] == "implemented", done.body
    old.refresh_from_db()
    assert old.effective_until == soon() - timedelta(days=1)
    assert_reconciled()
