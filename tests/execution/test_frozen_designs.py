"""B7 and H3: an order keeps the design it was released with; who has not read does not work."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from apps.core.errors import BusinessError
from apps.engineering.models import (
    BillOfMaterials,
    InstructionRevision,
    RoutingOperation,
    WorkInstruction,
)
from apps.engineering.services import changes
from apps.engineering.services.boms import Component, create_bom
from apps.engineering.services.instructions import (
    Step,
    acknowledge_revision,
    create_instruction_revision,
    release_instruction_revision,
)
from apps.execution.models import OperationRun, ProductionReport
from apps.execution.printouts import traveler_pdf
from apps.execution.services.dispatch import start_operation
from apps.execution.services.work_orders import create_work_order, release_work_order
from apps.hr.models import Employee
from apps.masterdata.models import Machine
from tests.execution.conftest import DAY, Factory
from tests.execution.test_travelers import pages_of
from tests.factories import make_user
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled

D = Decimal


def refused(act: Any) -> tuple[str, str | None]:
    with pytest.raises(BusinessError) as caught, transaction.atomic():
        act()
    return caught.value.code, caught.value.field


def order_on(factory: Factory, item: Any, day: Any) -> Any:
    return create_work_order(
        factory.books.company,
        item=item,
        quantity=D(10),
        site=factory.books.site,
        start_date=day,
        due_date=day,
        component_location=factory.stock,
        output_location=factory.stock,
        by=factory.books.by,
    )


def needs(order: Any) -> list[tuple[str, Decimal]]:
    return [(c.item.code, c.quantity) for c in order.components.select_related("item")]


def test_b7_a_released_order_keeps_its_design(
    factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "today", lambda company: DAY)
    company, by = factory.books.company, factory.books.by
    boss = make_user("boss", company=company)
    chair, glue, screw = factory.made("CHAIR"), factory.item("GLUE"), factory.item("SCREW")
    old = factory.bom(chair, (glue, "0.5"))
    released = factory.order(chair, "10")
    later = DAY + timedelta(days=7)
    waiting = order_on(factory, chair, later)
    assert waiting.bom == old
    new = create_bom(company, item=chair, components=[Component(screw, D(8))], revision="B", by=by)
    change = changes.create_engineering_change(
        company,
        title="Screws",
        why="Glue lets go",
        lines=[changes.Change(chair, later, to_bom=new)],
        by=by,
    )
    changes.submit_engineering_change(change, by=by)
    changes.approve_engineering_change(change, by=boss)
    changes.implement_engineering_change(change, by=by)
    old.lines.update(quantity=D(99))  # even were the old bill itself edited
    released.refresh_from_db()
    assert (released.bom, needs(released)) == (old, [("GLUE", 5)])
    assert refused(lambda: release_work_order(waiting, by=by)) == ("not_in_force", "bom")
    waiting.refresh_from_db()
    assert (waiting.status, needs(waiting)) == ("draft", [])
    before, after = order_on(factory, chair, DAY), order_on(factory, chair, later)
    assert (before.bom, after.bom) == (old, new)
    release_work_order(after, by=by)
    assert needs(after) == [("SCREW", 80)]
    assert_reconciled()


@pytest.fixture
def sheet(factory: Factory) -> WorkInstruction:
    return WorkInstruction(
        company=factory.books.company, code="WI-01", name="Gluing", must_acknowledge=True
    ).save_by(factory.books.by)


def revision(factory: Factory, sheet: WorkInstruction, **values: Any) -> InstructionRevision:
    made = create_instruction_revision(
        factory.books.company,
        instruction=sheet,
        steps=[Step("Clean", "With alcohol."), Step("Glue thinly", is_critical=True)],
        by=factory.books.by,
        **values,
    )
    boss = make_user(company=factory.books.company)
    return release_instruction_revision(made, by=boss)


@pytest.fixture
def chair(factory: Factory, sheet: WorkInstruction) -> Any:
    chair = factory.made("CHAIR")
    factory.bom(chair, (factory.stocked(factory.item("GLUE"), "100", "1"), "1"))
    factory.routing(chair, (factory.work_centre("BENCH", labour="30"), "6"))
    RoutingOperation.objects.update(instruction=sheet)
    return chair


@pytest.fixture
def ann(factory: Factory) -> Employee:
    books = factory.books
    return Employee(company=books.company, code="ANN", name="Ann", site=books.site).save_by(
        books.by
    )


def test_an_order_takes_the_revision_in_force_and_keeps_it(
    factory: Factory, sheet: WorkInstruction, chair: Any
) -> None:
    by = factory.books.by
    draft = order_on(factory, chair, DAY)
    assert refused(lambda: release_work_order(draft, by=by)) == ("no_instruction", "routing")
    first = revision(factory, sheet)
    draft = release_work_order(draft, by=by)
    later = DAY + timedelta(days=7)
    second = revision(factory, sheet, revision="B", effective_from=later)
    after = release_work_order(order_on(factory, chair, later), by=by)
    assert draft.operations.get().instruction_revision == first
    assert after.operations.get().instruction_revision == second
    text = " ".join(pages_of(traveler_pdf(draft)))
    assert "Work instruction WI-01 rev. A" in text
    assert "2. Glue thinly (critical)" in text


def test_h3_who_has_not_read_it_neither_starts_nor_reports(
    factory: Factory, sheet: WorkInstruction, chair: Any, ann: Employee
) -> None:
    by = factory.books.by
    first = revision(factory, sheet)
    order = factory.order(chair, "10")
    operation = order.operations.get()
    machine = Machine(
        company=factory.books.company, code="M1", name="M1", site=factory.books.site,
        work_centre=operation.work_centre,
    ).save_by(by)  # fmt: skip
    for who, code in ((None, "employee_required"), (ann, "not_acknowledged")):
        start = lambda who=who: start_operation(operation, machine=machine, employee=who, by=by)  # noqa: E731
        report = lambda who=who: factory.report(order, "5", operation=operation, employee=who)  # noqa: E731
        assert refused(start) == (code, "employee")
        assert refused(report) == (code, "employee")
    assert not OperationRun.objects.exists() and not ProductionReport.objects.exists()
    answer = ApiClient(by).post(
        f"/execution/operations/{operation.pk}/start/",
        {"machine": machine.pk, "employee": ann.pk},
    )
    assert (answer.status_code, codes(answer)) == (409, [("employee", "not_acknowledged")])
    acknowledge_revision(first, employee=ann, by=by)
    start_operation(operation, machine=machine, employee=ann, by=by)
    factory.report(order, "5", operation=operation, employee=ann)
    # A new revision asks again, but only of orders that were released with it.
    later = DAY + timedelta(days=7)
    revision(factory, sheet, revision="B", effective_from=later)
    factory.report(order, "1", operation=operation, employee=ann)
    after = release_work_order(order_on(factory, chair, later), by=by)
    act = lambda: factory.report(after, "1", employee=ann)  # noqa: E731
    assert refused(act) == ("not_acknowledged", "employee")
    assert_reconciled()


def test_an_instruction_that_need_not_be_read_stops_nobody(
    factory: Factory, sheet: WorkInstruction, chair: Any
) -> None:
    sheet.must_acknowledge = False
    sheet.save_by(factory.books.by)
    revision(factory, sheet)
    order = factory.order(chair, "10")
    factory.report(order, "5")
    assert BillOfMaterials.objects.count() == 1


def test_the_terminal_shows_it_and_takes_the_acknowledgement(
    factory: Factory, sheet: WorkInstruction, chair: Any, ann: Employee
) -> None:
    by = factory.books.by
    made = revision(factory, sheet)
    operation = factory.order(chair, "10").operations.get()
    machine = Machine(
        company=factory.books.company, code="M1", name="M1", site=factory.books.site,
        work_centre=operation.work_centre,
    ).save_by(by)  # fmt: skip
    ann.user = by
    ann.save_by(by)
    terminal = Client()
    terminal.force_login(by, "apps.core.backends.PermissionBackend")
    page = f"/shop/operations/{operation.pk}/"
    shown = terminal.get(page).content.decode()
    assert "Glue thinly" in shown and 'value="read"' in shown and 'value="start"' not in shown
    sent = {"act": "read", "revision": made.pk, "operation": operation.pk, "machine": machine.pk}
    answer = terminal.post("/shop/act/", {**sent, "key": "once"})
    assert (answer.status_code, answer["Location"]) == (302, page)
    assert made.acknowledgements.get().employee == ann
    shown = terminal.get(page).content.decode()
    assert 'value="read"' not in shown and 'value="start"' in shown
