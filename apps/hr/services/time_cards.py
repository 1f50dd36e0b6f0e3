"""Time cards: what the registers of time say about some days, checked, approved, then paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal, round_quantity
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import CostObject
from apps.hr.attendance import minutes_by_day, open_days, split_overtime, week_of, with_indirect
from apps.hr.models import Contract, Employee, TimeCard, TimeCardLine
from apps.hr.queries.attendance import booked, clocked, regular_minutes_beside
from apps.hr.queries.contracts import contract_on, contracts_between
from apps.hr.queries.leave import WORKING_DAYS, granted_days
from apps.hr.queries.periods import is_closed

MOST_DAYS = 7
MINUTES_PER_HOUR = Decimal(60)
MINUTES_PER_DAY = Decimal(24 * 60)
Status, Kind, Origin = TimeCard.Status, TimeCardLine.Kind, TimeCardLine.Origin


@dataclass(frozen=True, slots=True)
class TimeLine:
    """Minutes written by hand: work without a clock, or an absence."""

    date: Date
    minutes: Decimal
    kind: str = Kind.REGULAR
    cost_object: CostObject | None = None
    is_paid: bool = True
    note: str = ""


def open_time_card(
    *,
    company: Company,
    employee: Employee,
    starts_on: Date,
    by: User,
    ends_on: Date | None = None,
    lines: Sequence[TimeLine] = (),
) -> TimeCard:
    """A card for a day or up to a week (a week from ``starts_on`` by default), filled at once.

    Raises ``BusinessError`` without a contract on those days, for a closed period, or when another
    card covers one of them; ``InvalidInput`` for a bad line (row named).
    """
    require_company(company, employee=employee)
    last = ends_on or starts_on + timedelta(days=MOST_DAYS - 1)
    if not timedelta(0) <= last - starts_on < timedelta(days=MOST_DAYS):
        raise InvalidInput("bad_span", _("A card has one to seven days."), field="ends_on")
    with unit_of_work():
        Employee.objects.select_for_update(of=("self",)).get(pk=employee.pk)
        _require_open_books(company, (starts_on, last))
        _require_free(employee, starts_on, last)
        card = TimeCard(
            company=company,
            number=next_number("hr_timecard_series", "TC"),
            employee=employee,
            starts_on=starts_on,
            ends_on=last,
            created_by=by,
        ).save_by(by)
        _write_by_hand(card, lines)
        _gather(card)
    return card


def change_time_card(
    card: TimeCard, *, lines: Sequence[TimeLine], by: User, version: int | None = None
) -> TimeCard:
    """Replace the lines written by hand; what the registers say is read anew."""
    with unit_of_work():
        card = _locked(card, version)
        require_status(card, Status.OPEN)
        card.lines.filter(origin=Origin.MANUAL).delete()
        _write_by_hand(card, lines)
        _gather(card)
        return card.save_by(by)


def gather_time_card(card: TimeCard, *, by: User, version: int | None = None) -> TimeCard:
    """Read clock events, labour and leave anew into an open card.

    Raises ``BusinessError`` when more was booked on a day than the employee was there.
    """
    with unit_of_work():
        card = _locked(card, version)
        require_status(card, Status.OPEN)
        _gather(card)
        return card.save_by(by)


def approve_time_card(card: TimeCard, *, by: User, version: int | None = None) -> TimeCard:
    """Close the days of the card: their time is ready to be paid and takes no more events.

    Raises ``BusinessError`` for one's own card, an empty one, a day still clocked in, a day of more
    than 24 hours, a closed period.
    """
    with unit_of_work():
        card = _locked(card, version)
        if card.employee.user_id == by.pk:
            raise BusinessError("own_time_card", _("Somebody else approves your time."))
        require_status(card, Status.OPEN)
        _require_open_books(card.company, (card.starts_on, card.ends_on))
        _gather(card)
        _require_complete(card)
        card.transition_to(Status.APPROVED)
        return card.save_by(by)


def reopen_time_card(
    card: TimeCard, *, reason: str, by: User, version: int | None = None
) -> TimeCard:
    """Open an approved card again. One that a pay run has is locked: reverse or redraft the run."""
    reason = require_reason(reason)
    with unit_of_work():
        card = _locked(card, version)
        require_status(card, Status.APPROVED)
        card.transition_to(Status.OPEN)
        return card.save_by(by, reason=reason)


def _locked(card: TimeCard, version: int | None) -> TimeCard:
    """Employee first, so that no event or booking slips in (``hr_day_is_open``), then the card."""
    Employee.objects.select_for_update(of=("self",)).get(pk=card.employee_id)
    return lock(card, version=version)


def _require_open_books(company: Company, days: Sequence[Date]) -> None:
    for day in days:
        if is_closed(company, day):
            raise BusinessError(
                "period_closed",
                _("The period of {date} is closed.").format(date=day),
                field="starts_on",
            )


def _require_free(employee: Employee, first: Date, last: Date) -> None:
    other = TimeCard.objects.filter(
        employee=employee, starts_on__lte=last, ends_on__gte=first
    ).first()
    if other is not None:
        raise BusinessError(
            "overlapping_card",
            _("{number} covers these days already.").format(number=other.number),
            field="starts_on",
        )


def _write_by_hand(card: TimeCard, lines: Sequence[TimeLine]) -> None:
    for row, line in enumerate(lines):
        require_decimal(line.minutes, field="minutes", row=row)
        require_company(card.company, row=row, cost_object=line.cost_object)
        if not card.starts_on <= line.date <= card.ends_on:
            raise InvalidInput(
                "outside_card", _("The card does not cover {date}.").format(date=line.date),
                field="date", row=row,
            )  # fmt: skip
    TimeCardLine.objects.bulk_create(
        TimeCardLine(
            company_id=card.company_id,
            card=card,
            date=line.date,
            kind=Kind(line.kind),
            minutes=line.minutes,
            cost_object=line.cost_object,
            is_paid=line.is_paid,
            note=line.note,
        )
        for line in lines
    )


def _gather(card: TimeCard) -> None:
    employee, first, last = card.employee, card.starts_on, card.ends_on
    contracts = list(contracts_between(first, last).filter(employee=employee))
    if not contracts:
        raise BusinessError(
            "no_contract",
            _("{employee} has no contract from {first} to {last}.").format(
                employee=employee, first=first, last=last
            ),
            field="employee",
        )
    card.lines.exclude(origin=Origin.MANUAL).delete()
    present = minutes_by_day(clocked(employee, first, last))
    pieces, too_much = with_indirect(present, booked(employee, first, last))
    if too_much:
        raise BusinessError(
            "more_than_present",
            _("On {days} more labour was booked than {employee} was at work.").format(
                days=", ".join(map(str, too_much)), employee=employee
            ),
            field="lines",
        )
    earlier = regular_minutes_beside(employee, card.pk, first, last)
    for date, minutes in card.lines.filter(kind=Kind.REGULAR).values_list("date", "minutes"):
        earlier[week_of(date)] = earlier.get(week_of(date), ZERO) + minutes
    TimeCardLine.objects.bulk_create(
        TimeCardLine(
            company_id=card.company_id,
            card=card,
            date=piece.date,
            kind=Kind.OVERTIME if piece.is_overtime else Kind.REGULAR,
            minutes=piece.minutes,
            cost_object_id=piece.cost_object_id,
            origin=piece.origin,
        )
        for piece in split_overtime(
            pieces, weekly_minutes=_weekly_minutes(contracts, last), earlier=earlier
        )
    )
    _write_absences(card, contracts)


def _write_absences(card: TimeCard, contracts: Sequence[Contract]) -> None:
    """A day of granted leave is a fifth of the week's hours."""
    lines = []
    for day, request in granted_days(card.employee, card.starts_on, card.ends_on):
        contract = contract_on(contracts, day)
        if contract is not None:
            lines.append(
                TimeCardLine(
                    company_id=card.company_id,
                    card=card,
                    date=day,
                    kind=Kind.ABSENCE,
                    minutes=round_quantity(
                        contract.hours_per_week * MINUTES_PER_HOUR / WORKING_DAYS
                    ),
                    origin=Origin.LEAVE,
                    is_paid=request.leave_type.is_paid,
                    note=request.number,
                )
            )
    TimeCardLine.objects.bulk_create(lines)


def _weekly_minutes(contracts: Sequence[Contract], day: Date) -> Decimal:
    contract = contract_on(contracts, day) or contracts[0]
    return contract.hours_per_week * MINUTES_PER_HOUR


def _require_complete(card: TimeCard) -> None:
    by_day: dict[Date, Decimal] = defaultdict(lambda: ZERO)
    for date, minutes in card.lines.values_list("date", "minutes"):
        by_day[date] += minutes
    if not by_day:
        raise BusinessError("empty_card", _("There is no time on the card."), field="lines")
    still_in = open_days(clocked(card.employee, card.starts_on, card.ends_on))
    if still_in:
        raise BusinessError(
            "still_clocked_in",
            _("Nobody clocked out on {days}.").format(days=", ".join(map(str, still_in))),
            field="lines",
        )
    for date, minutes in by_day.items():
        if minutes > MINUTES_PER_DAY:
            raise BusinessError(
                "too_long",
                _("{date} has more than 24 hours.").format(date=date),
                field="lines",
            )
    contracts = list(contracts_between(card.starts_on, card.ends_on).filter(employee=card.employee))
    for date in by_day:
        if contract_on(contracts, date) is None:
            raise BusinessError(
                "no_contract",
                _("{employee} has no contract on {date}.").format(
                    employee=card.employee, date=date
                ),
                field="employee",
            )
