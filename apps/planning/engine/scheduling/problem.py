"""What is to be scheduled, and what a schedule is; with the check that it is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

MAKESPAN, TARDINESS, LATE_JOBS = "makespan", "tardiness", "late_jobs"


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to do a task: on ``machine`` it takes ``duration`` ticks."""

    machine: int
    duration: int


@dataclass(frozen=True, slots=True)
class Task:
    """A step of ``job``. ``family`` picks the set-up; ``fixed_start`` pins it where it is.

    A task without a mode takes ``duration`` of no machine, but perhaps of shared resources.
    """

    job: int
    modes: tuple[Mode, ...]
    family: int = -1
    fixed_start: int | None = None
    duration: int = 0
    demands: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Job:
    """Tasks by number, done in this order unless ``is_open``. ``due`` None: nobody waits."""

    tasks: tuple[int, ...]
    release: int = 0
    due: int | None = None
    weight: int = 1
    is_open: bool = False


@dataclass(slots=True)
class Problem:
    """``setups[machine]`` is a matrix of ticks from family to family, or absent.

    ``blocked`` are spans in which a machine is away, ``capacities`` of shared resources,
    ``arcs`` further pairs of tasks of which the first ends before the second begins.
    """

    jobs: Sequence[Job]
    tasks: Sequence[Task]
    machines: int
    objective: str = MAKESPAN
    setups: Mapping[int, Sequence[Sequence[int]]] = field(default_factory=dict)
    blocked: dict[int, Sequence[tuple[int, int]]] = field(default_factory=dict)
    capacities: Sequence[int] = ()
    arcs: Sequence[tuple[int, int]] = ()
    is_permutation: bool = False

    def horizon(self) -> int:
        """A time by which everything fits, one after the other."""
        work = sum(longest(task) for task in self.tasks)
        setup = sum(
            max((max(row) for row in self.setups[m]), default=0)
            for task in self.tasks
            for m in {mode.machine for mode in task.modes} & self.setups.keys()
        )
        away = max((end for spans in self.blocked.values() for _s, end in spans), default=0)
        release = max((job.release for job in self.jobs), default=0)
        pinned = max((t.fixed_start + longest(t) for t in self.tasks if t.fixed_start), default=0)
        return work + setup + max(release, away, pinned) + 1


@dataclass(slots=True)
class Solution:
    """``start`` and ``machine`` by task; ``bound`` is what no schedule can be better than."""

    start: list[int]
    mode: list[int]
    bound: float = 0
    is_optimal: bool = False
    source: str = "dispatch"
    seconds: float = 0
    first_answer: tuple[float, float] | None = None  # (seconds, objective)


def longest(task: Task) -> int:
    return max((mode.duration for mode in task.modes), default=task.duration)


def duration_of(problem: Problem, solution: Solution, number: int) -> int:
    task = problem.tasks[number]
    return task.modes[solution.mode[number]].duration if task.modes else task.duration


def end_of(problem: Problem, solution: Solution, number: int) -> int:
    return solution.start[number] + duration_of(problem, solution, number)


def machine_of(problem: Problem, solution: Solution, number: int) -> int | None:
    task = problem.tasks[number]
    return task.modes[solution.mode[number]].machine if task.modes else None


def job_end(problem: Problem, solution: Solution, job: Job) -> int:
    return max((end_of(problem, solution, number) for number in job.tasks), default=0)


def objective_value(problem: Problem, solution: Solution) -> int:
    """What the schedule costs by the problem's objective."""
    ends = [job_end(problem, solution, job) for job in problem.jobs]
    if problem.objective == MAKESPAN:
        return max(ends, default=0)
    late = [
        (job.weight, max(0, end - job.due))
        for job, end in zip(problem.jobs, ends, strict=True)
        if job.due is not None
    ]
    if problem.objective == LATE_JOBS:
        return sum(1 for _weight, ticks in late if ticks)
    return sum(weight * ticks for weight, ticks in late)


def faults(problem: Problem, solution: Solution) -> list[str]:
    """Every constraint that a schedule breaks; written apart from the solver, to judge it."""
    found: list[str] = []
    for number, task in enumerate(problem.tasks):
        if task.fixed_start is not None and solution.start[number] != task.fixed_start:
            found.append(f"task {number} is not where it is pinned")
        elif task.fixed_start is None and solution.start[number] < problem.jobs[task.job].release:
            found.append(f"task {number} starts before its release")
    for job in problem.jobs:
        chain = list(zip(job.tasks, job.tasks[1:], strict=False)) if not job.is_open else []
        found += [
            f"task {after} starts before {before} ends"
            for before, after in chain
            if solution.start[after] < end_of(problem, solution, before)
        ]
        if job.is_open:
            found += _overlaps(problem, solution, list(job.tasks), None)
    found += [
        f"task {after} starts before {before} ends"
        for before, after in problem.arcs
        if solution.start[after] < end_of(problem, solution, before)
    ]
    for machine in range(problem.machines):
        on_it = [
            n for n in range(len(problem.tasks)) if machine_of(problem, solution, n) == machine
        ]
        found += _overlaps(problem, solution, on_it, machine)
    return found + _overdrawn(problem, solution)


def _overlaps(
    problem: Problem, solution: Solution, numbers: list[int], machine: int | None
) -> list[str]:
    found = []
    order = sorted(numbers, key=lambda n: (solution.start[n], end_of(problem, solution, n)))
    matrix = problem.setups.get(machine) if machine is not None else None
    for before, after in pairwise(order):
        setup = 0
        if matrix is not None:
            setup = matrix[problem.tasks[before].family][problem.tasks[after].family]
        if solution.start[after] < end_of(problem, solution, before) + setup:
            found.append(f"tasks {before} and {after} overlap")
    for start, end in problem.blocked.get(machine, ()) if machine is not None else ():
        found += [
            f"task {n} runs while machine {machine} is away"
            for n in order
            if solution.start[n] < end and end_of(problem, solution, n) > start
        ]
    return found


def _overdrawn(problem: Problem, solution: Solution) -> list[str]:
    found = []
    for resource, capacity in enumerate(problem.capacities):
        changes: dict[int, int] = {}
        for number, task in enumerate(problem.tasks):
            amount = dict(task.demands).get(resource, 0)
            if amount and duration_of(problem, solution, number):
                start, end = solution.start[number], end_of(problem, solution, number)
                changes[start] = changes.get(start, 0) + amount
                changes[end] = changes.get(end, 0) - amount
        used = 0
        for _moment, change in sorted(changes.items()):
            used += change
            if used > capacity:
                found.append(f"resource {resource} is overdrawn")
                break
    return found
