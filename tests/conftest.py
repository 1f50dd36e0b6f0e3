"""Fixtures that every app's tests share."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from typing import Any

import pytest

from apps.core import reconcile as reconciliation
from apps.core.models import Company, User
from tests import factories
from tests.support.databases import TestDatabases
from tests.support.kept import Keeper


@pytest.fixture(scope="session")
def keeper(own_databases: TestDatabases) -> Keeper:
    """Puts back what most tests begin with."""
    return Keeper(own_databases)


@pytest.fixture
def by(db: None, keeper: Keeper) -> User:
    """A user who may do everything."""
    return keeper.give("tester", lambda: factories.make_user("tester"))


@pytest.fixture
def books(by: User, keeper: Keeper) -> factories.Books:
    """A company with the standard chart, and the year 2026 open."""
    made = keeper.give(f"books of {by.pk}", lambda: factories.make_books("ACME", by=by))
    return replace(made, by=by)


@pytest.fixture
def company(books: factories.Books) -> Company:
    return books.company


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Who says to break invariants (``breaks``) has seen them broken when it ends.

    Where ``code`` is a parameter, that one; else all that the marker names.
    """
    named = {code for mark in item.iter_markers("breaks") for code in mark.args}
    if not named:
        return (yield)
    wanted = {item.callspec.params["code"]} if _has_code(item) else named  # type: ignore[attr-defined]
    assert wanted <= named, f"not named by the marker: {wanted - named}"
    seen: set[str] = set()
    by_statement = {one.statement: one.code for one in reconciliation.invariants()}
    read = reconciliation.fetch_dicts

    def noting(statement: str, *parameters: Any) -> list[dict[str, Any]]:
        rows = read(statement, *parameters)
        if rows and statement in by_statement:
            seen.add(by_statement[statement])
        return rows

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reconciliation, "fetch_dicts", noting)
        result = yield
    assert wanted <= seen, f"never seen broken: {wanted - seen}"
    return result


def _has_code(item: pytest.Item) -> bool:
    return "code" in getattr(getattr(item, "callspec", None), "params", {})
