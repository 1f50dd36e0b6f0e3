"""The critical path method: by hand, against longest paths, against published networks."""

from __future__ import annotations

from decimal import Decimal
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.projects.engine.critical_path import (
    FF,
    FS,
    SF,
    SS,
    Activity,
    Cycle,
    Link,
    find_cycle,
    schedule,
)
from apps.projects.engine.estimates import Estimate, outlook
from tests.projects import cases

D = Decimal


def activities(**durations: int) -> list[Activity]:
    return [Activity(key, D(value)) for key, value in durations.items()]


def test_each_kind_of_link_by_hand() -> None:
    """A 4 days. B 3 starts 2 after A starts, C 2 ends 1 after A ends, D 2 ends 5 after A starts."""
    network = schedule(
        activities(A=4, B=3, C=2, D=2),
        [Link("A", "B", SS, D(2)), Link("A", "C", FF, D(1)), Link("A", "D", SF, D(5))],
    )
    times = network.times
    assert network.duration == 5
    assert [times[key].early_start for key in "ABCD"] == [0, 2, 3, 3]
    assert [times[key].late_start for key in "ABCD"] == [0, 2, 3, 3]
    assert network.critical[0] == "A"


def test_lags_and_leads() -> None:
    network = schedule(
        activities(A=4, B=3, C=1),
        [Link("A", "B", FS, D(2)), Link("A", "C", FS, D(-1))],
    )
    assert network.times["B"].early_start == 6
    assert network.times["C"].early_start == 3
    assert network.times["C"].total_float == 5
    assert network.times["C"].free_float == 5
    assert network.chain == ["A", "B"]
    assert network.duration == 9


def test_a_lead_never_starts_before_the_project() -> None:
    network = schedule(activities(A=1, B=5), [Link("A", "B", FF, D(0))])
    assert network.times["B"].early_start == 0
    assert network.duration == 5


def test_not_before_and_its_float() -> None:
    network = schedule([Activity("A", D(2)), Activity("B", D(2), earliest=D(7))], [Link("A", "B")])
    assert network.times["A"].total_float == 5
    assert network.times["B"].early_start == 7
    assert network.chain == ["B"]


def test_milestones_take_no_time() -> None:
    network = schedule(activities(A=3, M=0, B=2), [Link("A", "M"), Link("M", "B")])
    assert network.times["M"].early_start == network.times["M"].early_finish == 3
    assert network.critical == ["A", "M", "B"]


def test_a_circle_is_named() -> None:
    links = [Link("A", "B"), Link("B", "C"), Link("C", "A"), Link("C", "D")]
    with pytest.raises(Cycle) as caught:
        schedule(activities(A=1, B=1, C=1, D=1), links)
    assert caught.value.path == ["A", "B", "C", "A"]
    assert find_cycle(links[:2]) is None


def test_nothing_is_no_project() -> None:
    network = schedule([], [])
    assert (network.duration, network.chain, network.critical) == (0, [], [])


KINDS = st.sampled_from((FS, SS, FF, SF))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_link_is_broken_and_no_start_can_be_earlier(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 9))
    durations = data.draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    rows = [Activity(n, D(value)) for n, value in enumerate(durations)]
    links = [
        Link(a, b, data.draw(KINDS), D(data.draw(st.integers(-3, 5))))
        for a in range(count)
        for b in range(a + 1, count)
        if data.draw(st.booleans())
    ]
    network = schedule(rows, links)
    for late in (False, True):
        for link in links:
            before, after = network.times[link.predecessor], network.times[link.successor]
            one, other = (
                (before.late_start, before.late_finish) if late else
                (before.early_start, before.early_finish)
            ), (
                (after.late_start, after.late_finish) if late else
                (after.early_start, after.early_finish)
            )  # fmt: skip
            left = one[link.kind[0] == "F"]
            right = other[link.kind[1] == "F"]
            assert right >= left + link.lag or (late and before.total_float < 0)
    assert network.duration == max(t.early_finish for t in network.times.values())
    for times in network.times.values():
        assert times.total_float >= 0
        assert times.free_float <= times.total_float
    assert network.critical, "something always decides the end"


def test_ten_thousand_tasks_in_a_second() -> None:
    rows = [Activity(n, D(n % 7 + 1)) for n in range(10_000)]
    links = [Link(n, n + step) for n in range(9_990) for step in (1, 3, 7)]
    started = perf_counter()
    network = schedule(rows, links)
    assert len(network.times) == 10_000
    assert perf_counter() - started < 3, "linear in tasks and links"


@pytest.mark.case("PRJ-CPM-{name}")
@cases.needs_cases
@pytest.mark.parametrize("name", cases.names("cpm"))
def test_published_networks(name: str) -> None:
    case = cases.read("cpm", name)
    network = schedule(
        [Activity(a["activity"], D(str(a["duration"]))) for a in case["activities"]],
        [Link(p, a["activity"]) for a in case["activities"] for p in a["predecessors"]],
    )
    expected = case["expected"]
    assert network.duration == D(str(expected["duration"]))
    assert sorted(network.critical) == sorted(expected["critical_activities"])
    for key, row in expected["table"].items():
        times = network.times[key]
        found = (
            times.early_start,
            times.early_finish,
            times.late_start,
            times.late_finish,
            times.total_float,
            times.free_float,
        )
        assert found == tuple(
            D(str(row[name])) for name in ("ES", "EF", "LS", "LF", "total_slack", "free_slack")
        ), key
    if "pert" in case:
        _check_odds(case["pert"], network.chain)


def _check_odds(pert: dict, chain: list) -> None:
    estimates = {
        key: Estimate(*(D(str(n)) for n in three)) for key, three in pert["estimates"].items()
    }
    network_mean = sum((estimates[key].mean for key in chain), D(0))
    found = outlook(network_mean, [estimates[key] for key in chain])
    assert round(found.variance, 2) == D(str(pert["critical_path_variance"]))
    assert round(found.deviation, 2) == D(str(pert["sd"]))
    assert round(found.chance_by(D(16)), 4) == D(str(pert["P_finish_by_16"]))
    assert round(found.days_for(D("0.99")), 1) == D(str(pert["date_at_99_percent"]))


@pytest.mark.case("PRJ-PSPLIB-CPM-dev")
@cases.needs_cases
@pytest.mark.parametrize(
    ("name", "length", "path"), cases.psplib(), ids=[name for name, *_rest in cases.psplib()]
)
def test_psplib(name: str, length: int, path) -> None:
    jobs = cases.patterson(path)
    network = schedule(
        [Activity(key, duration) for key, duration, _after in jobs],
        [Link(key, after) for key, _duration, afters in jobs for after in afters],
    )
    assert network.duration == length
