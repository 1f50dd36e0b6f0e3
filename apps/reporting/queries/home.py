"""The home page of a user: sections by role, each figure once, and what to do first."""

from __future__ import annotations

from dataclasses import dataclass, field

from apps.core.models import User
from apps.reporting.homes import Home, homes_of
from apps.reporting.measures import Chart, Measure, Worklist, charts, measures, worklists
from apps.reporting.queries.readings import (
    Filled,
    Plot,
    Reading,
    read_charts,
    read_measures,
    read_worklists,
)
from apps.reporting.queries.scope import Asked, asked_by
from apps.reporting.queries.steps import open_steps
from apps.reporting.steps import Step

#: For who is in no role, but holds permissions of his own.
MOST_WITHOUT_ROLE = 12


@dataclass(slots=True)
class Section:
    code: str
    title: str
    readings: list[Reading] = field(default_factory=list)
    plots: list[Plot] = field(default_factory=list)
    filled: list[Filled] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        return not (self.readings or self.plots or self.filled)


@dataclass(frozen=True, slots=True)
class HomePage:
    asked: Asked
    sections: list[Section]
    steps: list[Step]


def home_of(user: User, *, asked: Asked | None = None) -> HomePage:
    """Every figure, chart and list that ``user`` may see and whose role asks for it.

    The number of statements is the same for any role and any volume.
    """
    asked = asked or asked_by(user)
    roles = set(user.groups.values_list("name", flat=True))
    plan = _plan(homes_of(roles, is_superuser=user.is_superuser), asked)
    readings = {
        reading.measure.code: reading
        for reading in read_measures([m for part in plan for m in part.measures], asked)
    }
    plots = {
        plot.chart.code: plot for plot in read_charts([c for p in plan for c in p.charts], asked)
    }
    filled = {
        one.worklist.code: one
        for one in read_worklists([w for part in plan for w in part.worklists], asked)
    }
    sections = [
        Section(
            part.code,
            part.title,
            [readings[measure.code] for measure in part.measures],
            [plots[chart.code] for chart in part.charts],
            [filled[worklist.code] for worklist in part.worklists],
        )
        for part in plan
    ]
    return HomePage(asked, [one for one in sections if not one.is_empty], open_steps(asked))


@dataclass(slots=True)
class _Part:
    """What a section will show: allowed, and not shown by a section before it."""

    code: str
    title: str
    measures: list[Measure]
    charts: list[Chart]
    worklists: list[Worklist]


def _plan(homes: list[tuple[str, Home]], asked: Asked) -> list[_Part]:
    if not homes:
        allowed = [code for code, one in measures().items() if asked.may_see(one)]
        homes = [("own", Home("", tuple(allowed[:MOST_WITHOUT_ROLE])))]
    seen: set[str] = set()

    def chosen(codes: tuple[str, ...], registry: dict) -> list:
        found = []
        for code in codes:
            if code not in seen and asked.may_see(registry[code]):
                seen.add(code)
                found.append(registry[code])
        return found

    all_measures, all_charts, all_worklists = measures(), charts(), worklists()
    return [
        _Part(
            role,
            str(home.title),
            chosen(home.measures, all_measures),
            chosen(home.charts, all_charts),
            chosen(home.worklists, all_worklists),
        )
        for role, home in homes
    ]
