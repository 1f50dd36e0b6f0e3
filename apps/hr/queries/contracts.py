"""Which terms hold when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from typing import Any

from django.db.models import Q

from apps.hr.models import Contract


def contracts_between(first: Date, last: Date) -> Any:
    """Contracts that hold on a day from ``first`` to ``last``, both included."""
    return Contract.objects.filter(
        Q(effective_to__isnull=True) | Q(effective_to__gte=first), effective_from__lte=last
    )


def contract_on(contracts: Sequence[Contract], day: Date) -> Contract | None:
    """The one of an employee's contracts that holds on ``day``."""
    for contract in contracts:
        until = contract.effective_to
        if contract.effective_from <= day and (until is None or day <= until):
            return contract
    return None
