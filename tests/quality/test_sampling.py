"""Master tables, arrows, and the switching rules of ISO 2859-1."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.quality.sampling import (
    AQLS,
    LETTERS,
    NORMAL,
    REDUCED,
    TIGHTENED,
    LotOutcome,
    SamplePlan,
    Switching,
    after_lot,
    code_letter,
    one_step_tighter,
    plan_of_letter,
    sample_plan,
)

D = Decimal


def plan(letter: str, aql: str, severity: str = NORMAL) -> tuple[str, int, int, int]:
    found = plan_of_letter(letter, aql=D(aql), severity=severity)
    return found.plan_letter, found.size, found.accept, found.reject


@pytest.mark.parametrize(
    ("letter", "aql", "severity", "expected"),
    [
        ("J", "1.0", NORMAL, ("J", 80, 2, 3)),
        ("J", "1.0", TIGHTENED, ("J", 80, 1, 2)),
        ("J", "1.0", REDUCED, ("J", 32, 1, 3)),
        ("K", "0.65", TIGHTENED, ("K", 125, 1, 2)),
        ("L", "6.5", TIGHTENED, ("L", 200, 18, 19)),
        ("L", "10", TIGHTENED, ("K", 125, 18, 19)),  # an arrow up
        ("H", "0.65", TIGHTENED, ("K", 125, 1, 2)),  # two arrows down
        ("R", "0.025", TIGHTENED, ("S", 3150, 1, 2)),
        ("B", "15", REDUCED, ("B", 2, 0, 2)),
        ("A", "25", REDUCED, ("A", 2, 1, 2)),
        ("L", "0.25", REDUCED, ("L", 80, 0, 2)),
        ("F", "65", REDUCED, ("F", 8, 10, 13)),
        ("E", "250", NORMAL, ("E", 13, 44, 45)),
        ("F", "100", NORMAL, ("E", 13, 21, 22)),
        ("R", "0.010", NORMAL, ("Q", 1250, 0, 1)),
        ("R", "0.015", NORMAL, ("P", 800, 0, 1)),
    ],
)
def test_cells_of_the_master_tables(
    letter: str, aql: str, severity: str, expected: tuple[str, int, int, int]
) -> None:
    assert plan(letter, aql, severity) == expected


@pytest.mark.parametrize("severity", [NORMAL, TIGHTENED, REDUCED])
def test_every_cell_gives_a_plan(severity: str) -> None:
    for letter in LETTERS:
        for aql in AQLS:
            found = plan_of_letter(letter, aql=aql, severity=severity)
            assert found.reject > found.accept >= 0 and found.size >= 2


def test_a_sample_as_large_as_the_lot_is_all_of_it() -> None:
    found = sample_plan(15, level="III", aql=D("0.65"))
    assert (found.size, found.is_whole_lot) == (15, True)
    assert code_letter(1, "II") == "A"
    for size, level in ((0, "II"), (10, "IV")):
        with pytest.raises(ValueError):
            code_letter(size, level)
    with pytest.raises(ValueError):
        sample_plan(100, aql=D("1.2"))


def lot(nonconforming: int, plan: SamplePlan | None = None, tighter: int = 1) -> LotOutcome:
    plan = plan or SamplePlan("J", "J", 80, 2, 3)
    return LotOutcome(plan, nonconforming, SamplePlan("J", "J", 80, tighter, tighter + 1))


def run(state: Switching, *defects: int, may_reduce: bool = False) -> Switching:
    for found in defects:
        state = after_lot(state, lot(found), may_reduce=may_reduce)
    return state


def test_two_of_five_tighten() -> None:
    assert run(Switching(), 3, 0, 0, 0).severity == NORMAL
    assert run(Switching(), 3, 0, 0, 0, 3).severity == TIGHTENED
    assert run(Switching(), 3, 0, 0, 0, 0, 3).severity == NORMAL  # six lots apart
    assert run(Switching(), 3, 3).severity == TIGHTENED


def test_five_accepted_in_a_row_loosen() -> None:
    start = Switching(TIGHTENED)
    assert run(start, 0, 0, 0, 0).severity == TIGHTENED
    assert run(start, 0, 0, 3, 0, 0, 0).severity == TIGHTENED
    assert run(start, 0, 0, 3, 0, 0, 0, 0, 0).severity == NORMAL


def test_five_refused_under_tightened_stop() -> None:
    state = run(Switching(TIGHTENED), 3, 0, 3, 0, 3, 0, 3)
    assert not state.is_stopped
    assert run(state, 3).is_stopped


def test_the_switching_score_allows_reduced_when_it_is_approved() -> None:
    assert run(Switching(), *[0] * 9, may_reduce=True).score == 27
    assert run(Switching(), *[0] * 10, may_reduce=True).severity == REDUCED
    assert run(Switching(), *[0] * 10).severity == NORMAL
    assert run(Switching(), 0, 0, 2).score == 0  # accepted, but not at a tighter AQL
    small = SamplePlan("F", "F", 20, 0, 1)
    state = Switching()
    for _n in range(15):
        state = after_lot(state, lot(0, small, 0), may_reduce=True)
    assert state.severity == REDUCED


def test_reduced_ends_with_a_refusal_and_between_the_numbers() -> None:
    reduced = SamplePlan("J", "J", 32, 1, 3)
    start = Switching(REDUCED)
    assert after_lot(start, lot(1, reduced)).severity == REDUCED
    between = after_lot(start, lot(2, reduced))
    assert (between.severity, lot(2, reduced).is_accepted) == (NORMAL, True)
    assert after_lot(start, lot(3, reduced)).severity == NORMAL


def test_one_step_tighter() -> None:
    found = one_step_tighter("J", aql=D("1.0"), severity=NORMAL)
    assert found is not None and (found.size, found.accept) == (80, 1)
    assert one_step_tighter("J", aql=AQLS[0], severity=NORMAL) is None
