"""Depreciation of a month, of all assets of a company in one book, in one entry."""

from __future__ import annotations

from datetime import date as Date

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO
from apps.core.services.documents import lock, require_company, require_reason
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    AssetMovement,
    DepreciationBook,
    DepreciationRun,
    FixedAsset,
    Module,
    Period,
    PeriodLock,
)
from apps.finance.queries.assets import standings
from apps.finance.services.asset_disposals import mirror_movements
from apps.finance.services.asset_events import (
    JOURNAL,
    catch_up,
    depreciation_lines,
    insert_movements,
)
from apps.finance.services.journal import Entry, post_entry, reverse_entry

Status = DepreciationRun.Status
SERIES, PREFIX = "finance_depreciationrun_series", "DR"


def post_depreciation(
    company: Company, *, period: Period, by: User, book: DepreciationBook | None = None
) -> DepreciationRun:
    """Charge every asset in use with what is due at the end of ``period``.

    In ``book``, else in the one that posts to the ledger. Months that were missed are caught up
    in the same charge. A period is depreciated once; a handful of statements however many assets.
    Raises ``BusinessError`` when it is depreciated already, closed, or nothing is due.
    """
    require_company(company, period=period, book=book)
    if period.is_closing:
        raise InvalidInput("closing_period", _("Choose a month."), field="period")
    with unit_of_work():
        book = _locked_book(company, book)
        _require_next(book, period)
        _require_open(period, by)
        # whoever changes an asset waits for the run, and the run for them
        list(
            FixedAsset.objects.select_for_update(of=("self",), no_key=True)
            .filter(company=company, status__in=FixedAsset.ACTIVE)
            .order_by("pk")
            .values_list("pk")
        )
        found = standings(company, at=period.ends_on, book_id=book.pk, statuses=FixedAsset.ACTIVE)
        moves = catch_up([s for s in found if not s.last_date or s.last_date <= s.at])
        if not moves:
            raise BusinessError("nothing_due", _("No asset has depreciation due."), field="period")
        run = DepreciationRun(
            company=company,
            number=next_number(SERIES, PREFIX),
            book=book,
            period=period,
            date=period.ends_on,
            total=sum((move.depreciation for move in moves), ZERO),
            assets=len(moves),
            created_by=by,
        ).save_by(by)
        if book.posts_to_ledger:
            entry = Entry(
                journal=JOURNAL,
                date=run.date,
                source=run,
                description=_("Depreciation {period}").format(period=period),
                lines=[line for move in moves for line in depreciation_lines(move)],
            )
            run.entry_id = post_entry(company, entry, by=by)
            run.save_by(by)
        insert_movements(company.pk, moves, run.date, 0, run.entry_id, run, by)
    return run


def _locked_book(company: Company, book: DepreciationBook | None) -> DepreciationBook:
    """The book, locked: two runs of one book follow each other."""
    rows = DepreciationBook.objects.select_for_update(no_key=True).filter(company=company)
    found = rows.filter(pk=book.pk) if book else rows.filter(posts_to_ledger=True)
    row = found.first()
    if row is None:
        raise BusinessError(
            "no_ledger_book", _("No book of this company posts to the ledger."), field="book"
        )
    return row


def _require_next(book: DepreciationBook, period: Period) -> None:
    posted = DepreciationRun.objects.filter(book=book, status=Status.POSTED)
    last = posted.order_by("-date").first()
    if last is None or last.date < period.ends_on:
        return
    if posted.filter(period=period).exists():
        raise BusinessError(
            "already_depreciated",
            _("{period} is depreciated already.").format(period=period),
            field="period",
        )
    raise BusinessError(
        "later_run",
        _("{run} has depreciated a later period; it has caught up this one.").format(run=last),
        field="period",
    )


def _require_open(period: Period, by: User) -> None:
    """A book beside the ledger is closed with it."""
    state = PeriodLock.objects.get(period=period, module=Module.GENERAL).state
    is_soft = state == PeriodLock.State.SOFT
    if state == PeriodLock.State.OPEN or (
        is_soft and by.has_perm("finance.post_in_soft_closed_period")
    ):
        return
    raise BusinessError(
        "period_closed",
        _("The period of {date} is closed.").format(date=period.ends_on),
        field="period",
    )


def reverse_depreciation(
    run: DepreciationRun, *, date: Date, reason: str, by: User, version: int | None = None
) -> DepreciationRun:
    """Take a run back on ``date``, from the last one on; the period may then run again.

    Raises ``BusinessError`` when a later run or another event of an asset builds on it.
    """
    require_reason(reason)
    with unit_of_work():
        current = lock(run, version=version, related=("company", "book"))
        _locked_book(current.company, current.book)
        current.transition_to(Status.REVERSED)
        if date < current.date:
            raise InvalidInput(
                "before_event",
                _("It happened on {date} only.").format(date=current.date),
                field="date",
            )
        rows = _movements_of(current)
        _require_last(current, rows)
        entry_id = None
        if current.entry is not None:
            entry_id = reverse_entry(current.entry, date=date, by=by, source=current, reason=reason)
        mirror_movements(rows, date=date, event=0, entry_id=entry_id, by=by)
        return current.save_by(by, reason=reason)


def _movements_of(run: DepreciationRun) -> list[AssetMovement]:
    """The run's own lines; its assets are locked first."""
    rows = AssetMovement.objects.filter(
        source_type=ContentType.objects.get_for_model(DepreciationRun), source_id=run.pk
    ).order_by("id")
    ids = rows.values_list("asset_id", flat=True)
    list(
        FixedAsset.objects.select_for_update(of=("self",), no_key=True)
        .filter(pk__in=list(ids))
        .order_by("pk")
        .values_list("pk")
    )
    return list(rows)


def _require_last(run: DepreciationRun, rows: list[AssetMovement]) -> None:
    last = {row.asset_book_id: row.pk for row in rows}
    since = AssetMovement.objects.filter(
        asset_book__in=last, pk__gt=min(last.values()), reverses=None, reversals=None
    ).select_related("asset")
    moved = [row.asset for row in since if row.pk > last[row.asset_book_id]]
    if moved:
        raise BusinessError(
            "later_movement",
            _("{asset} has moved since; reverse that first.").format(asset=moved[0]),
            field="status",
            details={"assets": [str(found.number) for found in moved][:20]},
        )
