"""Journal vouchers: entries written by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import LEDGER_DECIMALS, ZERO, require_decimal
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Account,
    CostObject,
    Journal,
    JournalVoucher,
    JournalVoucherLine,
)
from apps.finance.queries.entries import entry_of
from apps.finance.services.journal import Entry, Line, post_numbered, reverse_entry
from apps.masterdata.models import Partner

Status = JournalVoucher.Status


@dataclass(frozen=True, slots=True)
class VoucherLine:
    """A debit or a credit in company currency; exactly one of the two is above zero."""

    account: Account
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    memo: str = ""
    partner: Partner | None = None
    cost_object: CostObject | None = None


def draft_voucher(
    company: Company,
    *,
    journal: Journal,
    date: Date,
    lines: Sequence[VoucherLine],
    by: User,
    description: str = "",
    is_closing: bool = False,
) -> JournalVoucher:
    """Write a voucher down; it need not balance yet."""
    require_company(company, journal=journal)
    with unit_of_work():
        voucher = JournalVoucher(
            company=company,
            journal=journal,
            date=date,
            description=description,
            is_closing=is_closing,
            created_by=by,
        ).save_by(by)
        _write_lines(voucher, lines)
    return voucher


def change_voucher(
    voucher: JournalVoucher,
    *,
    by: User,
    journal: Journal | None = None,
    date: Date | None = None,
    lines: Sequence[VoucherLine] | None = None,
    description: str | None = None,
    version: int | None = None,
) -> JournalVoucher:
    """Change what a draft says; ``lines`` replace all of them."""
    with unit_of_work():
        voucher = lock(voucher, version=version)
        require_status(voucher, Status.DRAFT)
        if journal is not None:
            require_company(voucher.company, journal=journal)
            voucher.journal = journal
        if date is not None:
            voucher.date = date
        if description is not None:
            voucher.description = description
        if lines is not None:
            voucher.lines.all().delete()
            _write_lines(voucher, lines)
        return voucher.save_by(by)


def post_voucher(
    voucher: JournalVoucher, *, by: User, version: int | None = None
) -> JournalVoucher:
    """Post a draft; it takes the next number of its journal.

    Raises ``BusinessError`` for a closed period or a control account, ``InvalidInput`` when it
    does not balance. Six statements however many lines.
    """
    with unit_of_work():
        voucher = lock(voucher, version=version, related=("journal", "company"))
        voucher.transition_to(Status.POSTED)
        lines = list(voucher.lines.select_related("account"))
        if not lines:
            raise InvalidInput("no_lines", _("The voucher has no lines."), field="lines")
        _check_accounts(lines)
        entry = Entry(
            journal=voucher.journal.code,
            date=voucher.date,
            source=voucher,
            description=voucher.description,
            is_closing=voucher.is_closing,
            lines=[
                Line(
                    account_id=line.account_id,
                    amount=line.debit - line.credit,
                    memo=line.memo,
                    partner_id=line.partner_id,
                    cost_object_id=line.cost_object_id,
                )
                for line in lines
            ],
        )
        [posted] = post_numbered(voucher.company, [entry], by=by)
        voucher.number = posted.number
        return voucher.save_by(by)


def reverse_voucher(
    voucher: JournalVoucher, *, date: Date, reason: str, by: User, version: int | None = None
) -> JournalVoucher:
    """Post the mirror image of a posted voucher on ``date``."""
    require_reason(reason)
    with unit_of_work():
        voucher = lock(voucher, version=version)
        voucher.transition_to(Status.REVERSED)
        reverse_entry(entry_of(voucher), date=date, by=by, source=voucher, reason=reason)
        return voucher.save_by(by, reason=reason)


def cancel_voucher(
    voucher: JournalVoucher, *, by: User, reason: str = "", version: int | None = None
) -> JournalVoucher:
    """Give up a draft; no number was taken."""
    with unit_of_work():
        voucher = lock(voucher, version=version)
        voucher.transition_to(Status.CANCELLED)
        return voucher.save_by(by, reason=reason)


def _write_lines(voucher: JournalVoucher, lines: Sequence[VoucherLine]) -> None:
    for row, line in enumerate(lines):
        require_company(
            voucher.company,
            row=row,
            account=line.account,
            partner=line.partner,
            cost_object=line.cost_object,
        )
        for field in ("debit", "credit"):
            amount = require_decimal(
                getattr(line, field),
                field=field,
                row=row,
                decimal_places=LEDGER_DECIMALS,
                positive=False,
            )
            if amount < 0:
                raise InvalidInput(
                    "negative",
                    _("Write a negative amount on the other side."),
                    field=field,
                    row=row,
                )
        if bool(line.debit) == bool(line.credit):
            raise InvalidInput(
                "one_side", _("A line is either a debit or a credit."), field="debit", row=row
            )
    insert_rows(
        JournalVoucherLine,
        [
            {
                "company_id": voucher.company_id,
                "voucher_id": voucher.pk,
                "account_id": line.account.pk,
                "debit": line.debit,
                "credit": line.credit,
                "memo": line.memo,
                "partner_id": line.partner.pk if line.partner else None,
                "cost_object_id": line.cost_object.pk if line.cost_object else None,
            }
            for line in lines
        ],
    )


def _check_accounts(lines: Sequence[JournalVoucherLine]) -> None:
    for row, line in enumerate(lines):
        if not line.account.takes_manual_lines:
            raise BusinessError(
                "control_account",
                _("{account} is kept by its own documents and takes no manual line.").format(
                    account=line.account
                ),
                field="account",
                row=row,
            )
        if not line.account.is_active:
            raise BusinessError(
                "inactive_account",
                _("{account} is not active.").format(account=line.account),
                field="account",
                row=row,
            )
