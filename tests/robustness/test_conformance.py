"""Answers are what the description of the API promises: every question asked, of real rows.

Beside this every answer that a test gets by ``ApiClient``, and every answer to a made-up request
(``test_fuzz``), is held against the same description.
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from tests import factories
from tests.architecture.routes import api_endpoints
from tests.robustness.fuzzing import API, fill_tables
from tests.robustness.test_fuzz import signed_in
from tests.support.contract import broken_promise, broken_words, description, operation_at
from tests.support.faces import make_member

#: Asked without what they need, these have nothing to show: path (``*`` for any text) → status.
UNANSWERED: dict[str, int] = {}


@pytest.mark.django_db
def test_every_question_is_answered_as_described() -> None:
    by = factories.make_user("maker")
    books = factories.make_books("WORDS", by=by)
    rows = fill_tables(books.company, by)
    caller = make_member("administrator", books.company)
    caller.user_permissions.set(Permission.objects.all())
    client = signed_in(caller)
    models = {API + one.path: one.model for one in api_endpoints() if one.method == "GET"}
    broken, silent, statuses = [], [], Counter[int]()
    for path, methods in description()["paths"].items():
        if "get" not in methods:
            continue
        address = path
        if "{" in path:
            model = models.get(path)
            keys = rows.get(model._meta.label_lower, []) if model else []
            head, _brace, tail = path.partition("{")
            address = f"{head}{keys[0] if keys else 1}{tail.partition('}')[2]}"
        answer = client.get(address)
        statuses[answer.status_code] += 1
        if why := broken_promise(answer):
            broken.append(f"{address}: {answer.status_code} {why}")
        if answer.status_code != 200:
            silent.append(f"{path} {answer.status_code} {getattr(answer, 'content', b'')[:150]!r}")
    print(statuses, "\n".join(silent))
    assert not broken, "\n".join(broken)
    assert not silent, "\n".join(silent)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"results": [{"id": "seven"}], "next": None}, "integer"),
        ({"results": []}, "next"),
        ({"results": [], "next": None, "count": 3}, "count"),
        ([], "object"),
    ],
)
def test_a_broken_promise_is_seen(change: Any, word: str) -> None:
    """The negative control."""
    operation = operation_at("/api/v1/core/sites/", "get")
    assert operation is not None
    assert word in broken_words(operation, 200, "application/json", json.dumps(change).encode())
    assert "not described" in broken_words(operation, 299, "application/json", b"{}")
    assert "not described" in broken_words(operation, 200, "text/html", b"{}")
