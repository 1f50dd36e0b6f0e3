"""Signals of machines become events: each once, in any order; what can't be used is quarantined."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.errors import BusinessError
from apps.core.services.reauthentication import Proof
from apps.core.sql import fetch_all
from apps.core.transactions import independent_part
from apps.execution.models import MachineEvent, MachineInterval
from apps.execution.services.shift_handovers import (
    hand_over,
    prepare_handover,
    reopen_handover,
    take_over,
)
from apps.integration.models import (
    MachineConnection,
    MachineTag,
    QuarantinedReading,
    ServiceAccount,
    TagState,
)
from apps.integration.protocols.readings import Reading, Refused
from apps.integration.services import tag_memory
from apps.integration.services.connection_states import silence
from apps.integration.services.machine_connections import (
    create_machine_connection,
    create_machine_tag,
    update_machine_tag,
)
from apps.integration.services.readings import Taken, forget_old_readings, take_readings
from apps.integration.services.replays import dismiss_quarantined, replay_quarantined
from apps.integration.services.service_accounts import create_service_account
from apps.integration.tasks import turn_reading_days
from apps.masterdata.models import Machine
from tests.execution.machines import EVENING, Shopfloor, make_shopfloor, minute
from tests.factories import Books, make_user

D = Decimal
STATES = "ACTIVE=running\nREADY=idle\nALARM=stopped:JAM\n*=stopped"


@pytest.fixture
def shopfloor(books: Books) -> Shopfloor:
    return make_shopfloor(books)


@pytest.fixture
def account(shopfloor: Shopfloor) -> ServiceAccount:
    books = shopfloor.books
    return create_service_account(books.company, code="floor", roles=("operator",), by=books.by)


@pytest.fixture
def connection(shopfloor: Shopfloor, account: ServiceAccount) -> MachineConnection:
    return create_machine_connection(
        company=shopfloor.books.company, code="LINE-1", name="Line 1", protocol="http_json",
        account=account, by=shopfloor.books.by,
    )  # fmt: skip


def tag(
    connection: MachineConnection, shopfloor: Shopfloor, path: str, **values: Any
) -> MachineTag:
    values.setdefault("role", "good")
    return create_machine_tag(
        company=connection.company,
        connection=connection,
        path=path,
        by=shopfloor.books.by,
        **values,
    )


@pytest.fixture
def tags(connection: MachineConnection, shopfloor: Shopfloor) -> dict[str, MachineTag]:
    machine = shopfloor.machine()
    shopfloor.reason("JAM")
    dull = shopfloor.reason("DULL", "scrap")
    return {
        "state": tag(
            connection, shopfloor, "m/state", role="state", machine=machine, states=STATES
        ),
        "good": tag(connection, shopfloor, "m/good", machine=machine, per_count=D(2)),
        "scrap": tag(
            connection,
            shopfloor,
            "m/scrap",
            role="scrap",
            machine=machine,
            scrap_reason=dull,
            rolls_over_at=D(100),
        ),
        "unused": tag(connection, shopfloor, "m/unused", role="ignored"),
    }


def take(connection: MachineConnection, *said: tuple[str, float, Any] | Reading | Refused) -> Taken:
    readings = [
        one
        if isinstance(one, Reading | Refused)
        else Reading(f"m/{one[0]}", one[2], minute(one[1]))
        for one in said
    ]
    return take_readings(connection, readings, now=EVENING)


def counted(machine: Machine | None = None) -> tuple[Decimal, Decimal]:
    rows = MachineEvent.objects.filter(kind="count")
    rows = rows if machine is None else rows.filter(machine=machine)
    pairs = list(rows.values_list("quantity_good", "quantity_scrap"))
    return sum((good for good, _s in pairs), D(0)), sum((scrap for _g, scrap in pairs), D(0))


def timeline(machine: Machine | None = None) -> list[tuple[float, str, str | None]]:
    rows = MachineInterval.objects.order_by("starts_at").select_related("reason")
    rows = rows if machine is None else rows.filter(machine=machine)
    return [
        (
            (row.starts_at - minute(0)).total_seconds() / 60,
            row.state,
            row.reason and row.reason.code,
        )
        for row in rows
    ]


def kept(tag: MachineTag) -> list[tuple[Any, ...]]:
    """The readings of a signal as they lie in the tables of their days."""
    statement = """
SELECT at, coalesce(value, number::text) FROM integration_tagreading WHERE tag_id = %s ORDER BY at
"""
    return fetch_all(statement, [tag.pk])


def waiting() -> list[tuple[str, str]]:
    return list(QuarantinedReading.objects.order_by("pk").values_list("path", "code"))


def test_signals_become_states_and_counts(
    connection: MachineConnection, tags: dict[str, MachineTag]
) -> None:
    taken = take(
        connection,
        ("state", 0, "ACTIVE"), ("good", 0, 10), ("scrap", 0, 98),
        ("good", 5, 14), ("scrap", 5, 3), ("state", 5, "ACTIVE"),
        ("state", 9, "ALARM"), ("state", 12, "READY"), ("state", 14, 17), ("unused", 1, 5),
    )  # fmt: skip
    assert taken == Taken(events=6, known=0, quarantined=0)
    assert counted() == (8, 5)  # two pieces a count; 98 … 100, 0 … 3
    assert timeline() == [
        (0, "running", None), (9, "stopped", "JAM"), (12, "idle", None), (14, "stopped", None),
    ]  # fmt: skip
    event = MachineEvent.objects.get(quantity_scrap=5)
    assert event.reason is not None and event.reason.code == "DULL"
    state = connection.state
    assert (state.is_online, state.last_heard_at) == (True, EVENING)


def test_a_batch_again_changes_nothing(
    connection: MachineConnection, tags: dict[str, MachineTag]
) -> None:
    batch = (("state", 0, "ACTIVE"), ("good", 0, 10), ("good", 5, 14))
    take(connection, *batch)
    events = MachineEvent.objects.count()
    assert take(connection, *batch) == Taken(events=0, known=3, quarantined=0)
    assert (MachineEvent.objects.count(), counted()) == (events, (8, 0))


def test_a_late_reading_tells_only_what_was_not_known(
    connection: MachineConnection, tags: dict[str, MachineTag]
) -> None:
    take(connection, ("good", 0, 10), ("good", 10, 14))
    take(connection, ("good", 5, 12))
    assert counted() == (8, 0)
    # set back to zero between: 12 … 20, reset, 2 … 14
    take(connection, ("good", 7, 20), ("good", 8, 2))
    assert counted() == (2 * (10 + 2 + 12), 0)


def test_a_late_state_cuts_what_was_one(
    connection: MachineConnection, tags: dict[str, MachineTag]
) -> None:
    take(connection, ("state", 0, "ACTIVE"), ("state", 10, "ACTIVE"))
    assert timeline() == [(0, "running", None)]
    take(connection, ("state", 5, "READY"))
    assert timeline() == [(0, "running", None), (5, "idle", None), (10, "running", None)]


def test_what_is_not_known_any_more_is_a_silent_machine(
    connection: MachineConnection, tags: dict[str, MachineTag]
) -> None:
    take(connection, ("state", 0, "ACTIVE"), ("good", 0, 3))
    silence(connection, ["m"], now=minute(20))
    take(connection, Reading("m/good", None, minute(21), False))
    assert timeline() == [(0, "running", None), (20, "off", None)]
    assert waiting() == []


@pytest.mark.parametrize(
    ("path", "value", "at", "code"),
    [
        ("m/other", 1, 0, "unknown_tag"),
        ("m/good", float("nan"), 0, "not_a_number"),
        ("m/good", "many", 0, "not_a_number"),
        ("m/good", -1, 0, "not_a_number"),
        ("m/good", True, 0, "not_a_number"),
        ("m/good", 1, 14 * 60 + 10, "in_the_future"),
        ("m/good", 1, -367 * 24 * 60, "too_old"),
    ],
)
def test_what_cant_be_used_is_kept_with_its_reason(
    connection: MachineConnection, tags: dict[str, MachineTag], path: str, value: Any, at: float,
    code: str,
) -> None:  # fmt: skip
    taken = take(connection, Reading(path, value, minute(at)), ("state", 0, "ACTIVE"))
    assert taken == Taken(events=1, known=0, quarantined=1)
    assert waiting() == [(path, code)]
    row = QuarantinedReading.objects.get()
    assert row.detail and row.occurred_at == minute(at)
    assert row.history.count() == 1
    assert kept(tags["good"]) == []


def test_two_values_at_one_time_contradict_each_other(
    connection: MachineConnection, tags: dict[str, MachineTag]
) -> None:
    take(connection, ("good", 0, 3), ("good", 5, 4))
    take(connection, ("good", 5, 9))
    assert (waiting(), counted()) == ([("m/good", "contradiction")], (2, 0))


def test_an_unmapped_state_is_asked_about(
    connection: MachineConnection, tags: dict[str, MachineTag], shopfloor: Shopfloor
) -> None:
    update_machine_tag(tags["state"], states="ACTIVE=running", by=shopfloor.books.by)
    take(connection, ("state", 0, "WARMUP"))
    [row] = QuarantinedReading.objects.all()
    assert row.code == "unknown_value"
    with pytest.raises(BusinessError) as refusal:
        replay_quarantined(row, by=shopfloor.books.by)
    assert refusal.value.code == "still_unusable"
    row.refresh_from_db()
    assert (row.status, QuarantinedReading.objects.count()) == ("waiting", 1)
    states = "ACTIVE=running\nWARMUP=setup"
    update_machine_tag(tags["state"], states=states, by=shopfloor.books.by)
    replay_quarantined(row, by=shopfloor.books.by)
    row.refresh_from_db()
    assert (row.status, timeline()) == ("replayed", [(0, "setup", None)])


def test_an_unknown_signal_is_played_again_once_it_is_known(
    connection: MachineConnection, tags: dict[str, MachineTag], shopfloor: Shopfloor
) -> None:
    take(connection, ("second", 0, 5), ("second", 3, 8))
    rows = list(QuarantinedReading.objects.order_by("pk"))
    tag(connection, shopfloor, "m/second", machine=tags["good"].machine)
    for row in reversed(rows):
        replay_quarantined(row, by=shopfloor.books.by)
    assert counted() == (3, 0)
    with pytest.raises(BusinessError):
        replay_quarantined(rows[0], by=shopfloor.books.by)


def test_what_is_told_of_a_closed_shift_waits_until_it_is_opened(
    connection: MachineConnection, tags: dict[str, MachineTag], shopfloor: Shopfloor
) -> None:
    by, other = shopfloor.books.by, make_user("incoming")
    row = prepare_handover(shopfloor.centre, shift=shopfloor.shift, day=minute(0).date(), by=by)
    hand_over(row, proof=Proof(by.pk, timezone.now()), by=by)
    take_over(row, proof=Proof(other.pk, timezone.now()), by=other)
    take(connection, ("good", 0, 10), ("good", 5, 14), ("good", 490, 20))
    assert [code for _path, code in waiting()] == ["shift_closed"]
    assert counted() == (12, 0)
    [late] = QuarantinedReading.objects.all()
    with pytest.raises(BusinessError):
        replay_quarantined(late, by=by)
    reopen_handover(row, reason="The node kept it", by=by)
    replay_quarantined(late, by=by)
    assert counted() == (20, 0)


def test_what_could_not_be_read_is_dismissed_with_a_reason(
    connection: MachineConnection, shopfloor: Shopfloor
) -> None:
    take(connection, Refused("G/N", "sequence_gap", "expected 4, got 6", ""))
    row = QuarantinedReading.objects.get()
    assert (row.path, row.code, row.detail) == ("G/N", "sequence_gap", "expected 4, got 6")
    with pytest.raises(BusinessError) as refusal:
        replay_quarantined(row, by=shopfloor.books.by)
    assert refusal.value.code == "not_replayable"
    dismiss_quarantined(row, reason="Node was restarted", by=shopfloor.books.by)
    row.refresh_from_db()
    assert row.status == "dismissed"
    assert row.history.first().history_change_reason == "Node was restarted"


def test_a_rejected_event_waits_as_the_event_that_it_is(
    connection: MachineConnection, tags: dict[str, MachineTag], shopfloor: Shopfloor
) -> None:
    machine = tags["good"].machine
    assert machine is not None
    machine.is_active = False
    machine.save_by(shopfloor.books.by)
    take(connection, ("good", 0, 5), ("good", 3, 8))
    [row] = QuarantinedReading.objects.all()
    assert row.code == "unknown_machine"
    machine.is_active = True
    machine.save_by(shopfloor.books.by)
    row.payload["event"]["occurred_at"] = minute(3).isoformat()
    replay_quarantined(row, by=shopfloor.books.by)
    assert counted() == (6, 0)


def test_a_flood_is_counted_not_kept(
    connection: MachineConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.integration.services.quarantine.MOST_ALIKE", 3)
    for n in range(4):
        take(connection, ("noise", n, n), ("noise", n + 0.5, n))
    assert QuarantinedReading.objects.count() == 3
    assert sum(QuarantinedReading.objects.values_list("times", flat=True)) == 8


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x" * 5000])
def test_hostile_texts_are_kept_as_they_can_be(
    connection: MachineConnection, tags: dict[str, MachineTag], text: str
) -> None:
    said = [Reading(f"m/{text}", text, minute(0)), Reading("m/state", text, minute(0))]
    take(connection, *said, Refused(text, "bad_payload", text, text))
    assert len(waiting()) == 2
    assert timeline() == [(0, "stopped", None)]


LOG = st.lists(
    st.tuples(st.sampled_from(["state", "good", "scrap"]), st.integers(0, 40), st.integers(0, 90)),
    max_size=12,
    unique_by=lambda one: one[:2],
)
_machines = itertools.count(100)


def told_by(
    connection: MachineConnection, shopfloor: Shopfloor, batches: list[list[tuple[str, int, Any]]]
) -> Any:
    """What a new machine comes to that says this: pieces, scrap, timeline."""
    number = next(_machines)
    machine = shopfloor.machine(f"M{number}")
    for name, values in (
        ("state", {"role": "state", "states": "*=stopped\nACTIVE=running\nREADY=idle"}),
        ("good", {}),
        ("scrap", {"role": "scrap", "rolls_over_at": D(100)}),
    ):
        tag(connection, shopfloor, f"m/{number}/{name}", machine=machine, **values)
    for batch in batches:
        take(connection, *((f"{number}/{name}", at, value) for name, at, value in batch))
    return counted(machine), timeline(machine)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(log=LOG, data=st.data())
def test_any_order_of_a_log_gives_the_same_totals(
    connection: MachineConnection, shopfloor: Shopfloor, log: Any, data: st.DataObject
) -> None:
    """In order and at once, or shuffled, doubled and cut into batches: the same day."""
    told = [
        (name, at, ("ACTIVE", "READY", "ALARM")[value % 3] if name == "state" else value)
        for name, at, value in log
    ]
    expected = told_by(connection, shopfloor, [sorted(told, key=lambda one: one[1])])
    doubled = told + (data.draw(st.lists(st.sampled_from(told), max_size=4)) if told else [])
    mixed = data.draw(st.permutations(doubled))
    cut = data.draw(st.integers(0, len(mixed)))
    assert told_by(connection, shopfloor, [mixed[:cut], mixed[cut:]]) == expected
    assert waiting() == []


def test_old_readings_are_forgotten(
    connection: MachineConnection, tags: dict[str, MachineTag]
) -> None:
    days = [minute(n * 24 * 60) for n in (-2, -1, 0)]
    take(connection, *(Reading("m/good", n, at) for n, at in enumerate(days)))
    assert forget_old_readings(before=minute(1)) == 4  # readings and minutes of two days
    assert kept(tags["good"]) == [(days[2], "2")]
    assert TagState.objects.get(tag=tags["good"]).last_at == days[2]


@pytest.mark.django_db
def test_tables_of_the_coming_days_are_made_ahead() -> None:
    assert turn_reading_days() == 8
    assert turn_reading_days() == 0


def test_statements_do_not_depend_on_readings(
    connection: MachineConnection, shopfloor: Shopfloor
) -> None:
    for n in range(40):
        machine = shopfloor.machine(f"Q{n}")
        tag(connection, shopfloor, f"m/{n}", role="measured", machine=machine)
    take(connection, *((str(n), 0, n) for n in range(40)))
    counts = []
    for few, at in ((1, 1.0), (40, 2.0)):
        said = [(str(n), at + part / 100, n) for n in range(few) for part in range(9)]
        with CaptureQueriesContext(database) as captured:
            take(connection, *said)
        counts.append(len(captured))
    assert counts[0] == counts[1] <= 10


def test_what_is_remembered_is_good_only_while_nobody_else_spoke(
    connection: MachineConnection, tags: dict[str, MachineTag], shopfloor: Shopfloor
) -> None:
    """A batch that was rolled back, another process, another meaning: all are read anew."""
    take(connection, ("good", 0, 10))
    with pytest.raises(RuntimeError), independent_part():
        take(connection, ("good", 1, 12))
        raise RuntimeError
    rolled_back = tag_memory._memory.pop(connection.pk)
    take(connection, ("good", 2, 13))  # as another process would, in the place of ours
    tag_memory._memory[connection.pk] = rolled_back
    take(connection, ("good", 2.5, 13))
    assert counted() == (6, 0)
    mine = tag_memory._memory.pop(connection.pk)
    take(connection, ("good", 3, 15))  # as another process would
    tag_memory._memory[connection.pk] = mine
    take(connection, ("good", 4, 16))
    assert counted() == (12, 0)
    update_machine_tag(tags["good"], per_count=D(5), by=shopfloor.books.by)
    take(connection, ("good", 5, 17))
    assert counted() == (17, 0)
