"""Andon: called, answered, resolved; who does not come in time is told on, each rung once."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput, InvalidTransition
from apps.core.models import OutboxMessage, User
from apps.execution.models import AndonCall, AndonCategory, AndonEscalation
from apps.execution.queries.andon import response_times
from apps.execution.services.andon import (
    acknowledge_andon,
    call_andon,
    cancel_andon,
    escalate_due,
    resolve_andon,
    send_andon,
)
from apps.execution.services.andon_categories import (
    StepLine,
    create_andon_category,
    update_andon_category,
)
from apps.maintenance.models import Asset, MaintenanceRequest
from apps.masterdata.models import Machine
from tests.execution.machines import MORNING, Shopfloor, minute
from tests.execution.test_shop import BACKEND, tap
from tests.support.faces import ApiClient, codes, make_member


@pytest.fixture
def machine(floor: Shopfloor) -> Machine:
    return floor.machine("M1")


@pytest.fixture
def foreman(floor: Shopfloor) -> User:
    user = make_member("foreman", floor.books.company)
    user.email = "foreman@example.com"
    user.save()
    user.groups.add(Group.objects.get_or_create(name="foremen")[0])
    return user


@pytest.fixture
def manager(floor: Shopfloor) -> User:
    user = make_member("manager", floor.books.company)
    user.email = "manager@example.com"
    user.save()
    return user


@pytest.fixture
def material(floor: Shopfloor, foreman: User, manager: User) -> AndonCategory:
    """Foremen after 5 minutes, the manager after 15."""
    return create_andon_category(
        company=floor.books.company,
        code="MAT",
        name="Material",
        colour="blue",
        steps=[
            StepLine(1, 5, role=foreman.groups.get()),
            StepLine(2, 15, user=manager),
        ],
        by=floor.books.by,
    )


def called(floor: Shopfloor, machine: Machine, category: AndonCategory, **more: Any) -> AndonCall:
    return call_andon(machine, category=category, by=floor.books.by, now=minute(0), **more)


def told() -> list[tuple[int, float]]:
    return [
        (row.level, (row.escalated_at - MORNING) / timedelta(minutes=1))
        for row in AndonEscalation.objects.order_by("pk")
    ]


def test_each_rung_is_told_once_when_its_time_has_come(
    floor: Shopfloor, machine: Machine, material: AndonCategory
) -> None:
    call = called(floor, machine, material)
    for at, expected in ((4.9, []), (5, [(1, 5)]), (6, [(1, 5)]), (14.9, [(1, 5)])):
        escalate_due(now=minute(at))
        assert told() == expected
    assert escalate_due(now=minute(40)) == 1
    assert escalate_due(now=minute(41)) == 0
    assert told() == [(1, 5), (2, 40)]
    call.refresh_from_db()
    assert call.level == 2
    assert OutboxMessage.objects.filter(task="execution.send_andon").count() == 2


def test_whoever_comes_stops_the_ladder(
    floor: Shopfloor, machine: Machine, material: AndonCategory
) -> None:
    call = called(floor, machine, material)
    escalate_due(now=minute(6))
    acknowledge_andon(call, by=floor.books.by)
    assert escalate_due(now=minute(60)) == 0
    assert told() == [(1, 6)]


def test_a_rung_without_a_wait_is_told_with_the_call(
    floor: Shopfloor, machine: Machine, manager: User
) -> None:
    safety = create_andon_category(
        company=floor.books.company,
        code="SAFE",
        name="Safety",
        steps=[StepLine(1, 0, user=manager)],
        by=floor.books.by,
    )
    call = called(floor, machine, safety)
    assert (call.level, told()) == (1, [(1, 0)])


def test_the_database_knows_no_second_telling(
    floor: Shopfloor, machine: Machine, material: AndonCategory
) -> None:
    call = called(floor, machine, material)
    escalate_due(now=minute(5))
    with pytest.raises(IntegrityError), transaction.atomic():
        AndonEscalation.objects.create(
            company=call.company, call=call, level=1, escalated_at=minute(6)
        )


def test_those_of_a_rung_are_written_to_once(
    floor: Shopfloor, machine: Machine, material: AndonCategory, foreman: User
) -> None:
    outsider = User.objects.create_user("outsider", email="outsider@example.com")
    outsider.groups.add(foreman.groups.get())
    called(floor, machine, material, note="No blanks left")
    escalate_due(now=minute(5))
    row = AndonEscalation.objects.get()
    assert send_andon(row.pk)
    assert not send_andon(row.pk)
    [letter] = mail.outbox
    assert letter.to == ["foreman@example.com"]
    assert letter.subject == "Andon 1: Material at M1"
    assert "No blanks left" in letter.body


def test_one_call_of_a_kind_waits_at_a_machine(
    floor: Shopfloor, machine: Machine, material: AndonCategory
) -> None:
    call = called(floor, machine, material)
    with pytest.raises(BusinessError) as refused:
        called(floor, machine, material)
    assert refused.value.code == "already_called"
    resolve_andon(call, resolution="Brought", by=floor.books.by)
    called(floor, machine, material)
    assert AndonCall.objects.count() == 2


def test_a_call_is_resolved_with_words_and_cancelled_with_a_reason(
    floor: Shopfloor, machine: Machine, material: AndonCategory
) -> None:
    by = floor.books.by
    call = called(floor, machine, material)
    with pytest.raises(InvalidInput) as refused:
        resolve_andon(call, resolution=" ", by=by)
    assert refused.value.code == "resolution_required"
    with pytest.raises(InvalidInput):
        cancel_andon(call, reason="", by=by)
    call = resolve_andon(call, resolution="Brought a pallet", by=by)
    assert (call.acknowledged_at, call.acknowledged_by) == (call.resolved_at, by)
    with pytest.raises(InvalidTransition):
        cancel_andon(call, reason="late", by=by)
    assert call.history.count() == 2


def test_maintenance_is_asked_for_the_asset_of_the_machine(
    floor: Shopfloor, machine: Machine
) -> None:
    books = floor.books
    about: dict[str, Any] = {
        "company": books.company,
        "by": books.by,
        "calls_maintenance": True,
    }
    broken = create_andon_category(code="MNT", name="Maintenance", **about)
    assert called(floor, machine, broken).request is None
    asset = Asset(
        company=books.company, code="A1", name="Press", site=books.site, machine=machine
    ).save_by(books.by)
    other = create_andon_category(code="MNT2", name="Electrician", **about)
    call = called(floor, machine, other)
    request = MaintenanceRequest.objects.get()
    assert (call.request, request.asset) == (request, asset)
    assert request.title == "Andon: Electrician at M1"


@pytest.mark.parametrize(
    ("steps", "code"),
    [
        ([(1, 5), (1, 6)], "wrong_level"),
        ([(0, 5)], "wrong_level"),
        ([(1, 5), (2, 4)], "wrong_order"),
    ],
)
def test_ladders_that_can_not_be(
    floor: Shopfloor, manager: User, steps: list[tuple[int, int]], code: str
) -> None:
    lines = [StepLine(level, after, user=manager) for level, after in steps]
    with pytest.raises(InvalidInput) as refused:
        create_andon_category(
            company=floor.books.company, code="X", name="X", steps=lines, by=floor.books.by
        )
    assert refused.value.code == code
    assert not AndonCategory.objects.exists()


def test_a_ladder_is_replaced_whole(material: AndonCategory, manager: User) -> None:
    update_andon_category(material, steps=[StepLine(1, 3, user=manager)], by=manager)
    assert [(s.level, s.after_minutes) for s in material.steps.all()] == [(1, 3)]
    with pytest.raises(InvalidInput):
        update_andon_category(material, steps=[StepLine(1, 3)], by=manager)
    assert material.steps.count() == 1


def test_how_soon_help_came(floor: Shopfloor, machine: Machine, material: AndonCategory) -> None:
    by, company = floor.books.by, floor.books.company
    for begun, came, done in ((0, 4, 10), (20, 30, 50)):
        call = call_andon(machine, category=material, by=by, now=minute(begun))
        acknowledge_andon(call, by=by, at=minute(came))
        resolve_andon(call, resolution="Brought", by=by, at=minute(done))
    waits = call_andon(machine, category=material, by=by, now=minute(60))
    other = floor.machine("M2")
    wrong = call_andon(other, category=material, by=by, now=minute(61))
    cancel_andon(wrong, reason="Wrong button", by=by)
    [row] = response_times(company, [floor.books.site.pk], since=minute(0), until=minute(100))
    assert (row.category, row.work_centre, row.calls, row.waiting) == ("MAT", "PRESS", 3, 1)
    assert (row.minutes_to_acknowledge, row.minutes_to_resolve) == (Decimal(7), Decimal(20))
    assert waits.status == "open"
    assert response_times(company, [], since=minute(0), until=minute(100)) == []


def test_two_taps_on_the_terminal_call_and_the_board_shows_it(
    floor: Shopfloor, machine: Machine, material: AndonCategory
) -> None:
    client = Client()
    client.force_login(floor.books.by, BACKEND)
    page = client.get(reverse("shop-machine", args=[machine.pk])).content.decode()
    assert "Andon" in page
    assert f'name="category" value="{material.pk}"' in page
    [said] = tap(client, "andon", machine=machine, category=material)
    call = AndonCall.objects.get()
    assert said == f"{call.number}: Material is called."
    AndonCall.objects.update(called_at=timezone.now() - timedelta(minutes=7))
    board = client.get(reverse("board", args=[floor.books.site.pk])).content.decode()
    assert "7 min" in board
    assert client.get(reverse("shop-andon")).status_code == 200
    assert AndonEscalation.objects.get().level == 1, "who looks climbs the ladder"
    tap(client, "andon-come", call=call, machine=machine)
    [said] = tap(client, "andon-done", call=call, machine=machine, resolution="Brought")
    assert said == f"{call.number} is resolved."
    call.refresh_from_db()
    assert (call.status, call.resolution) == ("resolved", "Brought")


def test_who_may(floor: Shopfloor, machine: Machine, material: AndonCategory) -> None:
    looker = make_member(
        "looker", floor.books.company, permissions=("execution.view_workorderoperation",)
    )
    client = Client()
    client.force_login(looker, BACKEND)
    assert tap(client, "andon", machine=machine, category=material) == ["You may not do this."]
    assert client.get(reverse("shop-andon")).status_code == 403
    call = called(floor, machine, material)
    assert tap(client, "andon-come", call=call) == ["You may not do this."]


def test_a_life_through_the_api(floor: Shopfloor, machine: Machine, manager: User) -> None:
    api = ApiClient(floor.books.by)
    made = api.post(
        "/execution/andon-categories/",
        {
            "company": floor.books.company.pk,
            "code": "QUAL",
            "name": "Quality",
            "colour": "violet",
            "steps": [{"level": 1, "after_minutes": 10, "user": manager.pk}],
        },
    )
    assert made.status_code == 201, made.body
    assert made.body["steps"][0]["after_minutes"] == 10
    call = api.post(
        "/execution/andon-calls/",
        {"company": floor.books.company.pk, "category": "QUAL", "machine": "M1", "note": "Cracks"},
    )
    assert call.status_code == 201, call.body
    path = f"/execution/andon-calls/{call.body['id']}"
    assert api.post(f"{path}/acknowledge/").body["status"] == "acknowledged"
    assert codes(api.post(f"{path}/resolve/", {"resolution": ""}))[0][0] == "resolution"
    assert api.post(f"{path}/resolve/", {"resolution": "Sorted"}).body["status"] == "resolved"
    assert codes(api.post(f"{path}/cancel/", {"reason": "x"})) == [("status", "invalid_transition")]
    now = timezone.now()
    since, until = (now + timedelta(hours=n) for n in (-1, 1))
    asked = {"company": floor.books.company.code, "since": since, "until": until}
    query = "&".join(
        f"{name}={value.isoformat().replace('+', '%2B') if hasattr(value, 'isoformat') else value}"
        for name, value in asked.items()
    )
    answer = api.get(f"/execution/andon-calls/response-times/?{query}")
    assert answer.status_code == 200, answer.body
    assert [row["calls"] for row in answer.body["results"]] == [1]
