"""The whole API, with what its schema allows and with what it doesn't: refusals, never faults.

``manage.py fuzz`` runs the same for longer: more examples, another seed, one app.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import connections
from django.test import Client

from apps.core.models import Company, User
from tests import factories
from tests.robustness.fuzzing import Fuzzer, fill_tables
from tests.support.databases import TestDatabases
from tests.support.faces import make_member

EXAMPLES = int(os.environ.get("MES_ERP_FUZZ_EXAMPLES", "1"))
#: Bad forms of each request; ``manage.py fuzz`` sends more.
SPOILT = int(os.environ.get("MES_ERP_FUZZ_SPOILT", "1"))
SEED = int(os.environ.get("MES_ERP_FUZZ_SEED", "0"))
CONFORMS = os.environ.get("MES_ERP_FUZZ_CONFORMS") == "1"
APPS = [
    config.label.replace("_", "-")
    for config in apps.get_app_configs()
    if config.name.startswith("apps.")
]

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    return client


@dataclass
class Filled:
    """A company with a row of everything, made once: each test works on a copy of its database."""

    databases: TestDatabases
    rows: dict[str, list[Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.databases.name}_filled"

    def copy(self) -> dict[str, list[Any]]:
        """Rows by label, in this test's own database."""
        connections.close_all()
        own = self.databases
        if self.rows:
            own.cluster.drop_database(own.name)
            own.cluster.clone_database(self.name, own.name)
            return self.rows
        by = factories.make_user("maker")
        books = factories.make_books("FUZZ", by=by)
        self.rows = fill_tables(books.company, by)
        caller = make_member("administrator", books.company)
        caller.user_permissions.set(Permission.objects.all())
        connections.close_all()
        own.cluster.clone_database(own.name, self.name)
        return self.rows

    def drop(self) -> None:
        self.databases.cluster.drop_database(self.name)


@pytest.fixture(scope="module")
def filled(own_databases: TestDatabases) -> Iterator[Filled]:
    filled = Filled(own_databases)
    yield filled
    filled.drop()


@pytest.fixture
def fuzzer(filled: Filled) -> Iterator[Fuzzer]:
    """An administrator who holds every permission, in a company with a row of everything."""
    rows = filled.copy()
    caller = User.objects.get(username="administrator")
    fuzzer = Fuzzer(signed_in(caller), rows, seed=SEED, conforms=CONFORMS)
    yield fuzzer
    fuzzer.close()


def told(fuzzer: Fuzzer) -> str:
    faults = list(fuzzer.faults.values())
    head = f"{len(faults)} faults in {fuzzer.sent} requests, answers {fuzzer.statuses}"
    return "\n".join([head, *(str(fault) for fault in faults[:60])])


@pytest.mark.parametrize("app", APPS)
def test_no_request_is_answered_by_a_fault(app: str, fuzzer: Fuzzer) -> None:
    for operation in fuzzer.operations(app):
        fuzzer.fuzz(operation, EXAMPLES, spoil=SPOILT)
    assert not fuzzer.faults, told(fuzzer)


def test_a_low_role_gets_no_further_and_no_fault(fuzzer: Fuzzer) -> None:
    """What the schema allows, of every operation; spoilt requests are the administrator's."""
    operator = make_member("operator", Company.objects.get(code="FUZZ"))
    operator.groups.add(Group.objects.get(name="operator"))
    fuzzer.client = signed_in(operator)
    fuzzer.client.raise_request_exception = False
    for operation in fuzzer.operations():
        fuzzer.fuzz(operation, 1, spoil=0)
    assert not fuzzer.faults, told(fuzzer)
    assert fuzzer.statuses.get(403, 0) > fuzzer.sent / 3
