"""What a number series is called, and how its numbers read: whoever takes the numbers says so.

Upper apps say so in ``AppConfig.ready``; nobody below imports them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SeriesLabel:
    """``name`` in the reader's language; ``prefix`` stands before the digits."""

    name: str
    prefix: str = ""
    width: int = 1

    def number(self, number: int) -> str:
        return f"{self.prefix}{number:0{self.width}d}"


Labeller = Callable[[Collection[str]], dict[str, SeriesLabel]]
_labellers: dict[str, Labeller] = {}


def register(kind: str, labeller: Labeller) -> None:
    """``labeller`` labels the series that begin with ``kind`` and a colon, many in a statement."""
    _labellers[kind] = labeller


def label_series(series: Iterable[str]) -> dict[str, SeriesLabel]:
    """The label of each; one that nobody knows is called what it is called."""
    labels = {one: SeriesLabel(one) for one in series}
    for kind, labeller in _labellers.items():
        own = {one for one in labels if one.startswith(f"{kind}:")}
        if own:
            labels |= labeller(own)
    return labels
