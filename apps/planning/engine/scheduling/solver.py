"""CP-SAT with a hint and a time box: there is always an answer, the dispatched one at least."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from time import perf_counter, process_time
from typing import Any

from ortools.sat.python import cp_model

from apps.planning.engine.errors import PlanError
from apps.planning.engine.scheduling.dispatch import dispatch
from apps.planning.engine.scheduling.one_machine import improve, is_one_machine
from apps.planning.engine.scheduling.problem import (
    LATE_JOBS,
    MAKESPAN,
    Job,
    Problem,
    Solution,
    faults,
    longest,
    objective_value,
)

#: With set-ups each pair of tasks on a machine is a choice; above this many on one machine the
#: sequence is left to the dispatch rule and the largest set-up is kept before each task.
MOST_WITH_SETUPS = 80


@dataclass(slots=True)
class _Variables:
    start: list[Any]
    end: list[Any]
    chosen: list[list[Any]]


def solve(
    problem: Problem,
    *,
    seconds: float = 10.0,
    workers: int = 2,
    seed: int = 1,
    by_work: bool = False,
) -> Solution:
    """The best schedule found in about ``seconds``, never worse than the dispatched one.

    ``by_work`` counts the seconds in work done (own processor time, the solver's deterministic
    time) and not on the wall, so that a busy machine finds as much as an idle one. Raises
    ``PlanError`` ``pins_collide`` when what is pinned can't be kept.
    """
    began = perf_counter()
    hint = dispatch(problem, seconds=min(0.2 * seconds, 1.0))
    if faults(problem, hint):
        if any(task.fixed_start is not None for task in problem.tasks):
            raise PlanError("pins_collide", field="is_pinned")
        raise AssertionError(faults(problem, hint)[:3])
    if not problem.tasks:
        return hint
    if is_one_machine(problem):
        clock = process_time if by_work else perf_counter
        hint = improve(problem, hint, seconds=0.4 * seconds, seed=seed, clock=clock)
    limit = max(objective_value(problem, hint), 0)
    model, variables = build(problem, hint)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.random_seed = seed
    if problem.objective == MAKESPAN:
        # A relaxation says little about a makespan: half the gap in the first two seconds.
        solver.parameters.linearization_level = 0
        # Who comes before whom, learnt while searching: la21 to its optimum in 11 s, else 1 % off.
        solver.parameters.use_dynamic_precedence_in_disjunctive = True
        solver.parameters.subsolvers.extend(["quick_restart_no_lp", "no_lp"])
    if by_work:
        solver.parameters.max_deterministic_time = seconds
    else:
        solver.parameters.max_time_in_seconds = max(seconds - (perf_counter() - began), 0.05)
    first = _FirstAnswer()
    status = solver.solve(model, first)
    hint.first_answer = (hint.seconds, float(limit))
    hint.bound = max(solver.best_objective_bound, 0) if status != cp_model.MODEL_INVALID else 0
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        hint.seconds = perf_counter() - began
        return hint
    found = Solution(
        start=[solver.value(variable) for variable in variables.start],
        mode=[
            next((n for n, literal in enumerate(choices) if solver.boolean_value(literal)), 0)
            for choices in variables.chosen
        ],
        bound=solver.best_objective_bound,
        is_optimal=status == cp_model.OPTIMAL,
        source="solver",
        seconds=perf_counter() - began,
        first_answer=first.found or hint.first_answer,
    )
    if faults(problem, found) or objective_value(problem, found) > limit:
        return hint
    return found


class _FirstAnswer(cp_model.CpSolverSolutionCallback):
    """When the first answer came, and what it cost."""

    def __init__(self) -> None:
        super().__init__()
        self._began = perf_counter()
        self.found: tuple[float, float] | None = None

    def on_solution_callback(self) -> None:
        if self.found is None:
            self.found = (perf_counter() - self._began, self.objective_value)


def build(problem: Problem, hint: Solution) -> tuple[cp_model.CpModel, _Variables]:
    """The model of a problem, with ``hint`` as the answer to begin with."""
    model = cp_model.CpModel()
    latest = max(
        (start + longest(task) for start, task in zip(hint.start, problem.tasks, strict=True)),
        default=0,
    )
    horizon = latest if problem.objective == MAKESPAN else problem.horizon()
    variables, by_machine = _intervals(model, problem, horizon)
    for job in problem.jobs:
        if job.is_open:
            model.add_no_overlap(
                model.new_interval_var(
                    variables.start[n],
                    variables.end[n] - variables.start[n]
                    if len(problem.tasks[n].modes) > 1
                    else longest(problem.tasks[n]),
                    variables.end[n],
                    "",
                )
                for n in job.tasks
            )
            continue
        for before, after in zip(job.tasks, job.tasks[1:], strict=False):
            model.add(variables.start[after] >= variables.end[before])
    for before, after in problem.arcs:
        model.add(variables.start[after] >= variables.end[before])
    for machine, members in by_machine.items():
        away = [
            model.new_fixed_size_interval_var(start, end - start, "")
            for start, end in problem.blocked.get(machine, ())
        ]
        model.add_no_overlap([interval for _n, interval, _literal in members] + away)
        if machine in problem.setups:
            _sequence(model, problem, machine, members, variables)
    if problem.is_permutation:
        _same_order(model, problem, variables)
    _share(model, problem, variables)
    _minimise(model, problem, variables, horizon)
    for number, start in enumerate(hint.start):
        model.add_hint(variables.start[number], start)
        for place, literal in enumerate(variables.chosen[number]):
            model.add_hint(literal, place == hint.mode[number])
    return model, variables


def _intervals(
    model: cp_model.CpModel, problem: Problem, horizon: int
) -> tuple[_Variables, dict[int, list[Any]]]:
    variables = _Variables([], [], [])
    by_machine: dict[int, list[Any]] = {}
    for number, task in enumerate(problem.tasks):
        release = problem.jobs[task.job].release
        if task.fixed_start is not None:
            start = model.new_constant(task.fixed_start)
        else:
            start = model.new_int_var(release, horizon, "")
        variables.start.append(start)
        if len(task.modes) < 2:
            duration = longest(task)
            end = start + duration
            variables.end.append(end)
            variables.chosen.append([])
            if task.modes:
                interval = model.new_fixed_size_interval_var(start, duration, "")
                by_machine.setdefault(task.modes[0].machine, []).append((number, interval, None))
            continue
        end = model.new_int_var(release, horizon, "")
        literals = [model.new_bool_var("") for _mode in task.modes]
        model.add_exactly_one(literals)
        for mode, literal in zip(task.modes, literals, strict=True):
            interval = model.new_optional_interval_var(start, mode.duration, end, literal, "")
            by_machine.setdefault(mode.machine, []).append((number, interval, literal))
        variables.end.append(end)
        variables.chosen.append(literals)
    return variables, by_machine


def _sequence(
    model: cp_model.CpModel,
    problem: Problem,
    machine: int,
    members: list[Any],
    variables: _Variables,
) -> None:
    """Who follows whom on a machine, with the set-up between them."""
    matrix = problem.setups[machine]
    if len(members) > MOST_WITH_SETUPS:
        most = max(max(row) for row in matrix)
        _keep_apart(model, members, variables, most)
        return
    arcs: list[tuple[int, int, Any]] = []
    for place, (_number, _interval, literal) in enumerate(members, start=1):
        arcs.append((0, place, model.new_bool_var("")))
        arcs.append((place, 0, model.new_bool_var("")))
        if literal is not None:
            arcs.append((place, place, ~literal))
    arcs.append((0, 0, model.new_bool_var("")))
    for i, (before, _one, _l) in enumerate(members, start=1):
        for j, (after, _two, _m) in enumerate(members, start=1):
            if i == j:
                continue
            follows = model.new_bool_var("")
            arcs.append((i, j, follows))
            setup = matrix[problem.tasks[before].family][problem.tasks[after].family]
            model.add(variables.start[after] >= variables.end[before] + setup).only_enforce_if(
                follows
            )
    model.add_circuit(arcs)


def _keep_apart(
    model: cp_model.CpModel, members: list[Any], variables: _Variables, most: int
) -> None:
    """The largest set-up after every task: safe, if not the best, for very long queues."""
    padded = []
    for number, _interval, literal in members:
        start, end = variables.start[number], variables.end[number]
        size = end - start + most
        if literal is None:
            padded.append(model.new_interval_var(start, size, end + most, ""))
        else:
            padded.append(model.new_optional_interval_var(start, size, end + most, literal, ""))
    model.add_no_overlap(padded)


def _same_order(model: cp_model.CpModel, problem: Problem, variables: _Variables) -> None:
    """All jobs keep one order on every machine."""
    for one, other in combinations(problem.jobs, 2):
        first = model.new_bool_var("")
        for a, b in zip(one.tasks, other.tasks, strict=True):
            model.add(variables.start[b] >= variables.end[a]).only_enforce_if(first)
            model.add(variables.start[a] >= variables.end[b]).only_enforce_if(~first)


def _share(model: cp_model.CpModel, problem: Problem, variables: _Variables) -> None:
    for resource, capacity in enumerate(problem.capacities):
        intervals, amounts = [], []
        for number, task in enumerate(problem.tasks):
            amount = dict(task.demands).get(resource, 0)
            if amount and longest(task):
                start = variables.start[number]
                intervals.append(model.new_fixed_size_interval_var(start, longest(task), ""))
                amounts.append(amount)
        if intervals:
            model.add_cumulative(intervals, amounts, capacity)


def _minimise(
    model: cp_model.CpModel, problem: Problem, variables: _Variables, horizon: int
) -> None:
    last = model.new_int_var(0, horizon, "last")
    for job in problem.jobs:
        ends = job.tasks if job.is_open else job.tasks[-1:]
        for number in ends:
            model.add(last >= variables.end[number])
    if problem.objective == MAKESPAN:
        if problem.arcs:
            for number in range(len(problem.tasks)):
                model.add(last >= variables.end[number])
        model.minimize(last)
        return
    waited_for = [job for job in problem.jobs if job.due is not None and job.tasks]
    model.minimize(sum(_lateness(model, problem, variables, job, horizon) for job in waited_for))


def _lateness(
    model: cp_model.CpModel, problem: Problem, variables: _Variables, job: Job, horizon: int
) -> Any:
    """What a job that somebody waits for adds to the objective."""
    due = job.due or 0
    ends = job.tasks if job.is_open else job.tasks[-1:]
    if problem.objective == LATE_JOBS:
        is_late = model.new_bool_var("")
        for number in ends:
            model.add(variables.end[number] <= due).only_enforce_if(~is_late)
        return is_late
    tardy = model.new_int_var(0, max(horizon - due, 0), "")
    for number in ends:
        model.add(tardy >= variables.end[number] - due)
    return job.weight * tardy


def cheapest_cycle(
    matrix: list[list[int]], *, seconds: float = 10.0, workers: int = 2
) -> tuple[list[int], int, bool]:
    """The cyclic sequence of all families with the least set-up: (sequence, set-up, is proved)."""
    model = cp_model.CpModel()
    size = len(matrix)
    arcs, cost = [], []
    for i in range(size):
        for j in range(size):
            if i != j:
                literal = model.new_bool_var("")
                arcs.append((i, j, literal))
                cost.append(matrix[i][j] * literal)
    model.add_circuit(arcs)
    model.minimize(sum(cost))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = workers
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        order = list(range(size))
        total = sum(matrix[i][j] for i, j in zip(order, [*order[1:], 0], strict=True))
        return order, total, False
    after = {i: j for i, j, literal in arcs if solver.boolean_value(literal)}
    sequence = [0]
    while after[sequence[-1]] != 0:
        sequence.append(after[sequence[-1]])
    return sequence, int(solver.objective_value), status == cp_model.OPTIMAL
