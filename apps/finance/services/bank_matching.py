"""Bank lines tied to the ledger: payments made or found, postings by account, all undoable.

Who matches holds the lock of the bank account: of two people with one line, one comes second and
is told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.db.models import Sum
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    update_all,
)
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Account,
    BankAccount,
    BankLine,
    BankMatch,
    CostObject,
    JournalEntry,
    JournalLine,
    MatchRule,
    Payment,
)
from apps.finance.queries.rates import exchange_rate
from apps.finance.services.journal import Entry, Line, post_entries, reverse_entry
from apps.finance.services.payments import post_payment, reverse_payment
from apps.finance.services.settlement import Allocation
from apps.masterdata.models import Partner

State = BankLine.State
Made = BankMatch.Made


@dataclass(frozen=True, slots=True)
class Posting:
    """A line to post to ``account``: fees, interest, transfers."""

    line: BankLine
    account: Account
    partner: Partner | None = None
    cost_object: CostObject | None = None
    rule: MatchRule | None = None
    memo: str = ""


def match_line(
    line: BankLine,
    *,
    invoices: Sequence[Allocation],
    partner: Partner | None = None,
    amount: Decimal | None = None,
    by: User,
    rule: MatchRule | None = None,
    write_off_overpayment: bool = False,
    reason: str = "",
    version: int | None = None,
) -> BankMatch:
    """Make the payment that ``line`` shows, settle ``invoices`` with it and tie both.

    ``amount`` (positive, in the account's currency) is how much of the line it takes; all that is
    left of it by default. Invoices in another currency are paid at the rate that the two sums
    give. What exceeds the invoices stays on account of their partner, unless it is a small rest
    that is written off with ``reason``.
    """
    with unit_of_work():
        line, account = _locked(line, version)
        taken = _part(line, account, amount)
        partner = partner or (invoices[0].invoice.partner if invoices else None)
        if partner is None:
            raise InvalidInput("required", _("Name the partner."), field="partner")
        currency = invoices[0].invoice.currency if invoices else account.currency
        paid, rate = abs(taken), None
        if currency.pk != account.currency_id:
            paid = sum((part.amount for part in invoices), ZERO)
            rate = _rate(account, abs(taken), paid, currency.decimal_places)
        payment = post_payment(
            line.company,
            direction=Payment.Direction.IN if taken > 0 else Payment.Direction.OUT,
            partner=partner,
            account=account.account,
            date=line.date,
            amount=paid,
            allocations=invoices,
            currency=currency,
            exchange_rate=rate,
            reference=(line.reference or line.end_to_end_id or line.text)[:60],
            write_off_overpayment=write_off_overpayment,
            reason=reason,
            by=by,
        )
        [posted] = _ledger_lines(account, [payment.entry_id])
        match = _new_match(line, taken, by, made=Made.PAYMENT, rule=rule)
        match.payment, match.journal_line = payment, posted
        insert_all([match], by=by)
        _take(line, taken, by)
    return match


def tie_line(
    line: BankLine,
    *,
    journal_lines: Sequence[JournalLine],
    by: User,
    version: int | None = None,
) -> list[BankMatch]:
    """Tie ``line`` to what the ledger holds already: a payment, a payment run, a voucher.

    Each journal line takes what is open of both. Raises ``BusinessError`` when one is used up, of
    another account, or runs the other way.
    """
    if not journal_lines:
        raise InvalidInput("required", _("Choose what to tie it to."), field="journal_lines")
    with unit_of_work():
        line, account = _locked(line, version)
        left = line.amount - line.matched_amount
        if not left:
            raise _not_open(line)
        open_of = _open_amounts(account, journal_lines)
        payments = dict(
            Payment.objects.filter(
                company=line.company, entry_id__in=[one.entry_id for one in journal_lines]
            ).values_list("entry_id", "pk")
        )
        matches = []
        for row, posted in enumerate(journal_lines):
            still_open = open_of.get(posted.pk, ZERO)
            if still_open * left <= 0:
                raise _unusable(posted, still_open, row)
            amount = min(still_open, left, key=abs)
            match = _new_match(line, amount, by)
            match.journal_line, match.payment_id = posted, payments.get(posted.entry_id)
            matches.append(match)
            left -= amount
        insert_all(matches, by=by)
        _take(line, sum((match.amount for match in matches), ZERO), by)
    return matches


def post_line(
    line: BankLine,
    *,
    account: Account,
    by: User,
    partner: Partner | None = None,
    cost_object: CostObject | None = None,
    memo: str = "",
    version: int | None = None,
) -> BankMatch:
    """Post what is left of ``line`` to ``account``: a fee, interest, a transfer."""
    with unit_of_work():
        locked, _account = _locked(line, version)
        [match] = post_lines([Posting(locked, account, partner, cost_object, memo=memo)], by=by)
    return match


def post_lines(postings: Sequence[Posting], *, by: User) -> list[BankMatch]:
    """``post_line`` for many lines of one bank account; a constant number of statements.

    Raises ``BusinessError`` with the row of one that is not open or whose account takes no
    manual line.
    """
    if not postings:
        return []
    with unit_of_work():
        first = postings[0].line
        account = lock(first.bank_account, related=("account", "journal", "currency", "company"))
        current = BankLine.objects.select_for_update().in_bulk(
            sorted(posting.line.pk for posting in postings)
        )
        matches, entries = [], []
        for row, posting in enumerate(postings):
            line = current[posting.line.pk]
            _check_posting(posting, line, account, row)
            matches.append(
                _new_match(
                    line, line.amount - line.matched_amount, by, made=Made.POSTING,
                    rule=posting.rule,
                )
            )  # fmt: skip
        waiting = [_pending(match) for match in matches]
        insert_all(waiting, by=by)
        for match, posting in zip(waiting, postings, strict=True):
            entries.append(_posting_entry(match, posting, account))
        ids = post_entries(account.company, entries, by=by)
        found = {posted.entry_id: posted for posted in _ledger_lines(account, ids)}
        for match, entry_id in zip(waiting, ids, strict=True):
            match.journal_line, match.is_live = found[entry_id], True
        lines = [current[posting.line.pk] for posting in postings]
        for line in lines:
            line.matched_amount, line.state = line.amount, State.MATCHED
        update_all(lines, "matched_amount", "state", by=by, reason=_("Posted"))
        update_all(waiting, "journal_line", "is_live", by=by)
    return waiting


def unmatch_line(
    line: BankLine, *, reason: str, by: User, date: Date | None = None, version: int | None = None
) -> BankLine:
    """Undo all that stands of ``line``; what was made for it is reversed on ``date``.

    ``date`` is the line's own by default; give a later one when its period is closed. An ignored
    line is open again.
    """
    reason = require_reason(reason)
    with unit_of_work():
        line, _account = _locked(line, version, must_be_open=False)
        if line.state == State.IGNORED:
            line.state, line.ignored_because = State.OPEN, ""
            return line.save_by(by, reason=reason)
        live = list(
            BankMatch.objects.filter(line=line, is_live=True)
            .select_related("payment", "journal_line__entry")
            .order_by("pk")
        )
        if not live:
            raise BusinessError("not_matched", _("The line is not matched."), field="state")
        for match in live:
            match.is_live = False
        update_all(live, "is_live", by=by, reason=reason)
        line.matched_amount, line.state = ZERO, State.OPEN
        line.save_by(by, reason=reason)
        for match in live:
            _undo(match, date or line.date, reason, by)
    return line


def ignore_line(line: BankLine, *, reason: str, by: User, version: int | None = None) -> BankLine:
    """Set an open line aside, with why; it stays an item of the reconciliation."""
    reason = require_reason(reason)
    with unit_of_work():
        line, _account = _locked(line, version)
        if line.matched_amount:
            raise BusinessError(
                "partly_matched", _("Part of the line is matched. Undo that first."), field="state"
            )
        line.state, line.ignored_because = State.IGNORED, reason[:500]
        return line.save_by(by, reason=reason)


def _undo(match: BankMatch, date: Date, reason: str, by: User) -> None:
    if match.made == Made.PAYMENT and match.payment is not None:
        # it may have settled an invoice of a later day
        settled_on = match.payment.allocations.values_list("date", flat=True)
        reverse_payment(match.payment, date=max(date, *settled_on, date), reason=reason, by=by)
    elif match.made == Made.POSTING and match.journal_line is not None:
        entry = JournalEntry.objects.select_related("company", "journal", "period").get(
            pk=match.journal_line.entry_id
        )
        reverse_entry(entry, date=date, by=by, source=match, reason=reason)


def _locked(
    line: BankLine, version: int | None, *, must_be_open: bool = True
) -> tuple[BankLine, BankAccount]:
    """The account first, then the line: the order that everybody keeps."""
    account = lock(line.bank_account, related=("account", "journal", "currency", "company"))
    current = lock(line, version=version, related=("company",))
    current.bank_account = account
    if must_be_open and current.state != State.OPEN:
        raise _not_open(current)
    return current, account


def _not_open(line: BankLine, row: int | None = None) -> BusinessError:
    return BusinessError(
        "not_open",
        _("The bank line {line} is {state}.").format(
            line=line, state=line.get_state_display().lower()
        ),
        field="state",
        row=row,
    )


def _part(line: BankLine, account: BankAccount, amount: Decimal | None) -> Decimal:
    """How much of the line is taken, with its sign."""
    left = line.amount - line.matched_amount
    if amount is None:
        return left
    require_decimal(amount, field="amount", decimal_places=account.currency.decimal_places)
    if amount > abs(left):
        raise BusinessError(
            "over_matched",
            _("Only {left} of the line is open.").format(left=abs(left)),
            field="amount",
        )
    return amount if left > 0 else -amount


def _rate(account: BankAccount, taken: Decimal, paid: Decimal, places: int) -> Decimal:
    """The rate at which a sum in foreign currency took ``taken`` from the account."""
    company = account.company
    if account.currency_id != company.currency_id or not paid:
        raise BusinessError(
            "wrong_currency",
            _("An invoice in another currency is paid from an account in {currency} only.").format(
                currency=company.currency_id
            ),
            field="invoices",
        )
    rate = (taken / paid).quantize(Decimal("0.00000001"))
    if round_money(paid * rate, company.currency.decimal_places) != taken:
        raise BusinessError(
            "no_rate", _("No exchange rate makes {a} of {b}.").format(a=taken, b=paid),
            field="amount",
        )  # fmt: skip
    return rate


def _new_match(
    line: BankLine, amount: Decimal, by: User, *, made: str = "", rule: MatchRule | None = None
) -> BankMatch:
    return BankMatch(
        company_id=line.company_id, line=line, amount=amount, made=made, rule=rule, created_by=by
    )


def _pending(match: BankMatch) -> BankMatch:
    """Its entry names it as the source, so it is written first."""
    match.is_live = False
    return match


def _take(line: BankLine, amount: Decimal, by: User) -> None:
    line.matched_amount += amount
    line.state = State.MATCHED if line.matched_amount == line.amount else State.OPEN
    line.save_by(by, reason=_("Matched"))


def _ledger_lines(account: BankAccount, entry_ids: Sequence[int | None]) -> list[JournalLine]:
    return list(
        JournalLine.objects.filter(entry__in=entry_ids, account=account.account).order_by("pk")
    )


def _open_amounts(account: BankAccount, journal_lines: Sequence[JournalLine]) -> dict[int, Decimal]:
    """What no live match has taken yet of each, in the account's currency."""
    keys = [posted.pk for posted in journal_lines]
    used = dict(
        BankMatch.objects.filter(journal_line__in=keys, is_live=True)
        .values_list("journal_line")
        .annotate(total=Sum("amount"))
        .order_by()
    )
    result = {}
    for posted in journal_lines:
        if posted.account_id != account.account_id:
            continue
        own = posted.currency_id == account.currency_id
        is_company = account.currency_id == account.company.currency_id
        amount = posted.amount_currency if own else posted.amount if is_company else ZERO
        result[posted.pk] = amount - used.get(posted.pk, ZERO)
    return result


def _unusable(posted: JournalLine, still_open: Decimal, row: int) -> BusinessError:
    return BusinessError(
        "over_matched",
        _("{posted} has {open} open: that does not go with this line.").format(
            posted=posted, open=still_open
        ),
        field="journal_lines",
        row=row,
    )


def _check_posting(posting: Posting, line: BankLine, account: BankAccount, row: int) -> None:
    require_company(
        account.company, row=row, account=posting.account, partner=posting.partner,
        cost_object=posting.cost_object, line=line,
    )  # fmt: skip
    if line.bank_account_id != account.pk:
        raise InvalidInput(
            "wrong_account", _("The line is of another account."), field="line", row=row
        )
    if line.state != State.OPEN:
        raise _not_open(line, row)
    if not posting.account.takes_manual_lines or not posting.account.is_active:
        raise BusinessError(
            "control_account",
            _("{account} is kept by its own documents and takes no manual line.").format(
                account=posting.account
            ),
            field="account",
            row=row,
        )
    if posting.account.pk == account.account_id:
        raise InvalidInput(
            "same_account", _("That is the bank account itself."), field="account", row=row
        )


def _posting_entry(match: BankMatch, posting: Posting, account: BankAccount) -> Entry:
    line, company = match.line, account.company
    rate = Decimal(1)
    if account.currency_id != company.currency_id:
        rate = exchange_rate(company, account.currency_id, line.date)
    value = round_money(match.amount * rate, company.currency.decimal_places)
    memo = posting.memo or line.text or line.name
    return Entry(
        journal=account.journal.code,
        date=line.date,
        source=match,
        description=memo,
        lines=[
            Line(
                account_id=account.account_id,
                amount=value,
                currency=account.currency_id,
                amount_currency=match.amount,
                memo=memo,
            ),
            Line(
                account_id=posting.account.pk,
                amount=-value,
                currency=account.currency_id,
                amount_currency=-match.amount,
                memo=memo,
                partner_id=posting.partner.pk if posting.partner else None,
                cost_object_id=posting.cost_object.pk if posting.cost_object else None,
            ),
        ],
    )
