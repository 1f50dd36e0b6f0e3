"""Whether the opening balances are complete."""

from __future__ import annotations

from decimal import Decimal

from apps.core.models import Company
from apps.core.money import ZERO
from apps.core.sql import fetch_all
from apps.finance.models import PostingRole
from apps.finance.queries.posting_rules import AccountResolver

_RESIDUE = "SELECT sum(amount) FROM finance_journalline WHERE account_id = %s"


def opening_residue(company: Company) -> Decimal:
    """The balance of the opening account, debit-positive: zero when everything has come in."""
    account_id = AccountResolver(company).account_id(PostingRole.OPENING)
    [[amount]] = fetch_all(_RESIDUE, [account_id])
    return amount or ZERO
