"""Every page of the admin opens: lists, empty forms, and all that a row of each model leads to.

The rows are bare: a document has no lines, a parent no children. No page is a place to fail on it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.contrib import admin
from django.db import DatabaseError, transaction
from django.test import Client

from apps.core.models import User
from tests import factories
from tests.architecture.routes import every_route
from tests.architecture.rows import make_row
from tests.architecture.test_page_matrix import ADMIN_MODEL

MODELS = sorted(
    (m for m in admin.site._registry if m.__module__.startswith("apps.")),
    key=lambda m: m._meta.label_lower,
)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m._meta.label_lower)
def test_its_pages_open(model: type[Any], by: User) -> None:
    company = factories.make_company("PAGES", by=by)
    client = Client()
    client.force_login(by, "apps.core.backends.PermissionBackend")
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    assert client.get(base).status_code == 200
    may_add = admin.site._registry[model].has_add_permission(_request(by))
    assert client.get(f"{base}add/").status_code == (200 if may_add else 403)
    row = company if isinstance(company, model) else _made(model, company, by)
    if row is None:
        pytest.skip("only a service can make such a row; the tests of its app open its page")
    assert client.get(base).status_code == 200
    assert client.get(f"{base}{row.pk}/change/").status_code == 200
    if hasattr(row, "history"):
        assert client.get(f"{base}{row.pk}/history/").status_code == 200
    for url in pages_of(model, row):
        assert client.get(url).status_code < 500, url


def pages_of(model: type[Any], row: Any) -> Iterator[str]:
    """What lies behind the row's page: questions of its verbs, papers, pages of its own."""
    page = admin.site._registry[model]
    names = {
        "verb": [verb.name for verb in getattr(page, "verbs", ())],
        # The other paper of a printout is the same page on other paper.
        "print": [p.name for p in getattr(page, "printouts", ()) if not p.name.endswith("-letter")],
    }
    base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    for tail in tails_of().get((model._meta.app_label, model._meta.model_name), []):
        url = base + re.sub("<(path|int):object_id>", str(row.pk), tail)
        kind = tail.split("/")[1]
        for name in names.get(kind, ["x"]) if "<slug:name>" in tail else [""]:
            yield url.replace("<slug:name>", name)


@cache
def tails_of() -> dict[tuple[str, str], list[str]]:
    """(app, model) → what follows the list's address in those of a row."""
    found: dict[tuple[str, str], list[str]] = {}
    for route, _pattern in every_route():
        match = ADMIN_MODEL.fullmatch(route)
        if match and re.match("<(path|int):object_id>/.", match[3]) and "files/" not in match[3]:
            found.setdefault((match[1], match[2]), []).append(match[3])
    return found


def _request(user: User) -> Any:
    from django.test import RequestFactory

    request = RequestFactory().get("/admin/")
    request.user = user
    return request


def _made(model: type[Any], company: Any, by: User) -> Any:
    try:
        with transaction.atomic():
            return make_row(model, company, by)
    except (DatabaseError, ValueError, TypeError):
        return None
