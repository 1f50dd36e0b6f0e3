"""The shop floor, simulated: machines take the work that waits, stop, scrap and finish it.

A discrete-event simulation over the staffed shifts. What it leaves are the portions (what is
reported) and the spans (what the machines say); both tell of the same minutes.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from random import Random

from mes_erp.demo.company import Company, Machine, Operation
from mes_erp.demo.plan.model import Portion, Span, WorkOrder
from mes_erp.demo.working_time import Slice, WorkingTime

RUNNING, SETUP, STOPPED = "running", "setup", "stopped"
MAINTENANCE = timedelta(minutes=90)
TENTH = Decimal("0.1")
#: From then on a fault is no stop any more: maintenance is called.
BREAKDOWN = timedelta(minutes=45)
BREAKDOWNS = {"D-MECH": "D-BRKM", "D-ELEC": "D-BRKE", "D-CTRL": "D-BRKE"}


@dataclass(slots=True)
class _Task:
    """An operation that waits for a machine, with the pieces that came from the one before."""

    order: WorkOrder
    place: int
    operation: Operation
    pieces: int

    @property
    def priority(self) -> tuple[object, ...]:
        return (self.order.start_date, self.order.due_date, self.order.key)


@dataclass(slots=True)
class _Bench:
    """A machine in the simulation: where it is in its slices, and what it was last set up for."""

    machine: Machine
    slices: list[Slice]
    place: int = 0
    set_up_for: tuple[str, int] = ("", 0)
    minutes_to_stop: float = 0.0

    def available_at(self, moment: datetime) -> datetime | None:
        """The first moment from then on at which somebody stands at the machine."""
        while self.place < len(self.slices) and self.slices[self.place].ends_at <= moment:
            self.place += 1
        if self.place == len(self.slices):
            return None
        return max(moment, self.slices[self.place].starts_at)


@dataclass(slots=True)
class _Work:
    """What a machine has done of a task in the present shift."""

    starts_at: datetime
    shift: str
    spans: list[Span] = field(default_factory=list)
    machine_seconds: float = 0.0


class Floor:
    """Runs all work orders over the machines; ``spans`` holds what the machines did."""

    def __init__(self, company: Company, time: WorkingTime, rng: Random) -> None:
        self.company, self.time, self.rng = company, time, rng
        self.spans: list[Span] = []
        self._ticket = count()
        self._events: list[tuple[datetime, int, object]] = []
        self._waiting: dict[str, list[_Task]] = {code: [] for code in company.work_centres}
        self._idle: dict[str, list[_Bench]] = {code: [] for code in company.work_centres}

    def run(self, orders: list[WorkOrder]) -> None:
        for machine in self.company.machines.values():
            bench = _Bench(machine, self._maintained(machine, self.time.slices(machine.code)))
            self._next_stop(bench)
            if (at := bench.available_at(bench.slices[0].starts_at)) is not None:
                self._push(at, bench)
        for order in orders:
            first = self.company.routings[order.item][0]
            at = self.time.moment(order.site, order.start_date, 6)
            self._push(at, _Task(order, 0, first, order.quantity))
        while self._events:
            at, _ticket, what = heapq.heappop(self._events)
            if isinstance(what, _Task):
                self._waiting[what.operation.work_centre].append(what)
                self._waiting[what.operation.work_centre].sort(key=lambda task: task.priority)
                self._wake(what.operation.work_centre, at)
            elif isinstance(what, _Bench):
                self._serve(what, at)

    def _maintained(self, machine: Machine, slices: list[Slice]) -> list[Slice]:
        """Once in the story the machine is given to maintenance, at the end of a slice."""
        place = self.rng.randrange(len(slices) // 4, len(slices) // 2) * 2
        chosen = slices[min(place, len(slices) - 1)]
        begins = chosen.ends_at - MAINTENANCE
        self.spans.append(Span(machine.code, begins, chosen.ends_at, STOPPED, "P-MAINT"))
        slices[slices.index(chosen)] = Slice(chosen.starts_at, begins, chosen.shift)
        return slices

    def _push(self, at: datetime, what: object) -> None:
        heapq.heappush(self._events, (at, next(self._ticket), what))

    def _wake(self, work_centre: str, at: datetime) -> None:
        idle = self._idle[work_centre]
        if idle:
            self._push(at, idle.pop(0))

    def _serve(self, bench: _Bench, at: datetime) -> None:
        """Give the machine work, or let it wait."""
        work_centre = bench.machine.work_centre
        start = bench.available_at(at)
        if start is None:
            return
        if start > at:
            self._push(start, bench)
        elif self._waiting[work_centre]:
            self._work(bench, self._waiting[work_centre].pop(0), at)
        else:
            self._idle[work_centre].append(bench)

    def _work(self, bench: _Bench, task: _Task, at: datetime) -> None:
        """Do all of ``task`` on the machine, shift after shift, to its end or the story's."""
        good = done = 0
        progress = 0.0
        setup = self._setup_seconds(bench, task)
        pace = task.operation.run * 60 / (bench.machine.speed * self.rng.uniform(0.97, 1.02))
        moment: datetime | None = at
        while done < task.pieces and (moment := bench.available_at(moment or at)) is not None:
            work = _Work(moment, bench.slices[bench.place].shift)
            while progress < task.pieces and (start := bench.available_at(moment)) is not None:
                here = bench.slices[bench.place]
                if here.shift != work.shift or start - work.starts_at > timedelta(hours=9):
                    break
                moment, setup = self._set_up(bench, work, start, here, setup)
                moment, progress = self._produce(
                    bench, work, moment, here, pace, progress, task.pieces
                )
            pieces = self._counted(task, work, progress, done) - done
            done += pieces
            progress = done
            good += self._finish(bench, task, work, moment, pieces, done >= task.pieces)
        if done >= task.pieces:
            self._pass_on(task, good, moment or at)
            self._push(moment or at, bench)

    def _counted(self, task: _Task, work: _Work, progress: float, done: int) -> int:
        """How many pieces of ``task`` there are by the end of a shift.

        The one in the machine counts for those who began it, if they had the time that a piece
        takes; else the next shift begins it again. So nobody makes more than there was time for.
        """
        begun = min(math.ceil(progress), task.pieces)
        seconds = sum(
            (one.ends_at - one.starts_at).total_seconds()
            for one in work.spans
            if one.state == RUNNING
        )
        is_in_time = (begun - done) * task.operation.run * 60 <= seconds
        return begun if is_in_time else int(progress)

    def _setup_seconds(self, bench: _Bench, task: _Task) -> float:
        wanted = (task.order.item, task.operation.sequence)
        if bench.set_up_for == wanted:
            return 0.0
        bench.set_up_for = wanted
        return task.operation.setup * 60 * self.rng.uniform(0.85, 1.3)

    def _set_up(
        self, bench: _Bench, work: _Work, start: datetime, here: Slice, setup: float
    ) -> tuple[datetime, float]:
        seconds = min(setup, (here.ends_at - start).total_seconds())
        end = start + timedelta(seconds=round(seconds))
        if end > start:
            work.spans.append(Span(bench.machine.code, start, end, SETUP))
            work.machine_seconds += seconds
        return end, setup - seconds

    def _produce(
        self,
        bench: _Bench,
        work: _Work,
        moment: datetime,
        here: Slice,
        pace: float,
        progress: float,
        pieces: int,
    ) -> tuple[datetime, float]:
        """Run and stop until the slice ends or the last piece is done."""
        while moment < here.ends_at and progress < pieces:
            left = (here.ends_at - moment).total_seconds()
            if left < 1:
                return here.ends_at, progress
            to_go = (pieces - progress) * pace
            seconds = max(min(left, to_go, bench.minutes_to_stop * 60), 1)
            end = moment + timedelta(seconds=round(seconds))
            work.spans.append(Span(bench.machine.code, moment, end, RUNNING))
            work.machine_seconds += seconds
            moment = end
            progress = pieces if seconds >= to_go else progress + seconds / pace
            bench.minutes_to_stop -= seconds / 60
            if bench.minutes_to_stop <= 0.01 and progress < pieces and moment < here.ends_at:
                moment = self._stop(bench, work, moment, here.ends_at)
        return moment, progress

    def _stop(self, bench: _Bench, work: _Work, moment: datetime, latest: datetime) -> datetime:
        minutes = min(bench.machine.stop_minutes * self.rng.lognormvariate(-0.25, 0.7), 150)
        end = min(moment + timedelta(seconds=max(60, round(minutes * 60))), latest)
        reasons = self.company.story["stops"][bench.machine.work_centre]
        reason = self.rng.choice(reasons)
        if end - moment >= BREAKDOWN:
            reason = BREAKDOWNS.get(reason, reason)
        work.spans.append(Span(bench.machine.code, moment, end, STOPPED, reason))
        self._next_stop(bench)
        return end

    def _next_stop(self, bench: _Bench) -> None:
        bench.minutes_to_stop = self.rng.expovariate(bench.machine.stops_per_hour / 60) + 2

    def _finish(
        self, bench: _Bench, task: _Task, work: _Work, moment: datetime, pieces: int, is_last: bool
    ) -> int:
        """Write down what was done in a shift; the number of good pieces."""
        if not work.spans:
            return pieces
        machine = bench.machine
        scrap = sum(self.rng.random() * 100 < machine.scrap_percent for _n in range(pieces))
        minutes = Decimal(work.machine_seconds / 60).quantize(TENTH)
        labour = minutes * Decimal(str(task.operation.labour))
        labour *= Decimal(str(round(self.rng.uniform(0.97, 1.08), 3)))
        portion = Portion(
            order=task.order.key,
            sequence=task.operation.sequence,
            machine=machine.code,
            shift=work.shift,
            starts_at=work.starts_at,
            ends_at=moment,
            good=pieces - scrap,
            scrap=scrap,
            scrap_reason=self._scrap_reason(machine) if scrap else "",
            machine_minutes=minutes,
            labour_minutes=labour.quantize(TENTH),
            ends_operation=is_last,
        )
        task.order.portions.append(portion)
        self.spans += [
            Span(s.machine, s.starts_at, s.ends_at, s.state, s.reason, portion) for s in work.spans
        ]
        return portion.good

    def _scrap_reason(self, machine: Machine) -> str:
        return str(self.rng.choice(self.company.story["scrap"][machine.work_centre]))

    def _pass_on(self, task: _Task, good: int, at: datetime) -> None:
        operations = self.company.routings[task.order.item]
        if good and task.place + 1 < len(operations):
            following = operations[task.place + 1]
            self._push(at, _Task(task.order, task.place + 1, following, good))
