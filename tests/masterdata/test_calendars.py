"""Shifts in time zones: day and night, the days the clock changes, holidays, cuts without gaps."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.errors import InvalidInput
from apps.masterdata.models import Holiday, Shift
from apps.masterdata.models.calendars import ALL_WEEKDAYS
from apps.masterdata.queries.calendars import calendar_of, calendars_of, shift_at, shifts_on
from apps.masterdata.shift_spans import ShiftPattern, SiteCalendar, instant
from tests.factories import Books, make_site
from tests.support.statements import at_most

BERLIN = ZoneInfo("Europe/Berlin")
EARLY = ShiftPattern(1, "EARLY", time(6), time(14), 30, ALL_WEEKDAYS)
LATE = ShiftPattern(2, "LATE", time(14), time(22), 30, ALL_WEEKDAYS)
NIGHT = ShiftPattern(3, "NIGHT", time(22), time(6), 30, ALL_WEEKDAYS)
ALL_DAY = SiteCalendar(BERLIN, (EARLY, LATE, NIGHT))
MONDAY = date(2026, 3, 9)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=BERLIN).astimezone(UTC)


def test_a_shift_is_its_local_time_in_utc() -> None:
    span = EARLY.on(MONDAY, BERLIN)
    assert span is not None
    assert (span.starts_at, span.ends_at) == (
        datetime(2026, 3, 9, 5, tzinfo=UTC),
        datetime(2026, 3, 9, 13, tzinfo=UTC),
    )
    assert span.planned_minutes() == 450


@pytest.mark.parametrize(
    ("day", "minutes"),
    [(date(2026, 3, 28), 420), (date(2026, 10, 24), 540), (date(2026, 6, 1), 480)],
)
def test_the_night_in_which_the_clock_changes(day: date, minutes: int) -> None:
    span = NIGHT.on(day, BERLIN)
    assert span is not None
    assert span.minutes == minutes
    assert span.planned_minutes() == minutes - 30


def test_a_clock_time_that_is_skipped_or_shown_twice() -> None:
    assert instant(date(2026, 3, 29), time(2, 30), BERLIN) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )
    assert instant(date(2026, 10, 25), time(2, 30), BERLIN) == datetime(
        2026, 10, 25, 1, 30, tzinfo=UTC
    )


def test_shift_at_its_edges_and_after_midnight() -> None:
    def code(moment: datetime) -> str | None:
        span = ALL_DAY.shift_at(moment)
        return span and span.code

    assert code(at(MONDAY, 6)) == "EARLY"
    assert code(at(MONDAY, 14)) == "LATE"
    assert code(at(MONDAY, 13, 59)) == "EARLY"
    tuesday = MONDAY + timedelta(days=1)
    night = ALL_DAY.shift_at(at(tuesday, 3))
    assert night is not None
    assert (night.code, night.day) == ("NIGHT", MONDAY)


def test_the_night_before_a_holiday_is_worked_to_its_end() -> None:
    calendar = SiteCalendar(BERLIN, (EARLY, LATE, NIGHT), frozenset({MONDAY}))
    assert calendar.spans_on(MONDAY) == []
    before = calendar.shift_at(at(MONDAY, 5))
    assert before is not None
    assert before.day == MONDAY - timedelta(days=1)
    assert calendar.shift_at(at(MONDAY, 7)) is None


def test_weekdays_are_those_on_which_the_shift_starts() -> None:
    fridays = ShiftPattern(4, "FRI", time(22), time(6), 0, 0b0010000)
    calendar = SiteCalendar(BERLIN, (fridays,))
    friday = date(2026, 3, 13)
    assert [span.day for span in calendar.spans(at(MONDAY, 0), at(MONDAY, 0) + timedelta(14))] == [
        friday,
        friday + timedelta(7),
    ]
    assert calendar.shift_at(at(friday + timedelta(1), 5)) is not None


def test_breaks_count_in_proportion_while_the_shift_lasts() -> None:
    span = ShiftPattern(5, "D", time(6), time(14), 60, ALL_WEEKDAYS).on(MONDAY, BERLIN)
    assert span is not None
    assert span.planned_minutes() == 420
    assert span.planned_minutes(until=at(MONDAY, 10)) == 210
    assert span.planned_minutes(until=at(MONDAY, 5)) == 0


@given(
    start=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC)),
    length=st.timedeltas(timedelta(microseconds=1), timedelta(days=4)),
    shifts=st.sets(
        st.sampled_from((EARLY, LATE, NIGHT, ShiftPattern(9, "X", time(5), time(15), 0, 21)))
    ),
)
def test_a_cut_has_no_gap_and_no_overlap(start: datetime, length: timedelta, shifts: set) -> None:
    calendar = SiteCalendar(BERLIN, tuple(shifts), frozenset({date(2026, 5, 1)}))
    pieces = calendar.cut(start, start + length)
    assert pieces[0].starts_at == start
    assert pieces[-1].ends_at == start + length
    assert all(a.ends_at == b.starts_at for a, b in itertools.pairwise(pieces))
    for piece in pieces:
        if piece.shift is None:
            assert calendar.shift_at(piece.starts_at) is None
        else:
            assert piece.shift.starts_at <= piece.starts_at < piece.ends_at <= piece.shift.ends_at


def test_a_site_without_shifts_works_around_the_clock() -> None:
    calendar = SiteCalendar(BERLIN, ())
    [piece] = calendar.working(at(MONDAY, 0), at(MONDAY, 5))
    assert piece.minutes == 300
    assert ALL_DAY.working(at(MONDAY, 0), at(MONDAY, 7))[0].shift is not None


def make_shift(books: Books, code: str, **values: object) -> Shift:
    values = {"site": books.site, "starts_at": time(6), "ends_at": time(14)} | values
    return Shift(company=books.company, code=code, name=code, **values).save_by(books.by)


def test_calendars_are_read_in_two_statements(books: Books) -> None:
    books.site.time_zone = "Europe/Berlin"
    books.site.save_by(books.by)
    other = make_site(books.company, by=books.by, code="OTHER")
    make_shift(books, "E", break_minutes=30)
    make_shift(books, "OLD", is_active=False)
    make_shift(books, "N", site=other, starts_at=time(22), ends_at=time(6))
    Holiday(company=books.company, site=None, date=date(2026, 3, 10), name="All").save()
    Holiday(company=books.company, site=other, date=date(2026, 3, 11), name="Here").save()
    with at_most(2):
        found = calendars_of(books.company, [books.site.pk, other.pk])
    assert [s.code for s in found[books.site.pk].shifts] == ["E"]
    assert found[books.site.pk].holidays == {date(2026, 3, 10)}
    assert found[other.pk].holidays == {date(2026, 3, 10), date(2026, 3, 11)}
    assert shifts_on(books.site, date(2026, 3, 10)) == []
    [span] = shifts_on(books.site, MONDAY)
    assert span.starts_at == datetime(2026, 3, 9, 5, tzinfo=UTC)
    assert shift_at(books.site, span.starts_at) == span
    assert calendar_of(books.site).shift_at(span.ends_at) is None
    with pytest.raises(InvalidInput, match="zone"):
        shift_at(books.site, datetime(2026, 3, 9, 5))
