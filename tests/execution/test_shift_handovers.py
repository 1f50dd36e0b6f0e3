"""A shift hands over: what it made balances, two people sign, and then it is closed."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.core.models import User
from apps.core.reconcile import reconcile
from apps.core.services.reauthentication import Proof, WrongPassword
from apps.execution.handover_printout import handover_pdf
from apps.execution.models import MachineEvent, ProductionReport, ShiftHandover, WorkOrder
from apps.execution.services.andon import call_andon, resolve_andon
from apps.execution.services.andon_categories import create_andon_category
from apps.execution.services.production import report_production
from apps.execution.services.reversals import reverse_production_report
from apps.execution.services.shift_handovers import (
    hand_over,
    prepare_handover,
    refresh_handover,
    reopen_handover,
    take_back,
    take_over,
    write_notes,
)
from apps.masterdata.models import Machine
from tests.execution.conftest import DAY, Factory
from tests.execution.machines import Shopfloor, minute
from tests.execution.test_shop import BACKEND
from tests.support.connections import superuser
from tests.support.faces import ApiClient, codes, grant, make_member
from tests.support.reconciled import assert_reconciled

END = datetime(2026, 3, 10, 14, tzinfo=UTC)
PASSWORD = "a long password 1"
RIGHTS = (
    "execution.view_shifthandover",
    "execution.sign_shifthandover",
    "execution.add_shifthandover",
)


@pytest.fixture
def machine(floor: Shopfloor) -> Machine:
    return floor.machine("M1", ideal="20")


@pytest.fixture
def order(factory: Factory, floor: Shopfloor) -> WorkOrder:
    """100 gears in two steps at the same work centre."""
    blank = factory.stocked(factory.item("BLANK"), "500", "2")
    gear = factory.made("GEAR")
    factory.bom(gear, (blank, "1"), issue_method="backflush")
    factory.routing(gear, (floor.centre, "1"), (floor.centre, "1"))
    order = factory.order(gear, "100")
    order.components.update(operation=order.operations.order_by("sequence").first())
    return order


@pytest.fixture
def outgoing(floor: Shopfloor) -> User:
    return _person(floor, "early")


@pytest.fixture
def incoming(floor: Shopfloor) -> User:
    return _person(floor, "late")


def _person(floor: Shopfloor, name: str) -> User:
    user = make_member(name, floor.books.company, permissions=RIGHTS)
    user.set_password(PASSWORD)
    user.save()
    return user


def proof(user: User) -> Proof:
    return Proof(user.pk, timezone.now())


Made = Callable[..., ProductionReport]


@pytest.fixture
def made(floor: Shopfloor, factory: Factory, order: WorkOrder, machine: Machine) -> Made:
    """Report so many of a step at a minute of the shift."""
    burr = factory.scrap_reason()

    def report(step: int, at: float, good: str, scrap: str = "0") -> ProductionReport:
        operation = order.operations.get(sequence=step)
        return report_production(
            order,
            operation=operation,
            machine=machine,
            quantity_good=Decimal(good),
            quantity_scrap=Decimal(scrap),
            scrap_reason=burr if scrap != "0" else None,
            reported_at=minute(at),
            by=floor.books.by,
        )

    return report


def prepared(floor: Shopfloor, by: User | None = None) -> ShiftHandover:
    return prepare_handover(floor.centre, shift=floor.shift, day=DAY, by=by or floor.books.by)


def signed(floor: Shopfloor, outgoing: User, incoming: User) -> ShiftHandover:
    row = hand_over(prepared(floor), proof=proof(outgoing), by=outgoing)
    return take_over(row, proof=proof(incoming), by=incoming)


def lines(row: ShiftHandover) -> list[dict[str, str]]:
    names = ("sequence", "produced", "scrap", "good", "stocked", "passed_on", "wip_after")
    return [
        {name: str(line[name]) for name in (*names, "difference")} for line in row.content["lines"]
    ]


def test_what_a_shift_made_and_where_it_is(
    floor: Shopfloor, machine: Machine, made: Made, factory: Factory
) -> None:
    floor.reason("JAM")
    floor.send(
        floor.state(machine, 0, "running"),
        floor.state(machine, 100, "stopped", "JAM"),
        floor.state(machine, 130, "running"),
        floor.state(machine, 470, "stopped"),
    )
    made(10, 60, "30", "2")
    made(20, 120, "20", "1")
    made(20, 490, "5")  # the next shift
    category = create_andon_category(
        company=floor.books.company, code="MAT", name="Material", by=floor.books.by
    )
    call_andon(machine, category=category, by=floor.books.by, now=minute(50))
    row = prepared(floor)
    assert (row.starts_at, row.ends_at) == (minute(0), END)
    assert lines(row) == [
        {
            "sequence": "10",
            "produced": "32",
            "scrap": "2",
            "good": "30",
            "stocked": "0",
            "passed_on": "21",
            "wip_after": "9",
            "difference": "0",
        },
        {
            "sequence": "20",
            "produced": "21",
            "scrap": "1",
            "good": "20",
            "stocked": "20",
            "passed_on": "0",
            "wip_after": "0",
            "difference": "0",
        },
    ]
    content = row.content
    assert [(one["code"], one["quantity"]) for one in content["scrap"]] == [("BURR", "3")]
    stops = {stop["code"]: stop for stop in content["stops"]}
    assert stops["JAM"]["minutes"] == "30"
    assert stops["JAM"]["cost"] == "30"  # at 60 an hour
    assert (stops[""]["minutes"], stops[""]["cost"]) == ("10", "10"), "it is not settled yet"
    assert [one["machine"] for one in content["open_stops"]] == ["M1"]
    assert [one["category"] for one in content["andon"]] == ["Material"]
    assert [(one["sequence"], one["quantity"]) for one in content["left"]] == [
        (10, "70"),
        (20, "80"),
    ]
    assert content["oee"]["quantity_good"] == "50"
    assert prepared(floor).pk == row.pk, "there is one of each shift"


def test_what_does_not_add_up_is_not_signed(floor: Shopfloor, made: Made, outgoing: User) -> None:
    made(10, 60, "10")
    made(20, 120, "12")  # two that nobody had passed on
    row = prepared(floor)
    with pytest.raises(BusinessError) as refused:
        hand_over(row, proof=proof(outgoing), by=outgoing)
    assert refused.value.code == "not_balanced"
    order = WorkOrder.objects.get()
    assert str(refused.value) == f"Row 2: {order.number}/20 does not add up: 2 EA."
    row.refresh_from_db()
    assert (row.status, row.outgoing_by) == ("draft", None)
    made(10, 70, "2")
    assert hand_over(row, proof=proof(outgoing), by=outgoing).status == "handed_over"


def test_both_sign_and_the_snapshot_stays(
    floor: Shopfloor, made: Made, outgoing: User, incoming: User
) -> None:
    made(10, 60, "10")
    row = hand_over(prepared(floor), proof=proof(outgoing), by=outgoing)
    with pytest.raises(BusinessError) as refused:
        take_over(row, proof=proof(outgoing), by=outgoing)
    assert refused.value.code == "same_signer"
    made(10, 90, "1")
    with pytest.raises(BusinessError) as refused:
        take_over(row, proof=proof(incoming), by=incoming)
    assert refused.value.code == "changed_since"
    row = take_back(row, by=outgoing)
    row = hand_over(row, proof=proof(outgoing), by=outgoing)
    row = take_over(row, proof=proof(incoming), by=incoming)
    row.refresh_from_db()
    assert row.is_intact
    assert row.content["lines"][0]["good"] == "11"
    with pytest.raises(IntegrityError), transaction.atomic():
        ShiftHandover.objects.filter(pk=row.pk).update(content={})
    with pytest.raises(IntegrityError), transaction.atomic():
        row.delete()
    row.content["lines"][0]["good"] = "12"
    assert not row.is_intact
    for service in (refresh_handover, take_back):
        with pytest.raises(BusinessError):
            service(row, by=outgoing)
    with pytest.raises(BusinessError):
        write_notes(row, note="late", machines={}, by=outgoing)
    with pytest.raises(InvalidTransition):
        hand_over(row, proof=proof(outgoing), by=outgoing)
    assert_reconciled()


def test_nobody_signs_without_a_password_just_given(
    floor: Shopfloor, made: Made, outgoing: User, incoming: User
) -> None:
    made(10, 60, "10")
    row = prepared(floor)
    for stale in (
        Proof(incoming.pk, timezone.now()),
        Proof(outgoing.pk, timezone.now() - timedelta(minutes=6)),
    ):
        with pytest.raises(WrongPassword):
            hand_over(row, proof=stale, by=outgoing)
    row.refresh_from_db()
    assert row.status == "draft"


def test_shifts_that_are_not_there_or_not_over(
    floor: Shopfloor, outgoing: User, incoming: User
) -> None:
    with pytest.raises(InvalidInput) as refused:
        prepare_handover(
            floor.centre,
            shift=floor.shift,
            day=timezone.localdate() + timedelta(days=2),
            by=floor.books.by,
        )
    assert refused.value.code == "in_the_future"
    row = hand_over(prepared(floor), proof=proof(outgoing), by=outgoing)
    ShiftHandover.objects.filter(pk=row.pk).update(ends_at=timezone.now() + timedelta(minutes=5))
    with pytest.raises(BusinessError) as lasts:
        take_over(row, proof=proof(incoming), by=incoming)
    assert lasts.value.code == "shift_lasts"


def test_a_closed_shift_takes_no_events_and_no_reports_until_it_is_opened(
    floor: Shopfloor, machine: Machine, made: Made, outgoing: User, incoming: User
) -> None:
    early = floor.state(machine, 10, "running")
    floor.send(early)
    other_centre = floor.machine("M9")
    made(10, 60, "10")
    row = signed(floor, outgoing, incoming)
    late = floor.count(machine, 200, 5)
    answers = floor.send(early, late, floor.count(machine, 480, 1), floor.count(machine, -1, 1))
    assert [one.status for one in answers] == ["duplicate", "rejected", "created", "created"]
    assert answers[1].error is not None
    assert (answers[1].error.code, answers[1].error.field) == ("shift_closed", "occurred_at")
    assert other_centre.work_centre_id == machine.work_centre_id
    with pytest.raises(BusinessError) as refused:
        made(10, 470, "1")
    assert refused.value.code == "shift_closed"
    made(10, 480, "1")
    with pytest.raises(InvalidInput):
        reopen_handover(row, reason=" ", by=floor.books.by)
    row = reopen_handover(row, reason="The counter came late", by=floor.books.by)
    assert (row.status, row.binding_hash, row.outgoing_by) == ("draft", None, None)
    [answer] = floor.send(late)
    assert answer.status == "created"
    assert MachineEvent.objects.filter(occurred_at=minute(200)).count() == 1
    kept = row.history.filter(status="signed").first()
    assert kept is not None
    assert kept.incoming_name == "late"


def test_the_next_shift_may_begin_to_work_before_it_signs(
    floor: Shopfloor, machine: Machine, made: Made, outgoing: User, incoming: User
) -> None:
    """What happens after the shift changes nothing of what it left."""
    floor.send(floor.state(machine, 0, "running"), floor.state(machine, 470, "stopped"))
    made(10, 60, "10")
    category = create_andon_category(
        company=floor.books.company, code="MAT", name="Material", by=floor.books.by
    )
    call = call_andon(machine, category=category, by=floor.books.by, now=minute(50))
    row = hand_over(prepared(floor), proof=proof(outgoing), by=outgoing)
    floor.send(floor.state(machine, 490, "running"))
    made(10, 500, "5")
    made(20, 510, "15")
    resolve_andon(call, resolution="Brought", by=floor.books.by, at=minute(500))
    row = take_over(row, proof=proof(incoming), by=incoming)
    assert (row.status, row.content["lines"][0]["good"]) == ("signed", "10")


def test_a_report_of_a_closed_shift_is_not_reversed(
    floor: Shopfloor, made: Made, outgoing: User, incoming: User
) -> None:
    report = made(10, 60, "10")
    row = signed(floor, outgoing, incoming)
    about: dict[str, Any] = {"date": DAY, "reason": "Wrong count", "by": floor.books.by}
    with pytest.raises(BusinessError) as refused:
        reverse_production_report(report, **about)
    assert refused.value.code == "shift_closed"
    report.refresh_from_db()
    assert report.status == "posted"
    reopen_handover(row, reason="Wrong count", by=floor.books.by)
    reverse_production_report(report, **about)
    assert_reconciled()


@pytest.mark.django_db(transaction=True)
@pytest.mark.breaks("closed-shift-reports")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE execution_productionreport SET quantity_good = quantity_good + 1",
        "UPDATE execution_productionreport SET status = 'reversed'",
        "UPDATE execution_productionreport SET reported_at = reported_at + interval '1 day'",
    ],
)
def test_what_slips_into_a_closed_shift_is_found(
    floor: Shopfloor, made: Made, outgoing: User, incoming: User, change: str
) -> None:
    made(10, 60, "10")
    row = signed(floor, outgoing, incoming)
    assert reconcile(["closed-shift-reports"])[0].is_clean
    with superuser() as tamperer:
        tamperer.execute(change)
    [finding] = reconcile(["closed-shift-reports"])
    assert [offence["number"] for offence in finding.offences] == [row.number]


def test_another_work_centre_is_not_closed(
    floor: Shopfloor, factory: Factory, outgoing: User, incoming: User
) -> None:
    signed(floor, outgoing, incoming)
    far = floor.machine("F1", work_centre=factory.work_centre("FAR"))
    [answer] = floor.send(floor.count(far, 200, 5))
    assert answer.status == "created"


def test_asking_for_closed_shifts_is_one_statement(
    floor: Shopfloor, machine: Machine, outgoing: User, incoming: User
) -> None:
    signed(floor, outgoing, incoming)
    taken = []
    for count in (1, 40):
        events = [floor.count(machine, 500 + n / 10, 1) for n in range(count)]
        with CaptureQueriesContext(connection) as captured:
            floor.send(*events)
        asked = [one["sql"] for one in captured if "execution_shifthandover" in one["sql"]]
        taken.append((len(captured), len(asked)))
    assert taken[0] == taken[1]
    assert taken[0][1] == 1


def test_the_terminal_takes_both_signatures(
    floor: Shopfloor, machine: Machine, made: Made, outgoing: User, incoming: User
) -> None:
    made(10, 60, "10")
    client = Client()
    client.force_login(outgoing, BACKEND)
    row = prepared(floor)
    assert client.get(reverse("shop-handover")).status_code == 200
    url, act = (reverse(f"shop-handover-{name}", args=[row.pk]) for name in ("page", "act"))
    client.post(act, {"act": "notes", "note": "Oil is low", f"machine-{machine.pk}": "Noisy"})
    page = client.get(url).content.decode()
    assert "Oil is low" in page
    assert 'value="Noisy"' in page
    client.post(act, {"act": "sign", "username": "early", "password": "wrong"})
    row.refresh_from_db()
    assert row.status == "draft"
    client.post(act, {"act": "sign", "username": "early", "password": PASSWORD})
    client.post(act, {"act": "countersign", "username": "early", "password": PASSWORD})
    row.refresh_from_db()
    assert row.status == "handed_over"
    client.post(act, {"act": "countersign", "username": "late", "password": PASSWORD})
    row.refresh_from_db()
    assert (row.status, row.outgoing_by, row.incoming_by) == ("signed", outgoing, incoming)
    assert row.content["notes"] == [{"machine": "M1", "text": "Noisy"}]
    printed = client.get(reverse("shop-handover-pdf", args=[row.pk]))
    assert printed.headers["Content-Type"] == "application/pdf"


def test_who_may(floor: Shopfloor, made: Made) -> None:
    row = prepared(floor)
    looker = make_member("looker", floor.books.company)
    client = Client()
    client.force_login(looker, BACKEND)
    assert client.get(reverse("shop-handover")).status_code == 403
    grant(looker, "execution.view_shifthandover")
    looker.set_password(PASSWORD)
    looker.save()
    client.force_login(User.objects.get(pk=looker.pk), BACKEND)
    act = reverse("shop-handover-act", args=[row.pk])
    client.post(act, {"act": "sign", "username": "looker", "password": PASSWORD})
    client.post(act, {"act": "notes", "note": "x"})
    row.refresh_from_db()
    assert (row.status, row.note) == ("draft", "")
    stranger = make_member("stranger", permissions=RIGHTS)
    client.force_login(stranger, BACKEND)
    assert client.get(reverse("shop-handover-page", args=[row.pk])).status_code == 404


def test_a_life_through_the_api(
    floor: Shopfloor, made: Made, outgoing: User, incoming: User
) -> None:
    made(10, 60, "10", "1")
    api = ApiClient(outgoing)
    about = {
        "company": floor.books.company.pk,
        "work_centre": "PRESS",
        "shift": "EARLY",
        "day": DAY.isoformat(),
    }
    row = api.post("/execution/shift-handovers/", about)
    assert row.status_code == 201, row.body
    assert row.body["content"]["lines"][0]["produced"] == "11"
    path = f"/execution/shift-handovers/{row.body['id']}"
    [listed] = api.get("/execution/shift-handovers/?status=draft").body["results"]
    assert (listed["number"], "content" in listed) == (row.body["number"], False)
    assert api.get(f"{path}/").body["content"]["currency"] == "EUR"
    assert api.post(f"{path}/hand-over/", {"password": "wrong"}).status_code == 401
    assert api.post(f"{path}/hand-over/", {"password": PASSWORD}).body["status"] == "handed_over"
    taken = ApiClient(incoming).post(f"{path}/take-over/", {"password": PASSWORD})
    assert (taken.body["status"], taken.body["is_intact"]) == ("signed", True)
    assert ApiClient(incoming).post(f"{path}/reopen/", {"reason": "x"}).status_code == 403
    answer = ApiClient(floor.books.by).post(f"{path}/reopen/", {"reason": "Counter came late"})
    assert answer.body["status"] == "draft"
    later = timezone.localdate() + timedelta(days=2)
    refused = api.post("/execution/shift-handovers/", about | {"day": later.isoformat()})
    assert codes(refused) == [("day", "in_the_future")]


def test_the_shift_report_is_printed(
    floor: Shopfloor, machine: Machine, made: Made, outgoing: User, incoming: User
) -> None:
    floor.reason("JAM")
    floor.send(
        floor.state(machine, 0, "running"),
        floor.state(machine, 100, "stopped", "JAM"),
        floor.state(machine, 130, "running"),
        floor.state(machine, 470, "stopped"),
    )
    made(10, 60, "30", "2")
    made(20, 120, "20", "1")
    category = create_andon_category(
        company=floor.books.company, code="MAT", name="Material", by=floor.books.by
    )
    call_andon(machine, category=category, by=floor.books.by, now=minute(50))
    row: Any = prepared(floor)
    write_notes(row, note="Oil is low", machines={machine: "Noisy spindle"}, by=floor.books.by)
    row = signed(floor, outgoing, incoming)
    content = handover_pdf(row)
    assert content.startswith(b"%PDF")
    if folder := os.environ.get("MES_ERP_SCREENS"):
        (Path(folder) / "handover.pdf").write_bytes(content)
    assert handover_pdf(row, paper="Letter") != content
    with pytest.raises(InvalidInput):
        handover_pdf(row, paper="A0")
