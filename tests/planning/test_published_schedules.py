"""Published scheduling problems: small ones to the optimum, others close, none below the bound."""

from __future__ import annotations

import pytest

from apps.planning.engine.scheduling import published
from apps.planning.engine.scheduling.problem import (
    Job,
    Mode,
    Problem,
    Solution,
    Task,
    faults,
    objective_value,
)
from apps.planning.engine.scheduling.solver import cheapest_cycle, solve
from benchmarks import instances
from benchmarks.workloads.scheduling import published_cases
from tests.planning.cases import CASES, needs_cases, read_json

FOLDER = CASES / "01-scheduling"
#: Solved to the optimum in a second or so.
EXACT = {
    "ft06",
    "la04",
    "la10",
    "abz6",
    "car2",
    "car3",
    "car7",
    "tfs001",
    "ta4x4_2os",
    "ta5x5_1os",
    "fattahi/sfjs",
    "kacem/k1.txt",
    "j30_10_1",
    "j30_11_1",
}
#: Within the gap in a short box, counted in work so that a busy machine finds the same.
CLOSE = {"la21": 0.05, "orb01": 0.05, "ta7x7_2os": 0.05, "brandimarte/mk02.txt": 0.08}


@needs_cases
@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(EXACT | CLOSE.keys()))
def test_SCH(name: str) -> None:
    found = [case for case in published_cases() if case[0].startswith(name)]
    if not found:
        pytest.skip(f"{name} is not among the cases at hand")
    _name, text, read, bound, best = found[0]
    problem = read(text)
    solution = solve(problem, seconds=4 if name in EXACT else 1, by_work=True)
    value = objective_value(problem, solution)
    assert not faults(problem, solution)
    assert value >= bound, "better than possible: the schedule is wrong"
    if name in EXACT:
        assert value == best
    else:
        assert value <= best * (1 + CLOSE[name])


@needs_cases
def test_SCH_johnson_5L() -> None:
    problem = published.two_machines((FOLDER / "flowshop" / "johnson_5L.csv").read_text())
    answer = read_json("01-scheduling", "flowshop", "johnson_5L.answer.json")
    assert objective_value(problem, solve(problem, seconds=3)) == answer["min_makespan"]


@needs_cases
def test_SCH_SM_moore10() -> None:
    problem = published.one_machine(
        (FOLDER / "single-machine" / "moore_hodgson_10.csv").read_text()
    )
    answer = read_json("01-scheduling", "single-machine", "moore_hodgson_10.answer.json")
    assert objective_value(problem, solve(problem, seconds=3)) == answer["min_number_tardy"]


@needs_cases
@pytest.mark.slow
@pytest.mark.parametrize("name", ["wt40_001", "wt40_003"])
def test_SCH_SM_wt40(name: str) -> None:
    problem = published.one_machine((FOLDER / "single-machine" / f"{name}.csv").read_text())
    best = read_json("01-scheduling", "single-machine", f"{name}.answer.json")["value"]
    solution = solve(problem, seconds=1, by_work=True)
    assert not faults(problem, solution)
    assert best <= objective_value(problem, solution) <= best * 1.05


@needs_cases
def test_SCH_SDST_br17() -> None:
    matrix = published.setup_matrix((FOLDER / "setup" / "br17.csv").read_text())
    sequence, total, _proved = cheapest_cycle(matrix, seconds=5)
    assert sorted(sequence) == list(range(17))
    assert total == read_json("01-scheduling", "setup", "br17.answer.json")["value"]


# --- the checker itself ------------------------------------------------------------------------


def two_jobs() -> Problem:
    tasks = [Task(0, (Mode(0, 3),)), Task(0, (Mode(1, 2),)), Task(1, (Mode(0, 4),), family=0)]
    return Problem([Job((0, 1)), Job((2,), release=1)], tasks, 2)


@pytest.mark.parametrize(
    ("start", "fault"),
    [
        ([0, 3, 3], None),
        ([0, 2, 3], "task 1 starts before 0 ends"),
        ([0, 3, 2], "tasks 0 and 2 overlap"),
        ([4, 7, 0], "task 2 starts before its release"),
    ],
)
def test_the_checker_sees_what_is_wrong(start: list[int], fault: str | None) -> None:
    found = faults(two_jobs(), Solution(start, [0, 0, 0]))
    assert found == ([] if fault is None else [fault])


def test_a_machine_that_is_away_is_worked_around() -> None:
    problem = two_jobs()
    problem.blocked = {0: [(2, 10)]}
    solution = solve(problem, seconds=1)
    assert not faults(problem, solution)
    assert objective_value(problem, solution) == 17


@needs_cases
def test_the_benchmark_makes_taillards_problems_as_published() -> None:
    """ta01 is not among the cases; ta04, of the same generator, is."""
    published = next(case for case in published_cases() if case[0] == "ta04")
    assert instances.taillard("ta04").split() == published[1].split()
