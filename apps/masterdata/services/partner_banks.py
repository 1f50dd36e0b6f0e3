"""Bank accounts of partners: numbers that can exist, and when they changed."""

from __future__ import annotations

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


def create_partner_bank_account(*, by: Any, reason: str = "", **values: Any) -> PartnerBankAccount:
    """An account that ``partner`` may be paid to. Raises ``InvalidInput`` for a wrong number."""
    require_company(values["company"], partner=values["partner"])
    values["iban"] = checked_iban(values["iban"])
    values["bic"] = checked_bic(values.get("bic", ""))
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
    if "iban" in values:
        values["iban"] = checked_iban(values["iban"])
    if "bic" in values:
        values["bic"] = checked_bic(values["bic"])
    with unit_of_work():
        current = lock(account, version=version)
        if "partner" in values:
            require_company(current.company, partner=values["partner"])
        if values.get("iban", current.iban) != current.iban:
            values["account_changed_at"] = timezone.now()
        return update_row(current, values=values, by=by, reason=reason)


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
