"""What a scanned number may be besides stock: each app registers its documents (``scans.py``).

The scan box asks them all, so a label, a traveler and an order go into the same field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from apps.core.models import Company, User


@dataclass(frozen=True, slots=True)
class NextStep:
    """What can be done with what was scanned: a link to who holds ``permission``.

    ``url`` says where; empty where there is nothing to do with this one.
    """

    label: Any
    permission: str
    url: Callable[[Any], str]


@dataclass(frozen=True, slots=True)
class ScanTarget:
    """Rows of one kind that a code may name. ``find`` returns those of a company that a user
    may see, few of them; it is asked only for who holds ``permission``.
    """

    kind: str
    label: Any
    permission: str
    find: Callable[[User, Company, str], Iterable[Any]]
    steps: tuple[NextStep, ...] = ()


_targets: dict[str, ScanTarget] = {}
_more_steps: dict[str, list[NextStep]] = {}


def register_scan_target(target: ScanTarget) -> None:
    """Let codes name rows of this kind. The kind is unique."""
    _targets[target.kind] = target


def scan_targets() -> list[ScanTarget]:
    """All kinds, in the order in which the apps registered them."""
    return list(_targets.values())


def register_next_step(model: str, step: NextStep) -> None:
    """Offer ``step`` with what this app has itself.

    That is an ``item``, ``lot``, ``location``, ``package`` or ``pick-list``.
    """
    _more_steps.setdefault(model, []).append(step)


def next_steps(model: str) -> list[NextStep]:
    """What other apps offer with a row of this app."""
    return _more_steps.get(model, [])
