"""Dispatch rules: a good schedule in milliseconds, and the hint that the solver begins with.

Tasks are placed one after the other where they fit first (gaps between placed ones included), in
the order that a priority rule gives. Several rules are tried and the best result kept.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from time import perf_counter

from apps.planning.engine.scheduling.problem import (
    Problem,
    Solution,
    Task,
    longest,
    objective_value,
)

Rule = Callable[[int, int], tuple[float, ...]]


def dispatch(problem: Problem, *, seconds: float = 1.0) -> Solution:
    """The best of several rules within about ``seconds``; at least one is always run."""
    started = perf_counter()
    best: Solution | None = None
    best_value = 0
    for rule in _rules(problem):
        if best is not None and perf_counter() - started > seconds:
            break
        found = _build(problem, rule)
        value = objective_value(problem, found)
        if best is None or value < best_value:
            best, best_value = found, value
    if best is None:
        raise AssertionError("there is always a rule")
    best.seconds = perf_counter() - started
    return best


def _rules(problem: Problem) -> list[Rule]:
    """Most work remaining, shortest and longest first, earliest due, least slack, ratio."""
    remaining = [0] * len(problem.tasks)
    after = [0] * len(problem.tasks)
    for job in problem.jobs:
        total = 0
        for number in reversed(job.tasks):
            total += longest(problem.tasks[number])
            remaining[number] = total
            after[number] = total - longest(problem.tasks[number])
    for before, follows in sorted(problem.arcs, reverse=True):
        own = longest(problem.tasks[before])
        remaining[before] = max(remaining[before], own + remaining[follows])
    no_due = problem.horizon()
    due = [no_due if job.due is None else job.due for job in problem.jobs]
    weight = [max(job.weight, 1) for job in problem.jobs]
    tasks = problem.tasks
    return [
        lambda n, ready: (ready, -remaining[n]),
        lambda n, ready: (ready, due[tasks[n].job] - remaining[n], -weight[tasks[n].job]),
        lambda n, ready: (due[tasks[n].job] - after[n] - longest(tasks[n]), ready),
        lambda n, ready: (due[tasks[n].job], ready),
        lambda n, ready: (ready, longest(tasks[n]) / weight[tasks[n].job]),
        lambda n, ready: (-remaining[n], ready),
        lambda n, ready: (longest(tasks[n]) / weight[tasks[n].job], ready),
        lambda n, ready: (ready, -longest(tasks[n])),
    ]


def _build(problem: Problem, rule: Rule) -> Solution:
    """Place every task as early as its machine, its job and its resources allow."""
    board = _Board(problem)
    waiting, follows = _precedence(problem)
    ready = [problem.jobs[task.job].release for task in problem.tasks]
    start, mode = [0] * len(problem.tasks), [0] * len(problem.tasks)
    heap: list[tuple[tuple[float, ...], int, int]] = []
    for number, count in enumerate(waiting):
        if not count:
            heapq.heappush(heap, (rule(number, ready[number]), number, ready[number]))
    while heap:
        _priority, number, seen = heapq.heappop(heap)
        if seen != ready[number]:
            heapq.heappush(heap, (rule(number, ready[number]), number, ready[number]))
            continue
        start[number], mode[number] = board.place(number, ready[number])
        task = problem.tasks[number]
        duration = task.modes[mode[number]].duration if task.modes else task.duration
        end = start[number] + duration
        job = problem.jobs[task.job]
        if job.is_open:
            for other in job.tasks:
                ready[other] = max(ready[other], end)
        for other in follows[number]:
            ready[other] = max(ready[other], end)
            waiting[other] -= 1
            if not waiting[other]:
                heapq.heappush(heap, (rule(other, ready[other]), other, ready[other]))
    return Solution(start, mode)


def _precedence(problem: Problem) -> tuple[list[int], list[list[int]]]:
    waiting = [0] * len(problem.tasks)
    follows: list[list[int]] = [[] for _task in problem.tasks]
    pairs = [*problem.arcs]
    for job in problem.jobs:
        if not job.is_open:
            pairs += zip(job.tasks, job.tasks[1:], strict=False)
    for before, after in pairs:
        waiting[after] += 1
        follows[before].append(after)
    return waiting, follows


class _Board:
    """What stands on each machine so far, in order of time; and the use of shared resources."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.on: list[list[tuple[int, int, int]]] = [[] for _machine in range(problem.machines)]
        for machine, spans in problem.blocked.items():
            self.on[machine] += [(start, end, -1) for start, end in spans]
        for number, task in enumerate(problem.tasks):
            if task.fixed_start is not None and task.modes:
                own = task.modes[0]
                end = task.fixed_start + own.duration
                self.on[own.machine].append((task.fixed_start, end, number))
        for spans_ in self.on:
            spans_.sort()
        self.used: list[dict[int, int]] = [{} for _capacity in problem.capacities]

    def place(self, number: int, ready: int) -> tuple[int, int]:
        task = self.problem.tasks[number]
        if task.fixed_start is not None:
            return task.fixed_start, 0
        if not task.modes:
            return self._share(number, ready), 0
        order = self.problem.is_permutation
        found = [
            (self._fit(number, mode.machine, mode.duration, ready, at_end=order), place)
            for place, mode in enumerate(task.modes)
        ]
        start, place = min(found, key=lambda f: (f[0] + task.modes[f[1]].duration, f[1]))
        mode = task.modes[place]
        spans = self.on[mode.machine]
        spans.append((start, start + mode.duration, number))
        spans.sort()
        return start, place

    def _fit(self, number: int, machine: int, duration: int, ready: int, *, at_end: bool) -> int:
        """The first start from ``ready`` on at which the task fits with its set-ups."""
        spans = self.on[machine]
        if at_end:
            return max(ready, spans[-1][1] if spans else 0)
        reached = ready
        for start, end, other in spans:
            first = max(reached, ready)
            if first + duration + self._setup(machine, number, other) <= start:
                return first
            reached = max(reached, end + self._setup(machine, other, number))
        return max(reached, ready)

    def _setup(self, machine: int, before: int, after: int) -> int:
        matrix = self.problem.setups.get(machine)
        if matrix is None or before < 0 or after < 0:
            return 0
        tasks = self.problem.tasks
        return matrix[tasks[before].family][tasks[after].family]

    def _share(self, number: int, ready: int) -> int:
        """The first start at which the shared resources suffice to the end of the task."""
        task = self.problem.tasks[number]
        moments = {ready}
        for resource, _amount in task.demands:
            moments |= {moment for moment in self.used[resource] if moment > ready}
        start = next(m for m in sorted(moments) if self._is_free(task, m))
        for resource, amount in task.demands:
            changes = self.used[resource]
            changes[start] = changes.get(start, 0) + amount
            changes[start + task.duration] = changes.get(start + task.duration, 0) - amount
        return start

    def _is_free(self, task: Task, start: int) -> bool:
        end = start + task.duration
        for resource, amount in task.demands:
            free = self.problem.capacities[resource] - amount
            used = 0
            changes = sorted(self.used[resource].items())
            for place, (moment, change) in enumerate(changes):
                used += change
                until = changes[place + 1][0] if place + 1 < len(changes) else moment
                if used > free and moment < end and until > start:
                    return False
        return True
