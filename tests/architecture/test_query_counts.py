"""What a list costs in statements: the same for 10 and 50 rows, and never more than it was.

After a deliberate change: ``MES_ERP_REGENERATE=1 python -m pytest tests/architecture``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.api import listing
from apps.core.models import Company, Membership, User
from tests import factories
from tests.architecture.routes import api_endpoints
from tests.architecture.rows import make_rows
from tests.support.faces import ApiClient

BASELINES = Path(__file__).parent.parent / "baselines" / "query_counts.json"
MOST_FOR_AN_API_LIST = 3  # session, user with permissions and scope, rows
FEW, MANY = 10, 50


def counted(client: Any, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == 200, url
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"].upper()]
    assert not counts, f"{url} counts: {counts}"
    return len(queries)


@pytest.mark.slow
def test_lists_cost_the_same_at_any_length(db: None, by: User) -> None:
    company = company_of(by, "COUNT")
    client = ApiClient(by).client
    made = {model for model in {m for _a, _u, m in lists()} if add_rows(model, FEW, company, by)}
    tried = [(address, url, model) for address, url, model in lists() if model in made]
    first = {address: counted(client, url) for address, url, _model in tried}
    for model in made:
        add_rows(model, MANY - FEW, company, by)
    found = {address: counted(client, url) for address, url, _model in tried}
    grown = _grown(tried, first, found, client, company, by)
    assert not grown, f"grow with their rows: {grown}"
    too_many = {
        address: count
        for address, count in found.items()
        if address.startswith("api ") and count > MOST_FOR_AN_API_LIST
    }
    assert not too_many
    if os.environ.get("MES_ERP_REGENERATE") == "1":
        BASELINES.write_text(json.dumps(found, indent=2, sort_keys=True) + "\n")
    baselines = json.loads(BASELINES.read_text())
    missing = found.keys() - baselines.keys()
    worse = {a: (baselines[a], n) for a, n in found.items() if n > baselines.get(a, n)}
    assert not missing and not worse, f"new: {missing}; more than before: {worse}"


def _grown(
    tried: list[tuple[str, str, type[Any]]],
    first: dict[str, int],
    found: dict[str, int],
    client: Client,
    company: Company,
    by: User,
) -> dict[str, tuple[int, int]]:
    """Lists that cost more with more rows. What else a first look reads (content types) is read
    once per process: those lists are looked at again, with more rows still."""
    again = [one for one in tried if first[one[0]] != found[one[0]]]
    for model in {model for _address, _url, model in again}:
        add_rows(model, MANY - FEW, company, by)
    later = {address: counted(client, url) for address, url, _model in again}
    return {a: (found[a], count) for a, count in later.items() if count != found[a]}


def company_of(by: User, code: str) -> Company:
    """A company in which the requests of ``by`` act, whatever others are made."""
    company = factories.make_company(code, by=by)
    Membership.objects.create(user=by, company=company, is_default=True)
    return company


def lists() -> list[tuple[str, str, type[Any]]]:
    """(name, URL, model) of each list of the API and the admin."""
    found = [
        (f"api {endpoint.path}", f"{endpoint.url()}?page_size=500", endpoint.model)
        for endpoint in api_endpoints()
        if endpoint.action == "list" and endpoint.model is not None
    ]
    for model in admin.site._registry:
        if model.__module__.startswith("apps."):
            path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
            found.append((f"admin {model._meta.label_lower}", path, model))
    return found


def add_rows(model: type[Any], number: int, company: Company, by: User) -> bool:
    """Whether rows of ``model`` can be made without its services."""
    try:
        with transaction.atomic():
            if model is Company:
                for _n in range(number):
                    factories.make_company(by=by)
            else:
                make_rows(model, number, company, by)
    except (DatabaseError, ValueError, TypeError):
        return False
    return True


@pytest.mark.slow
def test_lists_show_the_same_whichever_way_they_are_read(
    db: None, by: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    company = company_of(by, "FRAME")
    client = ApiClient(by).client
    api = [one for one in lists() if one[0].startswith("api ")]
    for model in {model for _address, _url, model in api}:
        add_rows(model, 3, company, by)
    urls = [url.replace("page_size=500", "page_size=2") for _address, url, _model in api]
    framed = {url: client.get(url).json() for url in urls}
    monkeypatch.setattr(listing, "_frame", lambda view, order: None)
    for url in urls:
        assert client.get(url).json() == framed[url], url
    assert sum(bool(body["results"]) for body in framed.values()) > 20
