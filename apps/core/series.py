"""What a number series is called, and how its numbers read: whoever takes the numbers says so.

Upper apps say so in ``AppConfig.ready``; nobody below imports them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, JSONField, Value, When


@dataclass(frozen=True, slots=True)
class SeriesLabel:
    """``name`` in the reader's language; ``prefix`` stands before the digits."""

    name: str
    prefix: str = ""
    width: int = 1

    def number(self, number: int) -> str:
        return f"{self.prefix}{number:0{self.width}d}"


@dataclass(frozen=True, slots=True)
class Labeller:
    """``facts`` gives an expression over a row's ``series``: what its label is made of, as JSON.

    So a page of rows is labelled by the statement that reads it. ``label`` makes the words of it.
    """

    facts: Callable[[], Any]
    label: Callable[[dict[str, Any]], SeriesLabel]


_labellers: dict[str, Labeller] = {}


def register(kind: str, labeller: Labeller) -> None:
    """``labeller`` labels the series that begin with ``kind`` and a colon."""
    _labellers[kind] = labeller


def facts() -> Case:
    """What is known of each row's series; null where nobody knows it."""
    known = (
        When(series__startswith=f"{kind}:", then=labeller.facts())
        for kind, labeller in _labellers.items()
    )
    return Case(*known, default=Value(None, JSONField()), output_field=JSONField())


def label_series(series: str, known: dict[str, Any] | None) -> SeriesLabel:
    """The label of a series of which ``known`` are the facts; without, it is called as it is."""
    labeller = _labellers.get(series.partition(":")[0])
    return labeller.label(known) if labeller and known else SeriesLabel(series)
