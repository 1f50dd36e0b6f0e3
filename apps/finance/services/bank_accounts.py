"""Bank accounts of ours and the rules for their lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.services.documents import lock
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Account,
    BankAccount,
    BankStatement,
    Journal,
    MatchRule,
    Module,
)
from apps.masterdata.services.partner_banks import checked_bic, checked_iban

_COUNTRY = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]+")
_PLAIN = re.compile(r"[A-Z0-9/-]{3,40}")
MOST_GROUPS = 1


def create_bank_account(*, by: Any, reason: str = "", **values: Any) -> BankAccount:
    """A bank account on a ledger account of its own.

    Raises ``InvalidInput`` for a wrong number and an account that is no cash account.
    """
    values = _numbers_checked(values)
    with unit_of_work():
        account = create_row(BankAccount, values=values, by=by, reason=reason)
        check_bank_accounts([account])
    return account


def update_bank_account(
    account: BankAccount, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> BankAccount:
    """Change an account; once it has statements, currency and ledger account stay."""
    values = _numbers_checked(values)
    fixed = [
        name
        for name in ("currency", "account")
        if name in values and values[name] != getattr(account, name)
    ]
    with unit_of_work():
        if fixed and BankStatement.objects.filter(bank_account=account).exists():
            raise BusinessError(
                "has_statements",
                _("{account} has statements; this can't change any more.").format(account=account),
                field=fixed[0],
            )
        changed = update_row(account, values=values, by=by, version=version, reason=reason)
        check_bank_accounts([changed])
    return changed


def check_bank_accounts(accounts: Sequence[BankAccount]) -> None:
    """Raise ``InvalidInput`` naming row and field of a number or a ledger account at fault."""
    ledger = Account.objects.in_bulk({account.account_id for account in accounts})
    journals = Journal.objects.in_bulk({account.journal_id for account in accounts})
    for row, account in enumerate(accounts):
        try:
            checked_number(account.number)
            checked_bic(account.bic)
        except InvalidInput as error:
            error.row = row
            raise
        if ledger[account.account_id].control != Account.Control.CASH:
            raise InvalidInput(
                "no_cash_account",
                _("{account} is no bank or cash account.").format(
                    account=ledger[account.account_id]
                ),
                field="account",
                row=row,
            )
        if journals[account.journal_id].module != Module.CASH:
            raise InvalidInput(
                "wrong_journal",
                _("{journal} is no journal of cash and bank.").format(
                    journal=journals[account.journal_id]
                ),
                field="journal",
                row=row,
            )


def checked_number(text: str) -> str:
    """An IBAN with right check digits, or an account number; without spaces, in capitals."""
    number = text.replace(" ", "").upper()
    if _COUNTRY.fullmatch(number):
        return checked_iban(number, field="number")
    if not _PLAIN.fullmatch(number):
        raise InvalidInput(
            "bad_number", _("{number} is no account number.").format(number=text[:40]),
            field="number",
        )  # fmt: skip
    return number


def _numbers_checked(values: dict[str, Any]) -> dict[str, Any]:
    if "number" in values:
        values["number"] = checked_number(values["number"])
    if "bic" in values:
        values["bic"] = checked_bic(values["bic"])
    return values


def create_match_rule(*, by: Any, reason: str = "", **values: Any) -> MatchRule:
    """A rule for bank lines. Raises ``InvalidInput`` for one that could never work."""
    check_match_rules([MatchRule(**values)])
    return create_row(MatchRule, values=values, by=by, reason=reason)


def update_match_rule(
    rule: MatchRule, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> MatchRule:
    with unit_of_work():
        candidate = lock(rule, version=version)
        for name, value in values.items():
            setattr(candidate, name, value)
        check_match_rules([candidate])
        return update_row(rule, values=values, by=by, reason=reason)


def check_match_rules(rules: Sequence[MatchRule]) -> None:
    """Raise ``InvalidInput`` naming row and field of a rule that can't work."""
    accounts = Account.objects.in_bulk({rule.account_id for rule in rules if rule.account_id})
    for row, rule in enumerate(rules):
        field, code, text = "", "", ""
        conditions = (
            rule.text_contains, rule.name_contains, rule.iban, rule.bank_code, rule.least,
            rule.most,
        )  # fmt: skip
        account = accounts.get(rule.account_id or 0)
        if rule.action == MatchRule.Action.POST and account is None:
            field, code, text = "account", "required", _("Name the account to post to.")
        elif account is not None and not account.takes_manual_lines:
            field, code = "account", "control_account"
            text = _("{account} is kept by its own documents and takes no manual line.").format(
                account=account
            )
        elif rule.action == MatchRule.Action.FIND and not _is_pattern(rule.reference_pattern):
            field, code = "reference_pattern", "bad_pattern"
            text = _("Give a regular expression with one group that is the reference.")
        elif rule.least is not None and rule.most is not None and rule.least > rule.most:
            field, code, text = "most", "bad_range", _("The range is empty.")
        elif rule.is_automatic and not any(conditions):
            field, code = "is_automatic", "no_condition"
            text = _("A rule that acts without asking needs a condition.")
        if code:
            raise InvalidInput(code, text, field=field, row=row)


def _is_pattern(text: str) -> bool:
    """One group, and nothing that can run away: no repeat of a group, no back reference."""
    if not text or re.search(r"\)[*+{]|\\[1-9]|\(\?", text):
        return False
    try:
        return re.compile(text).groups == MOST_GROUPS
    except re.error:
        return False
