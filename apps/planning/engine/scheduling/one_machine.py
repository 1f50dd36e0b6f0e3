"""One machine, one task per job: iterated local search over sequences, for lateness."""

from __future__ import annotations

import random
from collections.abc import Callable
from time import perf_counter

from apps.planning.engine.scheduling.problem import (
    LATE_JOBS,
    MAKESPAN,
    Problem,
    Solution,
)


def is_one_machine(problem: Problem) -> bool:
    """Whether a schedule is nothing but a sequence: no set-ups, releases, pins or choices."""
    return (
        problem.objective != MAKESPAN
        and problem.machines == 1
        and not problem.setups
        and not problem.blocked
        and not problem.capacities
        and not problem.arcs
        and all(len(job.tasks) == 1 and not job.release for job in problem.jobs)
        and all(len(t.modes) == 1 and t.fixed_start is None for t in problem.tasks)
    )


def improve(
    problem: Problem,
    hint: Solution,
    *,
    seconds: float,
    seed: int = 1,
    clock: Callable[[], float] = perf_counter,
) -> Solution:
    """The best sequence found by moves of one job, kicked on whenever none helps."""
    end = clock() + seconds

    def is_over() -> bool:
        return clock() >= end

    chance = random.Random(seed)  # noqa: S311 - the same search in every run
    line = _Line(problem)
    jobs = sorted(range(len(problem.jobs)), key=lambda j: hint.start[problem.jobs[j].tasks[0]])
    best, best_cost = jobs, line.cost(jobs)
    now = best[:]
    while best_cost and not is_over():
        now = line.descended(now, is_over)
        cost = line.cost(now)
        if cost < best_cost:
            best, best_cost = now[:], cost
        now = best[:]
        for _kick in range(3):
            a, b = chance.sample(range(len(now)), 2) if len(now) > 1 else (0, 0)
            now[a], now[b] = now[b], now[a]
    start, at = [0] * len(problem.tasks), 0
    for job in best:
        [task] = problem.jobs[job].tasks
        start[task] = at
        at += line.duration[job]
    return Solution(start, [0] * len(problem.tasks), source="search")


class _Line:
    """Jobs in a line before the machine: what a sequence costs, and which changes pay."""

    def __init__(self, problem: Problem) -> None:
        self.duration = [problem.tasks[job.tasks[0]].modes[0].duration for job in problem.jobs]
        # Nobody waits for a job without a due date: no end is later than the sum of all.
        last = sum(self.duration)
        self.due = [last if job.due is None else job.due for job in problem.jobs]
        self.weight = [job.weight for job in problem.jobs]
        self.counts = problem.objective == LATE_JOBS

    def late(self, job: int, end: int) -> int:
        over = end - self.due[job]
        if over <= 0:
            return 0
        return 1 if self.counts else self.weight[job] * over

    def cost(self, sequence: list[int]) -> int:
        at, total = 0, 0
        for job in sequence:
            at += self.duration[job]
            total += self.late(job, at)
        return total

    def descended(self, sequence: list[int], is_over: Callable[[], bool]) -> list[int]:
        """Move jobs where they cost least, and swap pairs, until nothing helps."""
        while not is_over():
            for place in range(len(sequence)):
                gain, target = self._best_slide(sequence, place)
                if gain < 0:
                    sequence.insert(target, sequence.pop(place))
                    break
            else:
                pair = self._swap(sequence)
                if pair is None:
                    break
                a, b = pair
                sequence[a], sequence[b] = sequence[b], sequence[a]
        return sequence

    def _best_slide(self, sequence: list[int], place: int) -> tuple[int, int]:
        """(change of cost, where to) of the best move of one job: a step changes two ends only."""
        job, late = sequence[place], self.late
        own = self.duration[job]
        began = sum(self.duration[other] for other in sequence[:place])
        best = (0, place)
        at, change = began, 0
        for target in range(place + 1, len(sequence)):
            other = sequence[target]
            length = self.duration[other]
            both = at + own + length
            change += late(other, at + length) - late(other, both)
            change += late(job, both) - late(job, at + own)
            at += length
            best = min(best, (change, target))
        at, change = began, 0
        for target in range(place - 1, -1, -1):
            other = sequence[target]
            length = self.duration[other]
            both = at + own
            change += late(job, both - length) - late(job, both)
            change += late(other, both) - late(other, at)
            at -= length
            best = min(best, (change, target))
        return best

    def _swap(self, sequence: list[int]) -> tuple[int, int] | None:
        """The first pair that costs less the other way round."""
        late, duration = self.late, self.duration
        ends, at = [], 0
        for job in sequence:
            at += duration[job]
            ends.append(at)
        for a, first in enumerate(sequence):
            began = ends[a] - duration[first]
            for b in range(a + 2, len(sequence)):
                second = sequence[b]
                shift = duration[second] - duration[first]
                change = late(second, began + duration[second]) - late(first, ends[a])
                change += late(first, ends[b]) - late(second, ends[b])
                for place in range(a + 1, b):
                    job = sequence[place]
                    change += late(job, ends[place] + shift) - late(job, ends[place])
                if change < 0:
                    return a, b
        return None
