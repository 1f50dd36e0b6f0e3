"""Whether a layout shows every account once: what is missing from it, and what is there twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from apps.finance.models import Account, StatementLayout
from apps.finance.queries.layouts import (
    CASH,
    CASH_FLOWS,
    RESULT_KINDS,
    Layout,
    LayoutAccount,
    Measure,
    selected,
)

Kind = StatementLayout.Kind


@dataclass(frozen=True, slots=True)
class Coverage:
    """``missing`` accounts are in no row, ``repeated`` ones in more than one, with their rows."""

    missing: tuple[LayoutAccount, ...]
    repeated: tuple[tuple[LayoutAccount, tuple[str, ...]], ...]

    @property
    def is_complete(self) -> bool:
        return not self.missing and not self.repeated


def coverage(layout: Layout, accounts: Iterable[LayoutAccount]) -> Coverage:
    """A cash flow may add an account back and take it off again: what counts is what is left."""
    known = [account for account in accounts if _belongs(layout.kind, account)]
    measure = Measure.CLOSING if layout.kind == Kind.BALANCE_SHEET else Measure.MOVEMENT
    rows: dict[int, list[tuple[str, int]]] = {account.id: [] for account in known}
    for spec in layout.rows:
        if spec.measure == measure:
            for account in selected(spec, known):
                rows[account.id].append((spec.code, spec.sign))
    missing, repeated = [], []
    for account in known:
        times = len(rows[account.id])
        if layout.kind in CASH_FLOWS:
            times = -sum(sign for _code, sign in rows[account.id])
        if times == 0:
            missing.append(account)
        elif times != 1:
            repeated.append((account, tuple(code for code, _sign in rows[account.id])))
    return Coverage(tuple(missing), tuple(repeated))


def _belongs(kind: str, account: LayoutAccount) -> bool:
    """Whether a statement of this kind must show the account."""
    if kind == Kind.INCOME:
        return account.kind in RESULT_KINDS
    if kind == Kind.EQUITY:
        return account.kind in RESULT_KINDS or account.kind == Account.Kind.EQUITY
    return kind not in CASH_FLOWS or account.control != CASH
