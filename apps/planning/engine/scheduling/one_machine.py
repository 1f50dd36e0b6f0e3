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
    jobs = sorted(range(len(problem.jobs)), key=lambda j: hint.start[problem.jobs[j].tasks[0]])
    best, best_cost = jobs, _cost(problem, jobs)
    now, cost = best[:], best_cost
    while best_cost and not is_over():
        now, cost = _descend(problem, now, cost, is_over)
        if cost < best_cost:
            best, best_cost = now[:], cost
        now = best[:]
        for _kick in range(3):
            a, b = chance.sample(range(len(now)), 2) if len(now) > 1 else (0, 0)
            now[a], now[b] = now[b], now[a]
        cost = _cost(problem, now)
    start, at = [0] * len(problem.tasks), 0
    for job in best:
        [task] = problem.jobs[job].tasks
        start[task] = at
        at += problem.tasks[task].modes[0].duration
    return Solution(start, [0] * len(problem.tasks), source="search")


def _descend(
    problem: Problem, sequence: list[int], cost: int, is_over: Callable[[], bool]
) -> tuple[list[int], int]:
    """Take out one job and put it where it costs least, and swap pairs, until nothing helps."""
    improved = True
    while improved and not is_over():
        improved = False
        for place in range(len(sequence)):
            job = sequence[place]
            rest = sequence[:place] + sequence[place + 1 :]
            for other in range(len(sequence)):
                if other == place:
                    continue
                for tried in (
                    [*rest[:other], job, *rest[other:]],
                    _swapped(sequence, place, other),
                ):
                    found = _cost(problem, tried)
                    if found < cost:
                        sequence, cost, improved = tried, found, True
                        break
                if improved:
                    break
            if improved:
                break
    return sequence, cost


def _swapped(sequence: list[int], a: int, b: int) -> list[int]:
    tried = sequence[:]
    tried[a], tried[b] = tried[b], tried[a]
    return tried


def _cost(problem: Problem, sequence: list[int]) -> int:
    clock, total = 0, 0
    counts = problem.objective == LATE_JOBS
    for number in sequence:
        job = problem.jobs[number]
        clock += problem.tasks[job.tasks[0]].modes[0].duration
        if job.due is not None and clock > job.due:
            total += 1 if counts else job.weight * (clock - job.due)
    return total
