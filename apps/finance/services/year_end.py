"""The year end by entry: profit and loss to retained earnings, in the closing period."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import User
from apps.core.money import ZERO
from apps.core.services.documents import lock
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Account,
    FiscalYear,
    Journal,
    JournalVoucher,
    PeriodLock,
    PostingRole,
)
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.queries.trial_balance import TrialBalance, trial_balance
from apps.finance.services.vouchers import (
    VoucherLine,
    draft_voucher,
    post_voucher,
    reverse_voucher,
)

JOURNAL = "GEN"
RESULT_KINDS = (Account.Kind.INCOME, Account.Kind.EXPENSE)


@dataclass(frozen=True, slots=True)
class YearEnd:
    """The closing entry, and the trial balance without and with it. ``result``: profit above 0."""

    voucher: JournalVoucher
    result: Decimal
    before: TrialBalance
    after: TrialBalance


def close_year(year: FiscalYear, *, by: User) -> YearEnd:
    """Carry the result and the distributions of ``year`` to retained earnings, on its last day.

    The year's months must be closed for every module, so that nothing is posted behind it. May be
    run again after more was posted: it carries what is left. Raises ``BusinessError`` when a month
    is open or nothing is left to carry.
    """
    with unit_of_work():
        year = lock(year)
        _require_months_closed(year)
        whole = ReportFilter(year.company, date_to=year.ends_on)
        before = trial_balance(whole)
        resolver = AccountResolver(year.company)
        retained = resolver.account_id(PostingRole.RETAINED_EARNINGS)
        swept = _distributions(resolver) - {retained}
        carried = {
            row.account_id: row.closing
            for row in before.rows
            if row.closing and (row.kind in RESULT_KINDS or row.account_id in swept)
        }
        if not carried:
            raise BusinessError(
                "nothing_to_close", _("{year} has no result to carry.").format(year=year)
            )
        result = -sum((row.closing for row in before.rows if row.kind in RESULT_KINDS), ZERO)
        voucher = draft_voucher(
            year.company,
            journal=Journal.objects.get(company=year.company, code=JOURNAL),
            date=year.ends_on,
            description=_("Closing of {year}").format(year=year.code),
            lines=_closing_lines(carried, retained),
            is_closing=True,
            by=by,
        )
        voucher = post_voucher(voucher, by=by)
        return YearEnd(voucher, result, before, trial_balance(whole))


def reopen_year(year: FiscalYear, *, reason: str, by: User) -> list[JournalVoucher]:
    """Take the closing entries of ``year`` back by their mirror images in the closing period."""
    with unit_of_work():
        year = lock(year)
        closings = JournalVoucher.objects.filter(
            company=year.company,
            is_closing=True,
            status=JournalVoucher.Status.POSTED,
            date=year.ends_on,
        ).order_by("id")
        reopened = [
            reverse_voucher(voucher, date=year.ends_on, reason=reason, by=by)
            for voucher in closings
        ]
    if not reopened:
        raise BusinessError("not_closed", _("{year} is not closed.").format(year=year))
    return reopened


def _require_months_closed(year: FiscalYear) -> None:
    is_open = (
        PeriodLock.objects.filter(period__fiscal_year=year, period__is_closing=False)
        .exclude(state=PeriodLock.State.CLOSED)
        .select_related("period__fiscal_year")
        .order_by("period__number", "module")
    )
    if is_open:
        names = sorted({str(row.period) for row in is_open})
        raise BusinessError(
            "periods_open",
            _("These periods are still open: {periods}.").format(periods=", ".join(names)),
            details={"periods": names},
        )


def _distributions(resolver: AccountResolver) -> set[int]:
    """The account of dividends, when the company has one apart from retained earnings."""
    try:
        return {resolver.account_id(PostingRole.DISTRIBUTIONS)}
    except BusinessError:
        return set()


def _closing_lines(carried: dict[int, Decimal], retained: int) -> list[VoucherLine]:
    accounts = Account.objects.in_bulk([*carried, retained])
    amounts = [(accounts[key], -balance) for key, balance in carried.items()]
    amounts.append((accounts[retained], sum(carried.values(), ZERO)))
    return [
        VoucherLine(account, debit=max(amount, ZERO), credit=max(-amount, ZERO))
        for account, amount in amounts
        if amount
    ]
