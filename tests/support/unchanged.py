"""Nothing was written: the whole database before and after, to the last column."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import connection

EMPTY = (0, 0)
#: A table without pages has no rows: some hundred need no look.
_WITH_PAGES = """
SELECT relname FROM pg_class
 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 0
"""
#: The key of a refused request is claimed and given back; sessions are not ours.
_UNTOLD = {"core.idempotencykey", "sessions.session"}


@contextmanager
def nothing_written() -> Iterator[None]:
    """What happens inside leaves every table of every app, histories included, as it was."""
    before = _fingerprints()
    yield
    after = _fingerprints()
    told = before.keys() | after.keys()
    changed = sorted(name for name in told if before.get(name, EMPTY) != after.get(name, EMPTY))
    assert not changed, f"written to: {', '.join(changed)}"


def _fingerprints() -> dict[str, tuple[int, int]]:
    """Rows and their hash, of each table that has any."""
    ours = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model._meta.label_lower not in _UNTOLD
    }
    with connection.cursor() as cursor:
        cursor.execute(_WITH_PAGES)
        names = ours & {name for (name,) in cursor.fetchall()}
    parts = [
        f"SELECT '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)"
        f' FROM "{name}" AS t'
        for name in sorted(names)
    ]
    if not parts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return {name: (count, int(total)) for name, count, total in cursor.fetchall()}
