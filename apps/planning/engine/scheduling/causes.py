"""Why a job is late: what its longest wait was for."""

from __future__ import annotations

from dataclasses import dataclass

from apps.planning.engine.scheduling.problem import (
    Problem,
    Solution,
    duration_of,
    end_of,
    job_end,
    machine_of,
)

MACHINE, MATERIAL, TIME = "machine", "material", "time"


@dataclass(frozen=True, slots=True)
class Cause:
    """``task`` waited ``ticks``: for ``machine``, busy with ``behind``; for material; or the job's
    own work is longer than the time it has (``time``)."""

    job: int
    kind: str
    late: int
    task: int
    ticks: int
    machine: int | None = None
    behind: int | None = None


def late_jobs(problem: Problem, solution: Solution) -> list[Cause]:
    """The cause of each late job."""
    before = _machine_predecessors(problem, solution)
    found = []
    for number, job in enumerate(problem.jobs):
        if job.due is None or not job.tasks:
            continue
        late = job_end(problem, solution, job) - job.due
        if late > 0:
            found.append(_cause(problem, solution, number, late, before))
    return found


def _cause(
    problem: Problem, solution: Solution, number: int, late: int, before: dict[int, int]
) -> Cause:
    job = problem.jobs[number]
    reached, waits = 0, []
    for task in sorted(job.tasks, key=lambda t: solution.start[t]):
        ready = max(reached, job.release)
        waits.append((solution.start[task] - ready, task))
        reached = end_of(problem, solution, task)
    ticks, task = max(waits, key=lambda wait: wait[0])
    if job.release > ticks:
        return Cause(number, MATERIAL, late, job.tasks[0], job.release)
    if ticks > 0:
        machine = machine_of(problem, solution, task)
        return Cause(number, MACHINE, late, task, ticks, machine, before.get(task))
    work = sum(duration_of(problem, solution, t) for t in job.tasks)
    return Cause(number, TIME, late, job.tasks[-1], work)


def _machine_predecessors(problem: Problem, solution: Solution) -> dict[int, int]:
    """The task that ran on the same machine before each."""
    by_machine: dict[int, list[int]] = {}
    for number in range(len(problem.tasks)):
        machine = machine_of(problem, solution, number)
        if machine is not None:
            by_machine.setdefault(machine, []).append(number)
    before: dict[int, int] = {}
    for numbers in by_machine.values():
        numbers.sort(key=lambda n: solution.start[n])
        before.update(zip(numbers[1:], numbers, strict=False))
    return before
