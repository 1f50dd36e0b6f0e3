"""Two well-known job shops that are not among the published cases at hand, in their file format.

Sources: H. Fisher and G. L. Thompson, "Probabilistic learning combinations of local job-shop
scheduling rules", 1963 (ft10, optimum 930). E. Taillard, "Benchmarks for basic scheduling
problems", European Journal of Operational Research 64, 1993: ta01 is made by the generator and the
seeds printed there (optimum 1231).
"""

from __future__ import annotations

from collections.abc import Iterator

FT10 = """10 10
0 29 1 78 2 9 3 36 4 49 5 11 6 62 7 56 8 44 9 21
0 43 2 90 4 75 9 11 3 69 1 28 6 46 5 46 7 72 8 30
1 91 0 85 3 39 2 74 8 90 5 10 7 12 6 89 9 45 4 33
1 81 2 95 0 71 4 99 6 9 8 52 7 85 3 98 9 22 5 43
2 14 0 6 1 22 5 61 3 26 4 69 8 21 7 49 9 72 6 53
2 84 1 2 5 52 3 95 8 48 9 72 0 47 6 65 4 6 7 25
1 46 0 37 3 61 2 13 6 32 5 21 9 32 8 89 7 30 4 55
2 31 0 86 1 46 5 74 4 32 6 88 8 19 9 48 7 36 3 79
0 76 1 69 3 76 5 51 2 85 9 11 6 40 7 89 4 26 8 74
1 85 0 13 2 61 6 7 8 64 9 76 5 47 3 52 4 90 7 45
"""
#: name → (times' seed, machines' seed), all of 15 jobs on 15 machines.
SEEDS = {"ta01": (840612802, 398197754), "ta04": (342269428, 1806358582)}


def taillard(name: str) -> str:
    """One of Taillard's job shops of 15 x 15."""
    size, (time_seed, machine_seed) = 15, SEEDS[name]
    times = _uniform(time_seed)
    rows = [[_between(next(times), 1, 99) for _machine in range(size)] for _job in range(size)]
    chances = _uniform(machine_seed)
    lines = [f"{size} {size}"]
    for row in rows:
        machines = list(range(size))
        for place in range(size):
            other = _between(next(chances), place, size - 1)
            machines[place], machines[other] = machines[other], machines[place]
        lines.append(" ".join(f"{one} {time}" for one, time in zip(machines, row, strict=True)))
    return "\n".join(lines) + "\n"


def _uniform(seed: int) -> Iterator[float]:
    """Numbers in (0, 1): Lewis, Goodman and Miller's generator, as Taillard gives it."""
    while True:
        seed = seed * 16807 % 2147483647
        yield seed / 2147483647


def _between(chance: float, low: int, high: int) -> int:
    return low + int(chance * (high - low + 1))
