"""Payment runs: due bills proposed, approved by a second person, sent as pain.001, executed.

A run pays from one account, in the currency of that account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal

from django.core.files.base import ContentFile
from django.db import IntegrityError
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO, require_decimal, round_money
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_status,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import independent_part, unit_of_work
from apps.finance.bank_formats.pain import Order, Party, credit_transfer
from apps.finance.models import ApprovalLimit, BankAccount, Invoice, PaymentRun, PaymentRunLine
from apps.finance.queries.ageing import open_instalments
from apps.finance.queries.open_items import allocated_amounts
from apps.finance.queries.rates import exchange_rate
from apps.finance.services.approvals import require_within_limit
from apps.finance.services.payments import post_payment
from apps.finance.services.settlement import Allocation
from apps.masterdata.models import PartnerBankAccount
from apps.masterdata.services.partner_banks import is_iban

Status = PaymentRun.Status
#: A number that became what it is within these days is shown with a warning.
NEW_ACCOUNT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Bill:
    """A bill to pay, or part of it."""

    invoice: Invoice
    amount: Decimal | None = None
    partner_account: PartnerBankAccount | None = None


def propose_payment_run(
    bank_account: BankAccount, *, date: Date, due_until: Date, by: User
) -> PaymentRun:
    """A draft with what is due by ``due_until`` of supplier bills that no other run pays.

    Bills in the account's currency only, of partners with a bank account used for payments; the
    others are left out. Raises ``BusinessError`` ``nothing_due``.
    """
    due = [
        item
        for item in open_instalments(bank_account.company, kind="supplier", at=date)
        if item.kind == "invoice"
        and item.open > 0
        and item.due_date <= due_until
        and item.currency == bank_account.currency_id
    ]
    amounts: dict[int, Decimal] = {}
    for item in due:
        amounts[item.id] = amounts.get(item.id, ZERO) + item.open
    keys = list(amounts)
    taken = set(
        PaymentRunLine.objects.filter(invoice__in=keys, is_live=True).values_list(
            "invoice_id", flat=True
        )
    )
    payable = _accounts_of({item.partner_id for item in due}, bank_account.currency_id)
    chosen = list(
        dict.fromkeys(
            item.id for item in due if item.id not in taken and item.partner_id in payable
        )
    )
    if not chosen:
        raise BusinessError(
            "nothing_due",
            _("No bill that can be paid is due by {date}.").format(date=due_until),
            field="due_until",
        )
    invoices = Invoice.objects.select_related("partner").in_bulk(chosen)
    bills = [Bill(invoices[key], amounts[key]) for key in chosen]
    return draft_payment_run(bank_account, date=date, due_until=due_until, bills=bills, by=by)


def draft_payment_run(
    bank_account: BankAccount,
    *,
    date: Date,
    bills: Sequence[Bill],
    by: User,
    due_until: Date | None = None,
) -> PaymentRun:
    """A draft of the bills named; all of each by default.

    Raises ``BusinessError`` with the row: a bill in another live run, not open, in another
    currency than the account, of a partner without a bank account.
    """
    if not is_iban(bank_account.number) and not bank_account.bic:
        raise InvalidInput(
            "bic_required",
            _("{account} has no IBAN: its bank's BIC is needed.").format(account=bank_account),
            field="bank_account",
        )
    if not bills:
        raise InvalidInput("required", _("Name the bills."), field="bills")
    with unit_of_work():
        keys = sorted(bill.invoice.pk for bill in bills)
        list(Invoice.objects.select_for_update().filter(pk__in=keys).order_by("pk"))
        so_far = allocated_amounts(keys)
        partners = {bill.invoice.partner_id for bill in bills}
        accounts = _accounts_of(partners, bank_account.currency_id)
        run = PaymentRun(
            company=bank_account.company,
            number=next_number("finance_paymentrun_series", "PR"),
            bank_account=bank_account,
            date=date,
            due_until=due_until or date,
            created_by=by,
        ).save_by(by)
        lines = [
            _run_line(run, bill, bill.invoice.total - so_far[bill.invoice.pk].amount, accounts, row)
            for row, bill in enumerate(bills)
        ]
        _refuse_taken(keys, bills)
        try:
            with independent_part():
                insert_all(lines, by=by)
        except IntegrityError as error:
            raise _taken() from error
        run.total = sum((line.amount for line in lines), ZERO)
        return run.save_by(by)


def approve_payment_run(run: PaymentRun, *, by: User, version: int | None = None) -> PaymentRun:
    """Let a run go out. Who made it can't approve it, nor anybody beyond a limit."""
    with unit_of_work():
        run = lock(run, version=version)
        require_status(run, Status.DRAFT)
        if by.pk == run.created_by_id:
            raise BusinessError(
                "same_person", _("Who made the run can't approve it."), field="approved_by"
            )
        rate = exchange_rate(run.company, run.bank_account.currency_id, run.date)
        total = round_money(run.total * rate, run.company.currency.decimal_places)
        require_within_limit(run.company, ApprovalLimit.Document.PAYMENT_RUN, total, by)
        run.transition_to(Status.APPROVED)
        run.approved_by = by
        return run.save_by(by)


def reopen_payment_run(run: PaymentRun, *, by: User, version: int | None = None) -> PaymentRun:
    """Take an approval back; the bills stay in the run."""
    with unit_of_work():
        run = lock(run, version=version)
        run.transition_to(Status.DRAFT)
        run.approved_by = None
        return run.save_by(by)


def export_payment_run(run: PaymentRun, *, by: User, version: int | None = None) -> PaymentRun:
    """Write the file for the bank (pain.001.001.09), checked against its schema.

    Raises ``BusinessError`` when an account was changed since the run was made: it must be
    looked at and approved again.
    """
    with unit_of_work():
        run = lock(run, version=version, related=("company", "bank_account__currency"))
        require_status(run, Status.APPROVED)
        lines = _lines(run)
        for row, line in enumerate(lines):
            if not line.partner_account.is_active or _paid_to(line) != _paid_to(
                line.partner_account
            ):
                raise BusinessError(
                    "account_changed",
                    _("The bank account of {partner} was changed since the run was made.").format(
                        partner=line.invoice.partner
                    ),
                    field="lines",
                    row=row,
                )
        run.file.save(f"{run.number}.xml", ContentFile(pain_001(run, lines)), save=False)
        run.transition_to(Status.EXPORTED)
        return run.save_by(by)


def execute_payment_run(run: PaymentRun, *, by: User, version: int | None = None) -> PaymentRun:
    """Post the payments, on the run's date: the bank has taken the file."""
    with unit_of_work():
        run = lock(run, version=version, related=("company", "bank_account__account"))
        require_status(run, Status.EXPORTED)
        lines = _lines(run)
        for line in lines:
            line.payment = post_payment(
                run.company,
                direction="out",
                partner=line.invoice.partner,
                account=run.bank_account.account,
                date=run.date,
                amount=line.amount,
                allocations=[Allocation(line.invoice, line.amount)],
                currency=line.invoice.currency,
                reference=f"{run.number} {line.invoice.reference}"[:60],
                by=by,
            )
            line.is_live = False
        update_all(lines, "payment", "is_live", by=by, reason=_("Executed"))
        run.transition_to(Status.DONE)
        return run.save_by(by)


def cancel_payment_run(
    run: PaymentRun, *, by: User, reason: str = "", version: int | None = None
) -> PaymentRun:
    """Give a run up before it is executed: its bills may be paid by another."""
    with unit_of_work():
        run = lock(run, version=version)
        run.transition_to(Status.CANCELLED)
        lines = list(run.lines.all())
        for line in lines:
            line.is_live = False
        update_all(lines, "is_live", by=by, reason=reason or _("Cancelled"))
        return run.save_by(by, reason=reason)


def is_new_account(line: PaymentRunLine) -> bool:
    """Whether the number paid to became what it is only lately: ask the partner by telephone."""
    return timezone.now() - line.partner_account.account_changed_at < NEW_ACCOUNT


def pain_001(run: PaymentRun, lines: Sequence[PaymentRunLine]) -> bytes:
    """The customer credit transfer of ``run``."""
    own = run.bank_account
    number = {"iban": own.number} if is_iban(own.number) else {"number": own.number}
    places = own.currency.decimal_places
    return credit_transfer(
        message=f"{run.number}-{run.pk}",
        debtor=Party(run.company.name, bic=own.bic, country=run.company.country, **number),
        currency=own.currency_id,
        date=run.date,
        orders=[
            Order(
                f"{run.number}-{line.pk}",
                Party(
                    line.partner_account.holder or line.invoice.partner.name,
                    line.iban,
                    line.account_number,
                    line.bic,
                    line.invoice.partner.country,
                ),
                round_money(line.amount, places),
                f"{run.number} {line.invoice.reference or line.invoice.number}",
            )
            for line in lines
        ],
    )


def _paid_to(row: PaymentRunLine | PartnerBankAccount) -> tuple[str, str, str]:
    return row.iban, row.account_number, row.bic


def _lines(run: PaymentRun) -> list[PaymentRunLine]:
    return list(
        run.lines.select_related(
            "invoice__partner", "invoice__currency", "partner_account"
        ).order_by("pk")
    )


def _accounts_of(partners: set[int], currency: str) -> dict[int, PartnerBankAccount]:
    """By partner: its account for this currency, else the one for any."""
    rows = PartnerBankAccount.objects.filter(
        Q(currency=currency) | Q(currency=None),
        partner__in=partners,
        is_active=True,
        is_default=True,
    )
    return {row.partner_id: row for row in rows.order_by(F("currency").desc(nulls_first=True))}


def _run_line(
    run: PaymentRun,
    bill: Bill,
    still_open: Decimal,
    accounts: dict[int, PartnerBankAccount],
    row: int,
) -> PaymentRunLine:
    invoice = bill.invoice
    require_company(run.company, row=row, invoice=invoice, partner_account=bill.partner_account)
    account = bill.partner_account or accounts.get(invoice.partner_id)
    amount = bill.amount if bill.amount is not None else still_open
    currency = run.bank_account.currency
    require_decimal(amount, field="amount", row=row, decimal_places=currency.decimal_places)
    checks = (
        (invoice.kind == "supplier" and invoice.status == "posted", "not_payable", "invoice",
         _("{invoice} is no posted supplier bill.")),
        (invoice.currency_id == currency.pk, "wrong_currency", "invoice",
         _("{invoice} is in {theirs}, the account in {ours}.")),
        (amount <= still_open, "over_allocated", "amount", _("{invoice} is not open that far.")),
        (account is not None and account.is_active and account.partner_id == invoice.partner_id,
         "no_bank_account", "partner_account",
         _("The partner of {invoice} has no bank account for {ours}.")),
        (account is not None and account.currency_id in (None, currency.pk), "wrong_currency",
         "partner_account", _("That account of {invoice}'s partner is not for {ours}.")),
    )  # fmt: skip
    for holds, code, field, message in checks:
        if not holds:
            text = message.format(invoice=invoice, theirs=invoice.currency_id, ours=currency.pk)
            raise BusinessError(code, text, field=field, row=row)
    return PaymentRunLine(
        company_id=run.company_id,
        run=run,
        invoice=invoice,
        partner_account=account,
        iban=account.iban if account else "",
        account_number=account.account_number if account else "",
        bic=account.bic if account else "",
        amount=amount,
    )


def _refuse_taken(keys: Sequence[int], bills: Sequence[Bill]) -> None:
    if len(set(keys)) < len(keys):
        raise InvalidInput("named_twice", _("A bill is named twice."), field="bills")
    other = (
        PaymentRunLine.objects.filter(invoice__in=keys, is_live=True)
        .select_related("run", "invoice")
        .first()
    )
    if other is not None:
        row = next(n for n, bill in enumerate(bills) if bill.invoice.pk == other.invoice_id)
        raise BusinessError(
            "in_other_run",
            _("{invoice} is in payment run {run} already.").format(
                invoice=other.invoice, run=other.run
            ),
            field="bills",
            row=row,
        )


def _taken() -> BusinessError:
    return BusinessError(
        "in_other_run", _("A bill is in another payment run already."), field="bills"
    )
