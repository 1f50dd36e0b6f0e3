"""The registry of invariants: each is one SQL statement that returns the rows breaking it.

``manage.py reconcile``, CI, the period close and the fault tests run the same list. An app adds
its own in ``apps/<app>/reconcile.py``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.sql import fetch_dicts


@dataclass(frozen=True, slots=True)
class Invariant:
    """``statement`` returns one row per offence, its key columns first; none when all is well."""

    code: str
    title: Any
    statement: str


@dataclass(frozen=True, slots=True)
class Finding:
    invariant: Invariant
    offences: list[dict[str, Any]]
    seconds: float

    @property
    def is_clean(self) -> bool:
        return not self.offences


_registry: dict[str, Invariant] = {}


def register(*invariants: Invariant) -> None:
    for invariant in invariants:
        _registry[invariant.code] = invariant


def invariants() -> list[Invariant]:
    return list(_registry.values())


def reconcile(codes: Iterable[str] | None = None) -> list[Finding]:
    """Run the invariants (all, or those named) and return what each found."""
    chosen = invariants() if codes is None else [_registry[code] for code in codes]
    findings = []
    for invariant in chosen:
        started = perf_counter()
        offences = fetch_dicts(invariant.statement)
        findings.append(Finding(invariant, offences, perf_counter() - started))
    return findings


register(
    Invariant(
        "number-series-unique",
        _("A number series is never behind itself"),
        "SELECT company_id, series, last_number FROM core_numbersequence WHERE last_number < 0",
    ),
)
