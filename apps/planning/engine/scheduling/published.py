"""Readers of published problems: job shop, flexible, flow and open shop, RCPSP, one machine."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from apps.planning.engine.scheduling.problem import (
    LATE_JOBS,
    MAKESPAN,
    TARDINESS,
    Job,
    Mode,
    Problem,
    Task,
)


def job_shop(text: str) -> Problem:
    """``jobs machines``, then per job its (machine, time) pairs in order of the routing."""
    rows = _rows(text)
    size, machines = next(rows)[:2]
    steps = []
    for _n in range(size):
        row = next(rows)
        steps.append([[Mode(m, t)] for m, t in zip(row[::2], row[1::2], strict=True)])
    return _of_steps(steps, machines)


def flexible_job_shop(text: str) -> Problem:
    """``jobs machines``, then per job: operations, each ``k`` and k pairs machine time."""
    rows = _rows(text)
    size, machines = next(rows)[:2]
    steps = []
    for _n in range(size):
        numbers = iter(next(rows))
        steps.append(
            [
                [Mode(next(numbers), next(numbers)) for _mode in range(next(numbers))]
                for _step in range(next(numbers))
            ]
        )
    return _of_steps(steps, machines)


def flow_shop(text: str) -> Problem:
    """Like a job shop, or times only; all jobs keep one order on every machine."""
    rows = _rows(text)
    size, machines = next(rows)[:2]
    steps = []
    for _n in range(size):
        row = next(rows)
        pairs = list(zip(row[::2], row[1::2], strict=False))
        if len(row) == machines:
            pairs = list(enumerate(row))
        steps.append([[Mode(m, t)] for m, t in pairs])
    problem = _of_steps(steps, machines)
    problem.is_permutation = True
    return problem


def open_shop(text: str) -> Problem:
    """``jobs machines``, then the times job by job; a job's tasks in any order."""
    rows = _rows(text)
    size, machines = next(rows)[:2]
    steps = [[[Mode(m, t)] for m, t in enumerate(next(rows))] for _n in range(size)]
    return _of_steps(steps, machines, is_open=True)


def project(text: str) -> Problem:
    """Patterson: activities, resources, capacities; then duration, needs, successors (from 1)."""
    numbers = iter([int(word) for word in text.split()])
    size, resources = next(numbers), next(numbers)
    capacities = [next(numbers) for _resource in range(resources)]
    tasks, jobs, arcs = [], [], []
    for number in range(size):
        duration = next(numbers)
        needs = [next(numbers) for _resource in range(resources)]
        demands = tuple((r, amount) for r, amount in enumerate(needs) if amount)
        arcs += [(number, next(numbers) - 1) for _after in range(next(numbers))]
        tasks.append(Task(number, (), duration=duration, demands=demands))
        jobs.append(Job((number,)))
    return Problem(jobs, tasks, 0, capacities=capacities, arcs=arcs)


def one_machine(text: str) -> Problem:
    """CSV of jobs with processing time, due date and weight; without weights late jobs count."""
    tasks, jobs, objective = [], [], LATE_JOBS
    for number, row in enumerate(csv.DictReader(StringIO(text))):
        time = int(row.get("processing_time") or row.get("processing") or 0)
        if "weight" in row:
            objective = TARDINESS
        due = int(row.get("due_date") or row.get("due") or 0)
        jobs.append(Job((number,), due=due, weight=int(row.get("weight") or 1)))
        tasks.append(Task(number, (Mode(0, time),)))
    return Problem(jobs, tasks, 1, objective=objective)


def two_machines(text: str) -> Problem:
    """CSV ``job,machine1,machine2``: a flow shop."""
    rows = list(csv.reader(StringIO(text)))[1:]
    steps = [[[Mode(m, int(t))] for m, t in enumerate(row[1:])] for row in rows]
    problem = _of_steps(steps, len(rows[0]) - 1)
    problem.is_permutation = True
    return problem


def setup_matrix(text: str) -> list[list[int]]:
    """CSV with families as head of rows and columns."""
    return [[int(cell) for cell in row[1:]] for row in list(csv.reader(StringIO(text)))[1:]]


def _rows(text: str) -> Iterator[list[int]]:
    """Lines of numbers; other lines and fractions of the head are left out."""
    for line in text.splitlines():
        words = line.split()
        if words and all(word.lstrip("-").replace(".", "", 1).isdigit() for word in words):
            yield [int(float(word)) for word in words]


def _of_steps(steps: list[list[list[Mode]]], machines: int, *, is_open: bool = False) -> Problem:
    tasks: list[Task] = []
    jobs: list[Job] = []
    for number, job in enumerate(steps):
        first = len(tasks)
        tasks += [Task(number, tuple(modes)) for modes in job]
        jobs.append(Job(tuple(range(first, len(tasks))), is_open=is_open))
    return Problem(jobs, tasks, machines, objective=MAKESPAN)
