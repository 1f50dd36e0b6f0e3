"""Acceptance sampling by attributes: single plans, and when to switch between severities.

Tables I, II-A, II-B and II-C of MIL-STD-105E (public domain), which ANSI/ASQ Z1.4 and ISO 2859-1
share. Along a diagonal (code letter + AQL) a master table holds one acceptance number, so it is
kept as a sequence by diagonal with its few exceptions. Arrows are followed here: callers get the
plan that applies. The switching rules are those of ISO 2859-1, clause 9.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

LETTERS = "ABCDEFGHJKLMNPQR"
LEVELS = ("S-1", "S-2", "S-3", "S-4", "I", "II", "III")
AQLS = tuple(
    Decimal(text)
    for text in [
        "0.010",
        "0.015",
        "0.025",
        "0.040",
        "0.065",
        "0.10",
        "0.15",
        "0.25",
        "0.40",
        "0.65",
        "1.0",
        "1.5",
        "2.5",
        "4.0",
        "6.5",
        "10",
        "15",
        "25",
        "40",
        "65",
        "100",
        "150",
        "250",
        "400",
        "650",
        "1000",
    ]
)
SMALLEST_LOT = 2
_LOTS_UP_TO = (8, 15, 25, 50, 90, 150, 280, 500, 1200, 3200, 10000, 35000, 150000, 500000)
_CODE_LETTERS: Mapping[str, str] = {
    "S-1": "AAAABBBBCCCCDDD",
    "S-2": "AAABBBCCCDDDEEE",
    "S-3": "AABBCCDDEEFFGGH",
    "S-4": "AABCCDEEFGGHJJK",
    "I": "AABCCDEFGHJKLMN",
    "II": "ABCDEFGHJKLMNPQ",
    "III": "BCDEFGHJKLMNPQR",
}

NORMAL, TIGHTENED, REDUCED = "normal", "tightened", "reduced"
Cell = tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Master:
    """A master table: sample sizes by row, (Ac, Re) by diagonal = row + column.

    A cell without a plan points up when its diagonal is in ``up``, down otherwise; the large
    acceptance numbers of ``wide`` stand in the rows that ``wide_rows`` names only.
    """

    sizes: Sequence[int]
    cells: Mapping[int, Cell]
    wide: Mapping[int, Cell]
    wide_rows: range
    up: frozenset[int]
    exceptions: Mapping[tuple[int, int], Cell | None]

    def cell(self, row: int, column: int) -> Cell | None:
        if (row, column) in self.exceptions:
            return self.exceptions[row, column]
        diagonal = row + column
        if diagonal in self.wide:
            return self.wide[diagonal] if row in self.wide_rows else None
        return self.cells.get(diagonal)

    def step(self, row: int, column: int) -> int:
        """Where the arrow of an empty cell points."""
        diagonal = row + column
        last = max(self.cells)
        return -1 if diagonal in self.up or diagonal > last else 1


def _single(numbers: str, first: int) -> dict[int, Cell]:
    return {first + n: (int(ac), int(ac) + 1) for n, ac in enumerate(numbers.split())}


_A, _B = 0, 1
_SIZES = (2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800, 1250, 2000)
_NORMAL = _Master(
    sizes=_SIZES,
    cells={14: (0, 1), **_single("1 2 3 5 7 10 14 21", 17)},
    wide=_single("30 44", 25),
    wide_rows=range(5),
    up=frozenset({15}),
    exceptions={(_A, 15): None},
)
_TIGHTENED = _Master(
    sizes=(*_SIZES, 3150),
    cells={15: (0, 1), **_single("1 2 3 5 8 12 18", 18)},
    wide=_single("27 41", 25),
    wide_rows=range(5),
    up=frozenset(),
    exceptions={(_A, 15): None},
)
_TWO_APART: dict[int, Cell] = dict(
    enumerate([(0, 2), (1, 3), (1, 4), (2, 5), (3, 6), (5, 8), (7, 10), (10, 13)], start=17)
)
_REDUCED = _Master(
    sizes=(2, 2, 2, 3, 5, 8, 13, 20, 32, 50, 80, 125, 200, 315, 500, 800),
    cells={14: (0, 1), **_TWO_APART},
    wide={25: (14, 17), 26: (21, 24)},
    wide_rows=range(2, 5),
    up=frozenset({15}),
    # The first two rows share the size of the third and count otherwise.
    exceptions={
        **{(_A, 17 + n): (ac, ac + 1) for n, ac in enumerate((1, 2, 3, 5, 7, 10, 14, 21, 30))},
        **dict(
            zip(
                [(_B, 16 + n) for n in range(10)],
                [(0, 2), (1, 3), (2, 4), (3, 5), *((n, n + 1) for n in (5, 7, 10, 14, 21, 30))],
                strict=True,
            )
        ),
    },
)
_MASTERS = {NORMAL: _NORMAL, TIGHTENED: _TIGHTENED, REDUCED: _REDUCED}


@dataclass(frozen=True, slots=True)
class SamplePlan:
    """What to draw and when to accept: up to ``accept`` nonconforming units are accepted,
    ``reject`` and more refused. ``letter`` is the lot's, ``plan_letter`` the row that applies.

    Under reduced inspection numbers between the two accept the lot and end reduced inspection.
    """

    letter: str
    plan_letter: str
    size: int
    accept: int
    reject: int
    is_whole_lot: bool = False


def code_letter(lot_size: int, level: str) -> str:
    """Table I. Raises ``ValueError`` for an unknown level or a lot of less than one unit."""
    if level not in _CODE_LETTERS or lot_size < 1:
        raise ValueError(f"no code letter for a lot of {lot_size} at level {level}")
    place = next((n for n, most in enumerate(_LOTS_UP_TO) if lot_size <= most), len(_LOTS_UP_TO))
    return _CODE_LETTERS[level][place]


def sample_plan(
    lot_size: int, *, level: str = "II", aql: Decimal, severity: str = NORMAL
) -> SamplePlan:
    """The single plan for a lot. Raises ``ValueError`` for a level, AQL or severity unknown.

    Where the sample would not be smaller than the lot, all of the lot is inspected.
    """
    letter = code_letter(lot_size, level)
    return plan_of_letter(letter, aql=aql, severity=severity, lot_size=lot_size)


def plan_of_letter(
    letter: str, *, aql: Decimal, severity: str = NORMAL, lot_size: int | None = None
) -> SamplePlan:
    """The plan of a code letter, arrows followed."""
    if aql not in AQLS or severity not in _MASTERS:
        raise ValueError(f"no plan for AQL {aql} under {severity} inspection")
    master = _MASTERS[severity]
    column = AQLS.index(aql)
    row, cell = _follow(master, LETTERS.index(letter), column)
    size = master.sizes[row]
    whole = lot_size is not None and size >= lot_size
    letters = f"{LETTERS}S"
    return SamplePlan(
        letter, letters[row], lot_size if whole and lot_size else size, *cell, is_whole_lot=whole
    )


def _follow(master: _Master, row: int, column: int) -> tuple[int, Cell]:
    step = master.step(row, column)
    place = row
    while 0 <= place < len(master.sizes):
        cell = master.cell(place, column)
        if cell is not None:
            return place, cell
        place += step
    # an arrow that leaves the table points the other way
    place = row
    while 0 <= place < len(master.sizes):
        cell = master.cell(place, column)
        if cell is not None:
            return place, cell
        place -= step
    raise ValueError("the table has no such column")


# --- switching rules -------------------------------------------------------------------------

WINDOW = 5
#: Two of five lots refused tighten; five accepted in a row loosen; five refused stop inspection.
REFUSED_TO_TIGHTEN, ACCEPTED_TO_LOOSEN, REFUSED_TO_STOP = 2, 5, 5
SCORE_TO_REDUCE = 30


@dataclass(frozen=True, slots=True)
class Switching:
    """Where a supplier's item stands. ``recent`` are the last lots under this severity."""

    severity: str = NORMAL
    recent: tuple[bool, ...] = ()
    score: int = 0
    refused: int = 0
    is_stopped: bool = False


@dataclass(frozen=True, slots=True)
class LotOutcome:
    """``nonconforming`` units were found in a first inspection under ``plan``.

    ``tighter`` is the plan one AQL step tighter, which the switching score asks about.
    """

    plan: SamplePlan
    nonconforming: int
    tighter: SamplePlan | None = None

    @property
    def is_accepted(self) -> bool:
        return self.nonconforming < self.plan.reject


def one_step_tighter(
    letter: str, *, aql: Decimal, severity: str, lot_size: int | None = None
) -> SamplePlan | None:
    """The plan of the next lower AQL; None below the lowest."""
    place = AQLS.index(aql)
    if place == 0:
        return None
    return plan_of_letter(letter, aql=AQLS[place - 1], severity=severity, lot_size=lot_size)


def after_lot(state: Switching, lot: LotOutcome, *, may_reduce: bool = False) -> Switching:
    """The state after one more lot (ISO 2859-1, 9.3). ``may_reduce``: reduced is approved of."""
    recent = (*state.recent, lot.is_accepted)[-WINDOW:]
    refused = state.refused + (0 if lot.is_accepted else 1)
    if state.severity == TIGHTENED:
        if refused >= REFUSED_TO_STOP:
            return replace(state, recent=recent, refused=refused, is_stopped=True)
        if len(recent) >= ACCEPTED_TO_LOOSEN and all(recent[-ACCEPTED_TO_LOOSEN:]):
            return Switching(NORMAL)
        return replace(state, recent=recent, refused=refused)
    if state.severity == REDUCED:
        if not lot.is_accepted or lot.nonconforming > lot.plan.accept:
            return Switching(NORMAL)
        return replace(state, recent=recent)
    if recent.count(False) >= REFUSED_TO_TIGHTEN:
        return Switching(TIGHTENED)
    score = _score(state.score, lot)
    if may_reduce and score >= SCORE_TO_REDUCE:
        return Switching(REDUCED)
    return replace(state, recent=recent, score=score, refused=0)


def _score(score: int, lot: LotOutcome) -> int:
    """The switching score: 3 points for a lot that a tighter AQL would have taken too, when the
    acceptance number is 2 or more; 2 points for an accepted lot when it is 0 or 1; else none."""
    if lot.plan.accept >= 2:
        passes = lot.tighter is not None and lot.nonconforming <= lot.tighter.accept
        return score + 3 if lot.is_accepted and passes else 0
    return score + 2 if lot.is_accepted else 0
