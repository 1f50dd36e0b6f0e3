"""Published scheduling problems: small ones to the optimum, others close, none below the bound."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
from apps.planning.engine.scheduling.published import (
    flexible_job_shop,
    flow_shop,
    job_shop,
    open_shop,
)
from apps.planning.engine.scheduling.solver import cheapest_cycle, solve
from benchmarks import instances
from benchmarks.workloads.scheduling import Case, published_cases
from tests.planning.cases import CASES, needs_cases, read_json
from tests.support.published import is_asked

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
SHORT = 0.5
CLOSE = {"la21": 0.05, "orb01": 0.05, "ta7x7_2os": 0.05, "brandimarte/mk02.txt": 0.08}


#: The others have a short box, in ``manage.py cases`` only, a longer one where there is more to
#: place: the largest have two thousand operations, and a machine is seldom alone.
OTHERS, SECONDS, OPERATIONS_A_SECOND = 0.5, 1.5, 400
_ALL = "takes minutes: manage.py cases runs it, bench W11 measures the gap in larger boxes"


def problems() -> list[Any]:
    if not FOLDER.is_dir():
        return []
    codes = {job_shop: "JSP", flexible_job_shop: "FJSP", flow_shop: "PFS", open_shop: "OS"}
    return [
        pytest.param(
            case,
            id=case[0],
            marks=pytest.mark.case(f"SCH-{codes.get(case[2], 'RCPSP')}-{_short(case[0])}"),
        )
        for case in published_cases()
    ]


def _short(name: str) -> str:
    return name.removesuffix(".txt").replace("/", "-")


def _named(name: str, names: Iterable[str]) -> str | None:
    return next((one for one in names if name == one or name.startswith(f"{one}0")), None)


@needs_cases
@pytest.mark.slow
@pytest.mark.parametrize("case", problems())
def test_SCH(case: Case, record_property: Any) -> None:
    name, text, read, bound, best = case
    is_exact, gap = _named(name, EXACT), CLOSE.get(name, OTHERS)
    is_chosen = is_exact is not None or name in CLOSE
    if not is_chosen and not is_asked():
        pytest.skip(_ALL)
    problem = read(text)
    longer = sum(len(job.tasks) for job in problem.jobs) / OPERATIONS_A_SECOND
    seconds = 4 if is_exact else SHORT if is_chosen else SECONDS + longer
    solution = solve(problem, seconds=seconds, by_work=is_chosen)
    value = objective_value(problem, solution)
    record_property("told", f"{value} where {best} is the best known")
    assert not faults(problem, solution)
    assert value >= bound, "better than possible: the schedule is wrong"
    if is_exact:
        assert value == best
    else:
        assert value <= best * (1 + gap)


@needs_cases
@pytest.mark.case("SCH-johnson_5L")
def test_SCH_johnson_5L() -> None:
    problem = published.two_machines((FOLDER / "flowshop" / "johnson_5L.csv").read_text())
    answer = read_json("01-scheduling", "flowshop", "johnson_5L.answer.json")
    assert objective_value(problem, solve(problem, seconds=3)) == answer["min_makespan"]


@needs_cases
@pytest.mark.case("SCH-SM-moore10")
def test_SCH_SM_moore10() -> None:
    problem = published.one_machine(
        (FOLDER / "single-machine" / "moore_hodgson_10.csv").read_text()
    )
    answer = read_json("01-scheduling", "single-machine", "moore_hodgson_10.answer.json")
    assert objective_value(problem, solve(problem, seconds=3)) == answer["min_number_tardy"]


@needs_cases
@pytest.mark.slow
@pytest.mark.case("SCH-SM-{name}")
@pytest.mark.parametrize("name", ["wt40_001", "wt40_003"])
def test_SCH_SM_wt40(name: str) -> None:
    problem = published.one_machine((FOLDER / "single-machine" / f"{name}.csv").read_text())
    best = read_json("01-scheduling", "single-machine", f"{name}.answer.json")["value"]
    solution = solve(problem, seconds=SHORT, by_work=True)
    assert not faults(problem, solution)
    assert best <= objective_value(problem, solution) <= best * 1.05


@needs_cases
@pytest.mark.case("SCH-SDST-br17")
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
