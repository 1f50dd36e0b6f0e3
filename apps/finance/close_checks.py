"""What the machine checks before a period is closed; apps register theirs in ``closing.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from apps.core.money import ZERO
from apps.core.sql import fetch_dicts
from apps.finance.models import Period

Finding = Mapping[str, Any]
_registry: dict[str, CloseCheck] = {}


@dataclass(frozen=True, slots=True)
class CloseCheck:
    """``run`` gives one row per finding, each with its ``amount`` in company currency.

    No findings: the step passes.
    """

    code: str
    title: Any
    run: Callable[[Period], Sequence[Finding]]


def by_statement(statement: str) -> Callable[[Period], list[Finding]]:
    """A check in SQL with ``%(company)s``, ``%(first)s`` and ``%(last)s`` (days of the period)."""

    def run(period: Period) -> list[Finding]:
        parameters = {
            "company": period.company_id,
            "first": period.starts_on,
            "last": period.ends_on,
        }
        return list(fetch_dicts(statement, parameters))

    return run


def register_check(*checks: CloseCheck) -> None:
    for check in checks:
        _registry[check.code] = check


def close_checks() -> dict[str, CloseCheck]:
    return dict(_registry)


def at_stake(findings: Sequence[Finding]) -> Decimal:
    """The sum of what findings are about, whatever their signs."""
    return sum((abs(Decimal(row.get("amount") or 0)) for row in findings), ZERO)
