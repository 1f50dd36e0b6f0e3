"""How tests get their database, and what holds for each of them."""

import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings

from mes_erp import bootstrap, translations
from tests.support import databases

_databases: databases.TestDatabases | None = None

# A busy machine is no fault of what is tested.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_test_environment: None, django_db_blocker: Any
) -> Iterator[None]:
    """Instead of pytest-django's own: a clone of the template, used as the application's role."""
    from apps.core.backends import learn_permission_names

    global _databases
    worker = getattr(request.config, "workerinput", {}).get("workerid", "main")
    _databases = databases.TestDatabases(worker)
    with django_db_blocker.unblock():
        _databases.start()
        _teach_django_to_renew(_databases)
        learn_permission_names()  # or the first request of a process would ask once more
    yield
    with django_db_blocker.unblock():
        _databases.drop()
    _databases.release()


def _teach_django_to_renew(own: databases.TestDatabases) -> None:
    """After a test that commits, Django truncates all tables: registers refuse that, rightly."""
    from django.test import TransactionTestCase

    from apps.core.backends import learn_permission_names

    def renew(test: Any) -> None:
        own.renew()
        learn_permission_names()

    TransactionTestCase._fixture_teardown = renew


@pytest.fixture(scope="session")
def own_databases(django_db_setup: None) -> databases.TestDatabases:
    """The cluster and the names of this process's databases."""
    assert _databases is not None
    return _databases


@pytest.fixture
def database_environment(
    transactional_db: None, own_databases: databases.TestDatabases
) -> dict[str, str]:
    """Environment variables for a program that is to work on this test's database."""
    return {**os.environ, **own_databases.environment()}


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Deferred constraints speak at COMMIT, which a test that rolls back never reaches.

    The language that a request chose stays its thread's: the next test begins with ours.
    """
    try:
        result = yield
    finally:
        translation.deactivate()
    if _databases is not None:
        from django.db import connection

        if connection.in_atomic_block and not connection.needs_rollback:
            connection.check_constraints()
    return result


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        translations.compile_changed()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest begin first: none is waited for at the end. Browser tests need a browser; in CI
    nothing is skipped."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
    if bootstrap.browser() or os.environ.get("CI") == "true":
        return
    skip = pytest.mark.skip(reason="no Chromium here (apt-get install chromium)")
    for item in items:
        if "browser" in item.keywords:
            item.add_marker(skip)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        databases.stop_unless_in_use()
