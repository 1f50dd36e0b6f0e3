"""Machine events: each once, each row with its own answer, the timeline the same in any order."""

from __future__ import annotations

import itertools
import random
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import InvalidInput
from apps.execution.machine_log import Mark, segments
from apps.execution.models import MachineEvent, MachineInterval
from apps.finance.models import JournalEntry, JournalLine, PostingRule
from apps.finance.services.periods import set_period_state
from apps.masterdata.models import Machine
from tests.execution.machines import Shopfloor, minute
from tests.factories import make_site
from tests.support.faces import make_member
from tests.support.reconciled import assert_reconciled


def codes(results: list) -> list[tuple[str, str | None, str | None]]:
    return [(r.status, r.error and r.error.code, r.error and r.error.field) for r in results]


def test_states_cut_the_timeline_without_gap_or_overlap(floor: Shopfloor) -> None:
    machine = floor.machine()
    floor.send(
        floor.state(machine, 0, "running"),
        floor.state(machine, 60, "stopped"),
        floor.state(machine, 75, "running"),
    )
    floor.send(floor.state(machine, 90, "idle"))
    assert floor.timeline(machine) == [
        (0, 60, "running"),
        (60, 75, "stopped"),
        (75, 90, "running"),
        (90, None, "idle"),
    ]
    assert_reconciled()


def test_a_state_said_again_goes_on(floor: Shopfloor) -> None:
    machine = floor.machine()
    floor.send(*(floor.state(machine, at, "running") for at in range(5)))
    floor.send(floor.state(machine, 7, "running"))
    assert floor.timeline(machine) == [(0, None, "running")]
    floor.send(floor.state(machine, 3.5, "stopped"))
    assert floor.timeline(machine) == [
        (0, 3.5, "running"),
        (3.5, 4, "stopped"),
        (4, None, "running"),
    ]
    assert_reconciled()


def test_a_late_event_cuts_what_it_finds(floor: Shopfloor) -> None:
    machine = floor.machine()
    floor.send(floor.state(machine, 0, "running"), floor.state(machine, 100, "off"))
    floor.send(floor.state(machine, 50, "running"), floor.state(machine, 40, "stopped"))
    assert floor.timeline(machine) == [
        (0, 40, "running"),
        (40, 50, "stopped"),
        (50, 100, "running"),
        (100, None, "off"),
    ]
    [entry] = JournalEntry.objects.all()
    assert entry.source.machine_id == machine.pk
    floor.send(floor.state(machine, 45, "setup"))
    assert floor.timeline(machine)[1:4] == [
        (40, 45, "stopped"),
        (45, 50, "setup"),
        (50, 100, "running"),
    ]
    assert floor.books.balance("5110") == 5
    assert_reconciled()


def test_sent_twice_is_recorded_once(floor: Shopfloor) -> None:
    machine = floor.machine()
    batch = [
        floor.state(machine, 0, "stopped"),
        floor.state(machine, 30, "running"),
        floor.count(machine, 40, 10, 1),
    ]
    assert codes(floor.send(*batch, batch[2])) == [("created", None, None)] * 3 + [
        ("duplicate", None, None)
    ]
    before = (MachineEvent.objects.count(), JournalEntry.objects.count())
    assert codes(floor.send(*batch)) == [("duplicate", None, None)] * 3
    assert (MachineEvent.objects.count(), JournalEntry.objects.count()) == before


def test_a_known_id_with_another_content_is_refused(floor: Shopfloor) -> None:
    machine = floor.machine()
    event = floor.count(machine, 40, 10)
    floor.send(event)
    changed = event | {"quantity_good": 11}
    assert codes(floor.send(changed)) == [("rejected", "event_changed", "event_id")]
    assert codes(floor.send(floor.count(machine, 1, 1), changed, event))[1:] == [
        ("rejected", "event_changed", "event_id"),
        ("duplicate", None, None),
    ]
    other = floor.machine("M2")
    assert codes(floor.send(changed | {"machine": other.code})) == [("created", None, None)]


BAD = [
    ({"machine": "NOWHERE"}, "unknown_machine", "machine"),
    ({"machine": ["M1"]}, "not_text", "machine"),
    ({"event_id": ""}, "event_id_length", "event_id"),
    ({"event_id": "x" * 101}, "event_id_length", "event_id"),
    ({"event_id": "a\x00b"}, "not_text", "event_id"),
    ({"event_id": 7}, "not_text", "event_id"),
    ({"kind": "weather"}, "unknown_kind", "kind"),
    ({"colour": "red"}, "unknown_field", "colour"),
    ({"kind": "count", "state": "running"}, "not_a_state", "state"),
    ({"reason": "NOPE"}, "unknown_reason", "reason"),
    ({"reason": "JAM"}, "wrong_reason", "reason"),
    ({"quantity_good": "NaN"}, "not_a_number", "quantity_good"),
    ({"quantity_good": "Infinity"}, "not_a_number", "quantity_good"),
    ({"quantity_good": "ten"}, "not_a_number", "quantity_good"),
    ({"quantity_good": True}, "not_a_number", "quantity_good"),
    ({"quantity_good": -1}, "negative", "quantity_good"),
    ({"quantity_scrap": -0.5}, "negative", "quantity_scrap"),
    ({"quantity_good": 1e9}, "too_large", "quantity_good"),
    ({"quantity_good": "0.0000001"}, "too_many_decimals", "quantity_good"),
    ({"quantity_good": 0}, "empty_count", "quantity_good"),
    ({"occurred_at": "2026-03-10T07:00:00"}, "naive_time", "occurred_at"),
    ({"occurred_at": "yesterday"}, "not_a_time", "occurred_at"),
    ({"occurred_at": None}, "not_a_time", "occurred_at"),
    ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "not_a_time", "occurred_at"),
    ({"occurred_at": "2026-03-10T20:05:01+00:00"}, "in_the_future", "occurred_at"),
    ({"occurred_at": "2025-01-01T00:00:00Z"}, "too_old", "occurred_at"),
]


def test_bad_rows_are_answered_and_sink_nothing(floor: Shopfloor) -> None:
    machine = floor.machine()
    floor.reason("JAM")
    bad = [floor.count(machine, 10, 1) | change for change, _code, _field in BAD]
    good = [floor.state(machine, 0, "running"), floor.count(machine, 5, 3)]
    results = floor.send(good[0], *bad, "no object", good[1])
    assert codes(results) == [
        ("created", None, None),
        *(("rejected", code, field) for _change, code, field in BAD),
        ("rejected", "not_an_object", None),
        ("created", None, None),
    ]
    assert MachineEvent.objects.count() == 2


def test_bad_states(floor: Shopfloor) -> None:
    machine = floor.machine()
    floor.reason("BURR", "scrap")
    assert codes(
        floor.send(
            floor.state(machine, 0, "dancing"),
            floor.state(machine, 0, "stopped", "BURR"),
            floor.state(machine, 0, "stopped") | {"quantity_good": 1},
        )
    ) == [
        ("rejected", "unknown_state", "state"),
        ("rejected", "wrong_reason", "reason"),
        ("rejected", "not_a_count", "quantity_good"),
    ]


def test_the_batch_has_a_limit(floor: Shopfloor) -> None:
    with pytest.raises(InvalidInput, match="1000"):
        floor.send(*[{}] * 1001)


def test_a_machine_out_of_reach_is_unknown(floor: Shopfloor) -> None:
    machine = floor.machine()
    other = make_site(floor.books.company, by=floor.books.by, code="OTHER")
    user = make_member("limited", floor.books.company)
    user.memberships.get().sites.add(other)
    event = floor.state(machine, 0, "running")
    assert codes(floor.send(event, by=user)) == [("rejected", "unknown_machine", "machine")]
    Machine.objects.filter(pk=machine.pk).update(is_active=False)
    assert codes(floor.send(event)) == [("rejected", "unknown_machine", "machine")]


def test_when_books_are_closed_the_stop_is_posted_on_the_first_open_day(floor: Shopfloor) -> None:
    machine = floor.machine()
    march = floor.books.year.periods.get(starts_on="2026-03-01")
    set_period_state(march, state="closed", by=floor.books.by, reason="done")
    results = floor.send(floor.state(machine, 0, "stopped"), floor.state(machine, 30, "running"))
    assert [r.status for r in results] == ["created", "created"]
    assert str(JournalEntry.objects.get().date) == "2026-04-01"


def test_one_machine_that_can_not_be_posted_takes_no_other_with_it(floor: Shopfloor) -> None:
    """No rule says where a stop without reason is posted: the other machine is kept."""
    early, late = floor.machine("M1"), floor.machine("M2")
    reason = floor.reason("JAM")
    PostingRule.objects.filter(company=floor.books.company, role="downtime").update(reason=reason)
    results = floor.send(
        floor.state(early, 0, "stopped"),
        floor.state(late, 0, "running"),
        floor.count(early, 10, 5),
        floor.state(early, 30, "running"),
        floor.state(late, 30, "stopped", "JAM"),
        floor.state(late, 40, "running"),
    )
    assert codes(results) == [
        ("created", None, None),
        ("created", None, None),
        ("created", None, None),
        ("rejected", "no_posting_rule", None),
        ("created", None, None),
        ("created", None, None),
    ]
    assert floor.timeline(early) == [(0, None, "stopped")]
    assert floor.books.balance("5110") == 10


STATES = ("running", "stopped", "idle", "setup")
log = st.lists(
    st.tuples(st.integers(0, 20), st.sampled_from(STATES)), min_size=1, max_size=14
).flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(range(len(rows)))))


@given(log)
def test_the_cut_depends_on_the_set_of_marks_only(case: tuple) -> None:
    rows, order = case
    marks = [
        Mark(minute(at), f"e{place}", place, state, None) for place, (at, state) in enumerate(rows)
    ]
    straight = segments(marks)
    assert straight == segments([marks[place] for place in order])
    assert all(a.ends_at == b.starts_at for a, b in itertools.pairwise(straight))
    assert straight[-1].ends_at is None


@pytest.mark.parametrize("seed", range(25))
def test_any_order_of_arrival_leaves_the_same_timeline_and_cost(
    floor: Shopfloor, seed: int
) -> None:
    """Twelve batches of one log in a random order against the log at once."""
    chance = random.Random(seed)  # noqa: S311
    floor.reason("JAM")
    floor.reason("LUNCH", is_planned=True)
    moves = [
        (
            chance.randrange(0, 40),
            *chance.choice(
                [
                    ("running", ""),
                    ("stopped", ""),
                    ("stopped", "JAM"),
                    ("stopped", "LUNCH"),
                    ("idle", ""),
                ]
            ),
        )
        for _ in range(24)
    ]
    straight, shuffled = floor.machine("M1"), floor.machine("M2")
    events = [floor.state(straight, at, state, reason) for at, state, reason in moves]
    floor.send(*events)
    mixed = [event | {"machine": "M2"} for event in events]
    chance.shuffle(mixed)
    while mixed:
        size = chance.randrange(1, 5)
        floor.send(*mixed[:size])
        mixed = mixed[size:]

    def story(machine: Machine) -> list[tuple]:
        return list(
            MachineInterval.objects.filter(machine=machine)
            .order_by("starts_at")
            .values_list(
                "starts_at", "ends_at", "state", "reason", "event__event_id", "lost_minutes"
            )
        )

    assert story(straight) == story(shuffled)

    def cost(machine: Machine) -> Decimal:
        lines = JournalLine.objects.filter(machine=machine, account__code="5110")
        return sum((line.amount for line in lines), Decimal(0))

    assert cost(straight) == cost(shuffled)
    assert_reconciled()


def test_statements_do_not_depend_on_the_number_of_events(floor: Shopfloor) -> None:
    machines = [floor.machine(f"M{n}") for n in range(3)]
    floor.send(*(floor.state(machine, -1, "running") for machine in machines))

    def used(start: int, stops: int) -> int:
        events = []
        for machine in machines:
            for n in range(stops):
                at = start + n / 10
                events.append(floor.state(machine, at, "stopped"))
                events.append(floor.state(machine, at + 0.05, "running"))
                events.append(floor.count(machine, at, 1))
        with CaptureQueriesContext(connection) as captured:
            results = floor.send(*events)
        assert {r.status for r in results} == {"created"}
        return sum("SAVEPOINT" not in query["sql"] for query in captured.captured_queries)

    used(0, 1)
    assert used(10, 10) == used(20, 100)
