"""Why something is changed, said once at the edge and kept with every row that changes for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_stated: ContextVar[str] = ContextVar("stated_reason", default="")
_key: ContextVar[str] = ContextVar("acting_key", default="")


def stated_reason() -> str:
    return _stated.get()


def told_reason(reason: str | None = None) -> str | None:
    """What history keeps: the reason given or stated, and the API key it came by.

    A key alone is no reason: ``core_require_signed_reason`` reads past it.
    """
    said = reason or _stated.get()
    key = f"[key {_key.get()}]" if _key.get() else ""
    return f"{said} {key}".strip() or None


def act_by_key(prefix: str) -> None:
    """From here to the end of the request, changes are kept with the API key they came by."""
    _key.set(prefix)


@contextmanager
def stating(reason: str) -> Iterator[None]:
    """Inside, changes whose service says no reason of its own are kept with this one."""
    token, key = _stated.set(reason.strip()), _key.set("")
    try:
        yield
    finally:
        _stated.reset(token)
        _key.reset(key)
