"""Statements of banks come in: known ones told apart, wrong ones refused, nothing in part."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date as Date
from datetime import timedelta
from functools import partial
from typing import Any

from django.core.files.base import ContentFile
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.import_profiles import read_profile
from apps.core.models import Company, User
from apps.core.services.attachments import safe_name
from apps.core.services.documents import insert_all, lock, require_company, update_all
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.bank_formats import (
    BalanceRead,
    LineRead,
    StatementKind,
    StatementRead,
    check_balances,
    read_statements,
)
from apps.finance.models import BankAccount, BankImport, BankLine, BankStatement
from apps.finance.queries.bank_accounts import account_of

Status = BankImport.Status
Told = Callable[[int, int, str], None]
#: More than this is written in the background.
LINES_AT_ONCE = 500
MOST_LINES = 100_000
BATCH = 2000


@dataclass(frozen=True, slots=True)
class Received:
    """A file that can be imported, with what it says."""

    source: BankImport
    statements: Sequence[StatementRead]

    @property
    def lines(self) -> int:
        return sum(len(statement.lines) for statement in self.statements)


def receive_file(
    company: Company,
    *,
    name: str,
    content: bytes,
    by: User,
    bank_account: BankAccount | None = None,
    profile: str = "",
    encoding: str = "utf-8",
) -> Received:
    """Keep a file whose statements can be read, add up and belong to accounts of ours.

    Raises ``InvalidInput`` (field ``file`` or ``bank_account``) for one that can't, and
    ``BusinessError`` ``duplicate_file`` for one that came before; nothing is kept then.
    """
    require_company(company, bank_account=bank_account)
    format_, statements = read_statements(content, profile=read_profile(profile), encoding=encoding)
    count = sum(len(statement.lines) for statement in statements)
    if count > MOST_LINES:
        raise InvalidInput(
            "too_many_lines",
            _("A file has at most {most} lines.").format(most=MOST_LINES),
            field="file",
        )
    accounts = _accounts(company)
    for statement in statements:
        account = account_of(statement, accounts, bank_account)
        check_balances(_in_currency(statement, account))
    digest = hashlib.sha256(content).hexdigest()
    with unit_of_work():
        Company.objects.select_for_update().get(pk=company.pk)
        _refuse_known_file(company, digest)
        source = BankImport(
            company=company,
            number=next_number("finance_bankimport_series", "BI"),
            name=safe_name(name),
            format=format_,
            sha256=digest,
            bank_account=bank_account,
            profile=profile,
            encoding=encoding,
            created_by=by,
        )
        source.file.save(f"{digest}.txt", ContentFile(content), save=False)
        source.save_by(by)
    return Received(source, statements)


def import_statements(
    source: BankImport,
    *,
    by: User,
    statements: Sequence[StatementRead] | None = None,
    report: Told | None = None,
) -> BankImport:
    """Write the statements of a received file: all of them, or none.

    Lines that an interim report brought before go over to their statement with their matches;
    lines of an export that are known are left out. Raises ``BusinessError`` for a statement that
    is there already or overlaps another.
    """
    told = report or (lambda done, total, message: None)
    if statements is None:
        told(0, 1, _("Reading the file"))
        with source.file.open("rb") as file:
            content = file.read()
        _format, statements = read_statements(
            content, profile=read_profile(source.profile), encoding=source.encoding
        )
    total = sum(len(statement.lines) for statement in statements) or 1
    with unit_of_work():
        source = lock(source)
        if source.status == Status.DONE:
            return source  # its process died after it had committed
        accounts = _accounts(source.company)
        done = 0
        for statement in statements:
            account = account_of(statement, accounts, source.bank_account)
            account = lock(account)
            accounts[account.pk] = account
            _Writer(source, account, _in_currency(statement, account), by).write(
                partial(_told_from, told, done, total)
            )
            done += len(statement.lines)
        source.transition_to(Status.DONE)
        return source.save_by(by)


def _told_from(told: Told, base: int, total: int, written: int) -> None:
    told(base + written, total, "")


def refuse_import(source: BankImport, *, message: str, by: User) -> BankImport:
    """Note why a file was not imported; the same file may come again."""
    with unit_of_work():
        source = lock(source)
        source.transition_to(Status.CANCELLED)
        source.message = message
        return source.save_by(by)


def import_file(company: Company, *, by: User, **given: Any) -> BankImport:
    """Receive and import at once; for small files, and for who waits for it."""
    with unit_of_work():
        received = receive_file(company, by=by, **given)
        return import_statements(received.source, by=by, statements=received.statements)


def _accounts(company: Company) -> dict[int, BankAccount]:
    rows = BankAccount.objects.filter(company=company, is_active=True).select_related("currency")
    return {row.pk: row for row in rows.order_by("pk")}


def _refuse_known_file(company: Company, digest: str) -> None:
    known = (
        BankImport.objects.filter(company=company, sha256=digest)
        .exclude(status=Status.CANCELLED)
        .first()
    )
    if known is not None:
        raise BusinessError(
            "duplicate_file",
            _("This file came before, as {number} on {date}.").format(
                number=known.number, date=known.created_at.date()
            ),
            field="file",
            details={"import": known.number},
        )


def _in_currency(statement: StatementRead, account: BankAccount) -> StatementRead:
    """Files that name no currency are in the account's; any other must be the account's own."""
    code = account.currency_id
    if statement.currency and statement.currency != code:
        raise InvalidInput(
            "wrong_currency",
            _("Statement {statement} is in {currency}, but {account} is kept in {own}.").format(
                statement=statement.label,
                currency=statement.currency,
                account=account,
                own=code,
            ),
            field="file",
        )
    lines = tuple(
        line if line.currency else replace(line, currency=code) for line in statement.lines
    )
    return replace(
        statement,
        currency=code,
        lines=lines,
        opening=_balance_in(statement.opening, code),
        closing=_balance_in(statement.closing, code),
    )


def _balance_in(balance: BalanceRead | None, code: str) -> BalanceRead | None:
    return balance if balance is None or balance.currency else replace(balance, currency=code)


class _Writer:
    """One statement of one account, whose row is locked."""

    def __init__(
        self, source: BankImport, account: BankAccount, read: StatementRead, by: User
    ) -> None:
        self.source, self.account, self.read, self.by = source, account, read, by
        self.lines = [line for line in read.booked if line.amount]
        days = [line.date for line in self.lines]
        days += [one.date for one in (read.opening, read.closing) if one is not None]
        self.is_empty = not days  # nothing is booked: only pending lines, or none
        self.starts_on = min(days, default=Date.min)
        last = read.closing.date if read.closing else max(days, default=Date.min)
        self.ends_on = max(last, self.starts_on)

    def write(self, told: Callable[[int], None]) -> None:
        self.source.lines_pending += len(self.read.lines) - len(self.read.booked)
        if self.is_empty:
            return
        self.lines = self._split()
        self._refuse_known_statement()
        new, adopted = self._told_apart()
        if self.read.kind is not StatementKind.STATEMENT and not new:
            self.source.lines_known += len(self.lines)
            return
        self._open_account()
        statement = self._statement(len(new) + len(adopted))
        for row in adopted:
            row.statement = statement
        update_all(adopted, "statement", by=self.by, reason=_("On the bank's statement"))
        for start in range(0, len(new), BATCH):
            part = new[start : start + BATCH]
            rows = [
                self._row(statement, line, key, start + n)
                for n, (line, key) in enumerate(part, start=1)
            ]
            insert_all(rows, by=self.by)
            told(start + len(part))
        self.source.lines_new += len(new)
        self.source.lines_known += len(self.lines) - len(new)

    def _split(self) -> list[LineRead]:
        """Batches as their parts, but one that another report brought as a whole stays whole."""
        batches = [line for line in self.lines if line.parts]
        if not batches:
            return self.lines
        keys = {content_key(self.account.pk, line) for line in batches}
        rows = BankLine.objects.filter(bank_account=self.account, content_key__in=keys)
        whole = set(rows.values_list("content_key", flat=True))
        lines: list[LineRead] = []
        for line in self.lines:
            is_whole = not line.parts or content_key(self.account.pk, line) in whole
            lines += [line] if is_whole else line.parts
        return lines

    def _refuse_known_statement(self) -> None:
        """The same number of the same days, or the same running number of the same year."""
        if self.read.kind is not StatementKind.STATEMENT:
            return
        rows = BankStatement.objects.filter(bank_account=self.account, kind=self.read.kind)
        known = None
        if self.read.number:
            known = rows.filter(
                number=self.read.number, starts_on=self.starts_on, ends_on=self.ends_on
            ).first()
        if known is None and self.read.sequence.strip("0"):
            known = rows.filter(
                sequence=self.read.sequence,
                number=self.read.number,
                ends_on__year=self.ends_on.year,
            ).first()
        if known is not None:
            raise BusinessError(
                "duplicate_statement",
                _("Statement {statement} is there already, by {file}.").format(
                    statement=self.read.label, file=known.source
                ),
                field="file",
                details={"statement": self.read.label},
            )

    def _told_apart(self) -> tuple[list[tuple[LineRead, str]], list[BankLine]]:
        """Lines that are new, and the rows of those that only an interim report brought."""
        keys = [content_key(self.account.pk, line) for line in self.lines]
        known: dict[str, list[BankLine]] = {}
        for row in (
            BankLine.objects.filter(bank_account=self.account, content_key__in=set(keys))
            .select_related("statement__source")
            .order_by("pk")
        ):
            known.setdefault(row.content_key, []).append(row)
        is_statement = self.read.kind is StatementKind.STATEMENT
        continues = is_statement and self._continues()
        used: Counter[str] = Counter()
        new, adopted, overlapping = [], [], []
        for line, key in zip(self.lines, keys, strict=True):
            rows = known.get(key, [])
            if is_statement:
                rows = [r for r in rows if not continues or r.statement.kind != "statement"]
            if used[key] >= len(rows):
                new.append((line, key))
                continue
            row = rows[used[key]]
            used[key] += 1
            if is_statement and row.statement.kind == BankStatement.Kind.STATEMENT:
                overlapping.append(row)
            elif is_statement:
                adopted.append(row)
        if overlapping:
            raise BusinessError(
                "overlapping_lines",
                _("{count} lines of statement {statement} are on {other} already.").format(
                    count=len(overlapping),
                    statement=self.read.label,
                    other=overlapping[0].statement,
                ),
                field="file",
                details={"lines": len(overlapping), "statement": self.read.label},
            )
        return new, adopted

    def _continues(self) -> bool:
        """Whether it begins where the last statement ended: then equal lines are other lines."""
        opening = self.read.opening
        last = (
            BankStatement.objects.filter(
                bank_account=self.account, kind=BankStatement.Kind.STATEMENT
            )
            .order_by("-ends_on", "-id")
            .first()
        )
        return (
            opening is not None
            and last is not None
            and last.closing_balance == opening.amount
            and last.ends_on <= self.ends_on
        )

    def _open_account(self) -> None:
        """The first statement says from which day on bank and ledger are compared."""
        if self.account.opened_on is not None:
            return
        first = min((line.date for line in self.lines), default=self.ends_on)
        self.account.opened_on = first - timedelta(days=1)
        self.account.save_by(self.by, reason=_("First statement"))

    def _statement(self, count: int) -> BankStatement:
        read = self.read
        return BankStatement(
            company_id=self.account.company_id,
            bank_account=self.account,
            source=self.source,
            kind=read.kind.value,
            number=read.number,
            sequence=read.sequence,
            starts_on=self.starts_on,
            ends_on=self.ends_on,
            opening_balance=read.opening.amount if read.opening else None,
            closing_balance=read.closing.amount if read.closing else None,
            line_count=count,
            created_by=self.by,
        ).save_by(self.by)

    def _row(self, statement: BankStatement, line: LineRead, key: str, position: int) -> BankLine:
        return BankLine(
            company_id=self.account.company_id,
            statement=statement,
            bank_account=self.account,
            position=position,
            date=line.date,
            value_date=line.value_date,
            amount=line.amount,
            name=line.name,
            iban=line.iban,
            end_to_end_id=line.end_to_end_id,
            reference=line.reference,
            bank_reference=line.bank_reference,
            batch_id=line.batch_id,
            text=line.text,
            code=line.code,
            is_reversal=line.is_reversal,
            content_key=key,
        )


def content_key(account_id: int, line: LineRead) -> str:
    """What makes two reports of one entry the same: the bank's reference, else all it says."""
    said: tuple[Any, ...] = (account_id, line.date.isoformat(), line.amount.normalize())
    said += (
        (line.bank_reference, line.end_to_end_id)
        if line.bank_reference
        else (line.value_date, line.name, line.iban, line.end_to_end_id, line.text, line.reference)
    )
    return hashlib.sha256("\x1f".join(map(str, said)).encode()).hexdigest()
