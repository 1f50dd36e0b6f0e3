"""Fast migrations make the same tables as Django's own way."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from mes_erp import postgres
from mes_erp.fast_migrations import fast_migrations
from tests.support import databases

SCHEMA = """
SELECT table_name, column_name, data_type, is_nullable, column_default
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL
SELECT conrelid::regclass::text, conname, contype::text, pg_get_constraintdef(oid), ''
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL
SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes WHERE schemaname = 'public'
UNION ALL
SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), '', ''
  FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2, 3, 4, 5
"""
# Enough to meet every kind of operation; all of them the slow way takes minutes.
TARGETS = [("core", "0001_initial"), ("masterdata", "0001_initial"), ("knox", "0001_initial")]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True, databases=["default", "owner"])
def test_same_schema(own_databases: databases.TestDatabases) -> None:
    fast = migrated(own_databases, "fast", fast_migrations)
    plain = migrated(own_databases, "plain", nullcontext)
    assert len(fast) > 200
    assert fast == plain


def migrated(
    own: databases.TestDatabases, name: str, way: Callable[[], AbstractContextManager[None]]
) -> list[tuple[Any, ...]]:
    database = f"{own.name}_{name}"
    own.cluster.ensure_database(database)
    connections.close_all()
    databases.use(own.cluster, database)
    try:
        with way():
            MigrationExecutor(connections["owner"]).migrate(TARGETS)
        with own.cluster.connect(postgres.ADMIN, database) as admin:
            return list(admin.execute(SCHEMA).fetchall())
    finally:
        connections.close_all()
        databases.use(own.cluster, own.name)
        own.cluster.drop_database(database)
