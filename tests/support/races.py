"""Eight callers at once, each with a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connections

CALLERS = 8


def together(act: Callable[[int], Any], callers: int = CALLERS) -> list[Any]:
    """Run ``act(0)``, ``act(1)``, … in threads that start at once; their results or errors."""
    gate = Barrier(callers)

    def run(number: int) -> Any:
        try:
            gate.wait(30)
            return act(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(callers) as pool:
        return list(pool.map(run, range(callers)))


def errors(results: list[Any]) -> list[Exception]:
    return [result for result in results if isinstance(result, Exception)]
