"""Bank accounts of partners: numbers that can exist, and when they changed."""

from __future__ import annotations

import re
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from stdnum import bic as bics
from stdnum import iban as ibans
from stdnum.exceptions import ValidationError as WrongNumber

from apps.core.errors import InvalidInput
from apps.core.services.documents import lock, require_company
from apps.core.services.master_data import update_row
from apps.core.transactions import unit_of_work
from apps.masterdata.models import PartnerBankAccount

#: What the characters of all banks can carry, and no more than a payment file has room for.
_ACCOUNT = re.compile(r"[A-Z0-9][A-Z0-9 ./-]{0,33}", re.ASCII)
_NUMBERS = ("iban", "account_number", "bic")


def create_partner_bank_account(*, by: Any, reason: str = "", **values: Any) -> PartnerBankAccount:
    """An account that ``partner`` may be paid to. Raises ``InvalidInput`` for a wrong number."""
    require_company(values["company"], partner=values["partner"])
    values |= _checked({name: values.get(name, "") for name in _NUMBERS})
    values["account_changed_at"] = timezone.now()
    with unit_of_work():
        return PartnerBankAccount(**values).save_by(by, reason=reason)


def update_partner_bank_account(
    account: PartnerBankAccount,
    *,
    by: Any,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> PartnerBankAccount:
    """Change an account; a new number is dated, so that payments can warn of it."""
    with unit_of_work():
        current = lock(account, version=version)
        if "partner" in values:
            require_company(current.company, partner=values["partner"])
        before = {name: getattr(current, name) for name in _NUMBERS}
        numbers = _checked({name: values.get(name, before[name]) for name in _NUMBERS})
        values |= {name: text for name, text in numbers.items() if text != before[name]}
        if numbers["iban"] != before["iban"] or (not numbers["iban"] and numbers != before):
            values["account_changed_at"] = timezone.now()
        return update_row(current, values=values, by=by, reason=reason)


def _checked(given: dict[str, str]) -> dict[str, str]:
    """IBAN, account number and BIC as they are kept; either of the first two, the second at a
    bank that the third names."""
    iban, bic = given["iban"].strip(), checked_bic(given["bic"])
    number = " ".join(given["account_number"].split()).upper()
    if not iban and not number:
        raise InvalidInput("required", _("Give the IBAN or an account number."), field="iban")
    if iban and number:
        text = _("Give the IBAN or an account number, not both.")
        raise InvalidInput("iban_and_number", text, field="account_number")
    if not number:
        return {"iban": checked_iban(iban), "account_number": "", "bic": bic}
    if not _ACCOUNT.fullmatch(number):
        raise InvalidInput(
            "bad_number",
            _("{number} is no account number.").format(number=number[:40]),
            field="account_number",
        )
    if not bic:
        text = _("An account without IBAN needs the BIC of its bank.")
        raise InvalidInput("bic_required", text, field="bic")
    return {"iban": "", "account_number": number, "bic": bic}


def is_iban(text: str) -> bool:
    """Whether it is an IBAN with right check digits."""
    return bool(ibans.is_valid(text))


def checked_iban(text: str, *, field: str = "iban") -> str:
    """The IBAN without spaces. Raises ``InvalidInput`` when its check digits are wrong."""
    try:
        return str(ibans.validate(text))
    except WrongNumber:
        raise InvalidInput(
            "bad_iban", _("{number} is no IBAN.").format(number=text[:40]), field=field
        ) from None


def checked_bic(text: str, *, field: str = "bic") -> str:
    """The BIC in capitals, or nothing."""
    if not text.strip():
        return ""
    try:
        return str(bics.validate(text))
    except WrongNumber:
        raise InvalidInput(
            "bad_bic", _("{number} is no BIC.").format(number=text[:40]), field=field
        ) from None
