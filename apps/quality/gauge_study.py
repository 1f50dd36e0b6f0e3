"""Measurement systems analysis: how much of what we see is the gauge (AIAG MSA, 4th edition)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import sqrt

from apps.quality.statistics import Number, StraightLine, root, straight_line, student_t

#: 1 / d2* by number of trials, appraisers and parts: table in appendix C, for one subgroup.
K1 = {2: 0.8862, 3: 0.5908}
K2 = {2: 0.7071, 3: 0.5231}
K3 = {2: 0.7071, 3: 0.5231, 4: 0.4467, 5: 0.4030, 6: 0.3742, 7: 0.3534, 8: 0.3375, 9: 0.3249,
      10: 0.3146}  # fmt: skip
#: Above this p-value the interaction of part and appraiser is pooled with the gauge.
POOL_ABOVE = 0.25
SQUARE_ROOT_OF_2 = 1.41
Reading = tuple[Hashable, Hashable, Hashable, Number]  # part, appraiser, trial, value


@dataclass(frozen=True, slots=True)
class GaugeRR:
    """Standard deviations: equipment, appraiser, interaction (ANOVA), both together, part, total.

    Percentages are of the total variation, or of ``tolerance`` (6 sigma) where one was given.
    ``categories`` is how many groups of parts the gauge can tell apart (ndc).
    """

    method: str
    equipment: float
    appraiser: float
    interaction: float
    gauge: float
    part: float
    total: float
    categories: int
    tolerance: float | None = None

    def percent(self, sigma: float) -> float:
        return 100 * sigma / self.total if self.total else 0.0

    @property
    def percent_gauge(self) -> float:
        return self.percent(self.gauge)

    @property
    def percent_tolerance(self) -> float | None:
        return 100 * 6 * self.gauge / self.tolerance if self.tolerance else None

    @property
    def verdict(self) -> str:
        """AIAG: below 10 % acceptable, up to 30 % may be, above not; fewer than 5 groups: not."""
        if self.percent_gauge > 30 or self.categories < 5:
            return "unacceptable"
        return "acceptable" if self.percent_gauge < 10 else "conditional"


class _Table:
    """Readings by part and appraiser, every cell with the same trials."""

    def __init__(self, readings: Sequence[Reading]) -> None:
        cells: dict[tuple[Hashable, Hashable], dict[Hashable, Fraction]] = {}
        for part, appraiser, trial, value in readings:
            trials = cells.setdefault((part, appraiser), {})
            if trial in trials:
                raise ValueError(
                    f"part {part}, appraiser {appraiser}, trial {trial} is there twice"
                )
            trials[trial] = Fraction(value)
        self.parts = sorted({part for part, _a in cells}, key=str)
        self.appraisers = sorted({appraiser for _p, appraiser in cells}, key=str)
        counts = {len(trials) for trials in cells.values()}
        if len(cells) != len(self.parts) * len(self.appraisers) or len(counts) != 1:
            raise ValueError("every appraiser measures every part equally often")
        self.trials = counts.pop()
        if len(self.parts) < 2 or len(self.appraisers) < 2 or self.trials < 2:
            raise ValueError("two parts, two appraisers and two trials at least")
        self.cells: Mapping[tuple[Hashable, Hashable], list[Fraction]] = {
            key: list(trials.values()) for key, trials in cells.items()
        }

    def mean_of(
        self, *, part: Hashable | None = None, appraiser: Hashable | None = None
    ) -> Fraction:
        rows = [
            value
            for (p, a), values in self.cells.items()
            if part in (None, p) and appraiser in (None, a)
            for value in values
        ]
        return sum(rows, Fraction(0)) / len(rows)


def average_and_range(readings: Sequence[Reading], *, tolerance: float | None = None) -> GaugeRR:
    """Raises ``ValueError`` for an unbalanced study or more than 3 trials or appraisers, 10 parts.

    Figures as the form of the manual: from ranges, so that interaction is not seen.
    """
    table = _Table(readings)
    n, r = len(table.parts), table.trials
    if r not in K1 or len(table.appraisers) not in K2 or n not in K3:
        raise ValueError("the tables go to 3 trials, 3 appraisers and 10 parts")
    ranges = [max(values) - min(values) for values in table.cells.values()]
    # The form keeps two decimals more than the readings have, one more in the means of parts.
    digits = _decimals(readings) + 2

    def kept(value: Fraction) -> float:
        return float(round(value, digits))

    equipment = kept(sum(ranges, Fraction(0)) / len(ranges)) * K1[r]
    means = [round(table.mean_of(appraiser=a), digits) for a in table.appraisers]
    difference = kept(max(means) - min(means)) * K2[len(means)]
    appraiser = sqrt(max(difference**2 - equipment**2 / (n * r), 0.0))
    part_means = [round(table.mean_of(part=p), digits - 1) for p in table.parts]
    part = kept(max(part_means) - min(part_means)) * K3[n]
    return _study("average_range", equipment, appraiser, 0.0, part, tolerance)


def _decimals(readings: Sequence[Reading]) -> int:
    exponents = [
        value.normalize().as_tuple().exponent
        for *_key, value in readings
        if isinstance(value, Decimal)
    ]
    return max((-e for e in exponents if isinstance(e, int)), default=6)


def anova(readings: Sequence[Reading], *, tolerance: float | None = None) -> GaugeRR:
    """Two-way analysis of variance with interaction; negative components count as zero."""
    table = _Table(readings)
    n, k, r = len(table.parts), len(table.appraisers), table.trials
    grand = table.mean_of()
    parts = {p: table.mean_of(part=p) for p in table.parts}
    people = {a: table.mean_of(appraiser=a) for a in table.appraisers}
    ss_part = k * r * sum(((m - grand) ** 2 for m in parts.values()), Fraction(0))
    ss_people = n * r * sum(((m - grand) ** 2 for m in people.values()), Fraction(0))
    ss_both = ss_within = Fraction(0)
    for (p, a), values in table.cells.items():
        middle = sum(values, Fraction(0)) / r
        ss_both += r * (middle - parts[p] - people[a] + grand) ** 2
        ss_within += sum(((value - middle) ** 2 for value in values), Fraction(0))
    df_both, df_within = (n - 1) * (k - 1), n * k * (r - 1)
    ms_both, ms_within = ss_both / df_both, ss_within / df_within
    if _is_pooled(ms_both, ms_within, df_both, df_within):
        ms_within = (ss_both + ss_within) / (df_both + df_within)
        ms_both = ms_within
    people_variance = (ss_people / (k - 1) - ms_both) / (n * r)
    part_variance = (ss_part / (n - 1) - ms_both) / (k * r)
    return _study(
        "anova",
        root(ms_within),
        root(people_variance),
        root((ms_both - ms_within) / r),
        root(part_variance),
        tolerance,
    )


def _is_pooled(ms_both: Fraction, ms_within: Fraction, df_both: int, df_within: int) -> bool:
    from scipy.stats import f

    if not ms_within:
        return not ms_both
    return float(f.sf(float(ms_both / ms_within), df_both, df_within)) > POOL_ABOVE


def _study(
    method: str,
    equipment: float,
    appraiser: float,
    interaction: float,
    part: float,
    tolerance: float | None,
) -> GaugeRR:
    gauge = sqrt(equipment**2 + appraiser**2 + interaction**2)
    total = sqrt(gauge**2 + part**2)
    categories = int(SQUARE_ROOT_OF_2 * part / gauge) if gauge else 10**6
    return GaugeRR(
        method, equipment, appraiser, interaction, gauge, part, total, max(categories, 1), tolerance
    )


@dataclass(frozen=True, slots=True)
class Linearity:
    """Bias over the range of a gauge; acceptable when the line can't be told from zero."""

    biases: list[float]
    line: StraightLine
    t_slope: float
    t_intercept: float
    t_critical: float

    @property
    def is_acceptable(self) -> bool:
        return self.t_slope <= self.t_critical and self.t_intercept <= self.t_critical


def linearity(
    references: Sequence[Number], readings: Sequence[Number], *, alpha: float = 0.05
) -> Linearity:
    """The bias (reading − reference) as a line over the reference value."""
    exact = [Fraction(x) for x in references]
    bias = [Fraction(y) - x for x, y in zip(exact, readings, strict=True)]
    line = straight_line(exact, bias)
    by_reference: dict[Fraction, list[Fraction]] = {}
    for x, b in zip(exact, bias, strict=True):
        by_reference.setdefault(x, []).append(b)

    def t(value: float, error: float) -> float:
        return abs(value) / error if error else float("inf")

    return Linearity(
        [float(sum(rows, Fraction(0)) / len(rows)) for rows in by_reference.values()],
        line,
        t(line.slope, line.slope_se),
        t(line.intercept, line.intercept_se),
        student_t(1 - alpha / 2, line.df),
    )


def kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """Cohen's kappa: how far two appraisers agree beyond chance; 1 is always."""
    n = len(first)
    if not n or len(second) != n:
        raise ValueError("both judge the same parts")
    agreed = Fraction(sum(a == b for a, b in zip(first, second, strict=True)), n)
    words = set(first) | set(second)
    by_chance = sum((Fraction(first.count(w) * second.count(w), n * n) for w in words), Fraction(0))
    return 1.0 if by_chance == 1 else float((agreed - by_chance) / (1 - by_chance))
