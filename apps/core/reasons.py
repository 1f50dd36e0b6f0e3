"""Why something is changed, said once at the edge and kept with every row that changes for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_stated: ContextVar[str] = ContextVar("stated_reason", default="")


def stated_reason() -> str:
    return _stated.get()


@contextmanager
def stating(reason: str) -> Iterator[None]:
    """Inside, changes whose service says no reason of its own are kept with this one."""
    token = _stated.set(reason.strip())
    try:
        yield
    finally:
        _stated.reset(token)
