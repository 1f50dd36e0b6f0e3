"""Which account of ours a statement is of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.finance.bank_formats import StatementRead
from apps.finance.models import BankAccount

_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")
_MARKS = re.compile(r"[^A-Z0-9/]")


def account_of(
    statement: StatementRead,
    accounts: Mapping[int, BankAccount],
    given: BankAccount | None = None,
) -> BankAccount:
    """The account that the statement names, or ``given`` where it names none.

    Raises ``InvalidInput``: ``unknown_account``, ``wrong_account`` when the file is another's.
    """
    found = [
        account
        for account in accounts.values()
        if statement.account and is_same(statement.account, account.number)
    ]
    in_currency = [one for one in found if one.currency_id == statement.currency]
    named = next(iter(in_currency or found), None)
    if given is not None:
        given = accounts.get(given.pk, given)
        if statement.account and not is_same(statement.account, given.number):
            raise InvalidInput(
                "wrong_account",
                _("The statement is of account {number}, not of {account}.").format(
                    number=statement.account, account=given
                ),
                field="bank_account",
            )
        return given
    if named is None and statement.account:
        raise InvalidInput(
            "unknown_account",
            _("No bank account of this company has the number {number}.").format(
                number=statement.account
            ),
            field="file",
        )
    if named is None:
        raise InvalidInput(
            "account_required",
            _("The file does not say which account it is of: name it."),
            field="bank_account",
        )
    return named


def is_same(said: str, number: str) -> bool:
    """Whether ``said`` by a bank is our ``number``: IBAN, plain, or bank code and account."""
    ours = number.replace(" ", "").upper()
    plain = ours[4:] if _IBAN.fullmatch(ours) else ours
    return any(one in (ours, plain) for one in _spellings(said))


def _spellings(said: str) -> Iterator[str]:
    text = _MARKS.sub("", said.upper())
    for one in (text, text[:-3] if text[-3:].isalpha() else text):
        yield one
        yield one.replace("/", "")
        bank, slash, account = one.rpartition("/")
        if slash and account:
            yield account
            yield f"{bank}{account:0>10}"
