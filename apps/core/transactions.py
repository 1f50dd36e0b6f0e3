"""One transaction per business act, however many services take part in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connection, transaction

_depth: ContextVar[int] = ContextVar("unit_of_work_depth", default=0)


@contextmanager
def unit_of_work() -> Iterator[None]:
    """Open the transaction of a service, or join the one a calling service has opened.

    Joining sets no savepoint: an error anywhere undoes the whole act, and no statement is spent.
    """
    depth = _depth.get()
    if depth and connection.in_atomic_block:
        yield
        return
    token = _depth.set(depth + 1)
    try:
        with transaction.atomic():
            yield
    finally:
        _depth.reset(token)


@contextmanager
def independent_part() -> Iterator[None]:
    """A savepoint inside a unit of work: one row of a batch that may fail without the others."""
    token = _depth.set(1)
    try:
        with transaction.atomic():
            yield
    finally:
        _depth.reset(token)
