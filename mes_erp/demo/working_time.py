"""When the demo company works: public holidays of its two countries, shifts, staffed machines."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date as Date
from datetime import datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from apps.masterdata.shift_spans import ShiftPattern, ShiftSpan, SiteCalendar, instant
from mes_erp.demo.company import Company, rows_of

DAY = timedelta(days=1)
BREAK_AFTER = timedelta(hours=4)
# Month and day of those that fall on the same date each year, days after Easter of the others.
FIXED = {
    "DE": {
        (1, 1): "Neujahr",
        (5, 1): "Tag der Arbeit",
        (10, 3): "Tag der Deutschen Einheit",
        (10, 31): "Reformationstag",
        (12, 25): "1. Weihnachtstag",
        (12, 26): "2. Weihnachtstag",
    },
    "PT": {
        (1, 1): "Ano Novo",
        (4, 25): "Dia da Liberdade",
        (5, 1): "Dia do Trabalhador",
        (6, 10): "Dia de Portugal",
        (8, 15): "Assunção de Nossa Senhora",
        (10, 5): "Implantação da República",
        (11, 1): "Todos os Santos",
        (12, 1): "Restauração da Independência",
        (12, 8): "Imaculada Conceição",
        (12, 25): "Natal",
    },
}
AFTER_EASTER = {
    "DE": {-2: "Karfreitag", 1: "Ostermontag", 39: "Christi Himmelfahrt", 50: "Pfingstmontag"},
    "PT": {-2: "Sexta-feira Santa", 60: "Corpo de Deus"},
}


def easter(year: int) -> Date:
    """Easter Sunday (Gauss's rule in the form of Butcher and Meeus, Gregorian calendar)."""
    a, b, c = year % 19, year // 100, year % 100
    h = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    k = (32 + 2 * (b % 4) + 2 * (c // 4) - h - c % 4) % 7
    m = (a + 11 * h + 22 * k) // 451
    month, day = divmod(h + k - 7 * m + 114, 31)
    return Date(year, month, day + 1)


@cache
def holidays(country: str, year: int) -> dict[Date, str]:
    """Public holidays: Germany as in Lower Saxony, Portugal as in all of it."""
    found = {Date(year, *day): name for day, name in FIXED[country].items()}
    sunday = easter(year)
    found |= {sunday + n * DAY: name for n, name in AFTER_EASTER[country].items()}
    return dict(sorted(found.items()))


@dataclass(frozen=True, slots=True)
class Slice:
    """Time that a staffed machine can use: a shift without its break."""

    starts_at: datetime
    ends_at: datetime
    shift: str


class WorkingTime:
    """The calendars of the sites from the first to the last day of a span of time."""

    def __init__(self, company: Company, first: Date, last: Date) -> None:
        self.company, self.first, self.last = company, first, last
        years = range(first.year - 1, last.year + 2)
        patterns: dict[str, list[ShiftPattern]] = {}
        for number, row in enumerate(rows_of("shifts")):
            pattern = ShiftPattern(
                number,
                row["code"],
                time.fromisoformat(row["starts_at"]),
                time.fromisoformat(row["ends_at"]),
                int(row["break_minutes"]),
                int(row["weekdays"]),
            )
            patterns.setdefault(row["site"], []).append(pattern)
        self.calendars = {
            site["code"]: SiteCalendar(
                ZoneInfo(site["time_zone"]),
                tuple(patterns[site["code"]]),
                frozenset(day for year in years for day in holidays(site["country"], year)),
            )
            for site in company.story["sites"]
        }

    def days(self, site: str) -> list[Date]:
        """The working days of a site."""
        count = (self.last - self.first).days + 1
        return [
            day
            for day in (self.first + n * DAY for n in range(count))
            if self.calendars[site].spans_on(day)
        ]

    def day(self, site: str, number: int) -> Date:
        """The working day of that number, from zero; the last when there are fewer (holidays)."""
        days = self.days(site)
        return days[min(number, len(days) - 1)]

    def plus(self, site: str, day: Date, working_days: int) -> Date:
        """The working day so many after ``day``, or before it; the next one for none."""
        step = DAY if working_days >= 0 else -DAY
        while not self.calendars[site].spans_on(day):
            day += step
        for _n in range(abs(working_days)):
            day += step
            while not self.calendars[site].spans_on(day):
                day += step
        return day

    def moment(self, site: str, day: Date, hour: int, minute: int = 0) -> datetime:
        return instant(day, time(hour, minute), self.calendars[site].zone)

    def end(self, site: str) -> datetime:
        """The midnight after the last day."""
        return self.moment(site, self.last + DAY, 0)

    def local_date(self, site: str, moment: datetime) -> Date:
        return self.calendars[site].local_date(moment)

    def staffed(self, machine: str) -> list[ShiftSpan]:
        """The shifts in which somebody works at a machine, the last cut where the story ends."""
        site = self.company.machines[machine].site
        shifts = self.company.work_centres[self.company.machines[machine].work_centre].shifts
        spans = [
            span
            for day in self.days(site)
            for span in self.calendars[site].spans_on(day)
            if span.code in shifts
        ]
        return sorted(span for span in spans if span.starts_at < self.end(site))

    def slices(self, machine: str) -> list[Slice]:
        """The staffed shifts of a machine without their breaks."""
        end = self.end(self.company.machines[machine].site)
        found = []
        for span in self.staffed(machine):
            pause = span.starts_at + BREAK_AFTER
            back = pause + timedelta(minutes=span.break_minutes)
            for starts_at, ends_at in ((span.starts_at, pause), (back, span.ends_at)):
                if starts_at < min(ends_at, end):
                    found.append(Slice(starts_at, min(ends_at, end), span.code))
        return found
