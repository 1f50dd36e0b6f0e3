"""Who may go where: the whole API and admin, role by role, against a file that is reviewed.

After a deliberate change: ``MES_ERP_REGENERATE=1 python -m pytest tests/architecture``, then read
the difference of ``permission_matrix.json`` as carefully as code.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import DatabaseError, transaction
from django.test import Client

from apps.core.models import User
from apps.core.services.roles import catalogue
from tests import factories
from tests.architecture.routes import Endpoint, admin_rights, admin_urls, api_endpoints
from tests.architecture.rows import make_row
from tests.support.faces import ApiClient, make_member

MATRIX = Path(__file__).parent / "permission_matrix.json"
WITHOUT_COMPANY = {"core.currency"}


def matrix() -> dict[str, dict[str, list[str]]]:
    """Address → roles that may go there."""
    api: dict[str, list[str]] = {endpoint.name: [] for endpoint in api_endpoints()}
    pages: dict[str, list[str]] = {}
    for role, permissions in sorted(catalogue().items()):
        for endpoint in api_endpoints():
            if endpoint.permissions is not None and set(endpoint.permissions) <= permissions:
                api[endpoint.name].append(role)
        for page, may in admin_rights(permissions):
            pages.setdefault(page, [])
            if may:
                pages[page].append(role)
    return {"api": api, "admin": pages}


def test_the_matrix_is_the_reviewed_one() -> None:
    found = matrix()
    if os.environ.get("MES_ERP_REGENERATE") == "1":
        MATRIX.write_text(_pretty(found))
    expected = json.loads(MATRIX.read_text())
    for part, rights in found.items():
        changed = {
            name: (expected[part].get(name), rights.get(name))
            for name in expected[part].keys() | rights.keys()
            if expected[part].get(name) != rights.get(name)
        }
        assert not changed, f"{part} (was, is): {changed}"


def _pretty(found: dict[str, dict[str, list[str]]]) -> str:
    parts = []
    for part, rights in found.items():
        rows = [f"    {json.dumps(name)}: {json.dumps(rights[name])}" for name in sorted(rights)]
        parts.append(f"  {json.dumps(part)}: {{\n" + ",\n".join(rows) + "\n  }")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def test_every_endpoint_names_its_permission() -> None:
    unmapped = [endpoint.name for endpoint in api_endpoints() if endpoint.permissions is None]
    assert not unmapped, "refused to everybody, for no permission is named"


def test_every_named_permission_exists(db: None) -> None:
    known = {
        f"{app}.{code}"
        for app, code in Permission.objects.values_list("content_type__app_label", "codename")
    }
    for endpoint in api_endpoints():
        missing = set(endpoint.permissions or ()) - known
        assert not missing, f"{endpoint.name}: {missing}"


def test_roles_hold_exactly_their_catalogue(db: None) -> None:
    for role, permissions in catalogue().items():
        granted = Group.objects.get(name=role).permissions.values_list(
            "content_type__app_label", "codename"
        )
        assert {f"{app}.{code}" for app, code in granted} == permissions


def send(client: Client, endpoint: Endpoint, key: Any = None) -> Any:
    headers = {"Idempotency-Key": uuid4().hex, "If-Match": '"1"'}
    more = {} if endpoint.method == "GET" else {"data": "{}", "content_type": "application/json"}
    return getattr(client, endpoint.method.lower())(endpoint.url(key), headers=headers, **more)


@pytest.mark.slow
def test_strangers_are_refused_everywhere(db: None) -> None:
    stranger = Client(raise_request_exception=False)
    for endpoint in api_endpoints():
        assert send(stranger, endpoint).status_code == 401, endpoint.name
    for url in admin_urls():
        response = stranger.get(url)
        assert response.status_code == 302, url
        assert response["Location"].startswith("/admin/login/") or response["Location"].startswith(
            "/accounts/login/"
        ), url


@pytest.mark.slow
def test_the_views_ask_for_what_they_name(db: None, by: User) -> None:
    """With all that an endpoint names a member is let in, with one less he is refused."""
    member = make_member("member", factories.make_company("MATRIX", by=by))
    client = ApiClient(member).client
    keys = {
        f"{app}.{code}": key
        for key, app, code in Permission.objects.values_list(
            "pk", "content_type__app_label", "codename"
        )
    }

    def ask(endpoint: Endpoint, permissions: Sequence[str]) -> Any:
        member.user_permissions.set([keys[name] for name in permissions])
        return send(client, endpoint)

    for endpoint in api_endpoints():
        if endpoint.is_personal:
            assert ask(endpoint, ()).status_code not in (401, 403, 500), endpoint.name
            continue
        wanted = endpoint.permissions or ()
        assert ask(endpoint, wanted[1:]).status_code == 403, endpoint.name
        allowed = ask(endpoint, wanted)
        assert allowed.status_code not in (401, 403, 500), (endpoint.name, allowed.content)


@pytest.mark.slow
def test_s01_another_companys_rows_are_not_found(db: None, by: User) -> None:
    """A user with every permission, in another company: 404 on each row, none in any list."""
    home = factories.make_company("HOME", by=by)
    outsider = make_member("outsider", factories.make_company("AWAY", by=by))
    outsider.user_permissions.set(Permission.objects.all())
    client = ApiClient(outsider).client
    rows: dict[type[Any], Any] = {}
    not_made = set()
    for endpoint in api_endpoints():
        model = endpoint.model
        if model is None or model._meta.label_lower in WITHOUT_COMPANY:
            continue
        if model not in rows:
            rows[model] = _try(model, home, by)
        row = rows[model]
        if row is None:
            not_made.add(model._meta.label_lower)
        elif "{id}" in endpoint.path:
            answer = send(client, endpoint, row.pk)
            assert answer.status_code == 404, (endpoint.name, answer.content)
        elif endpoint.action == "list":
            found = [listed.get("id") for listed in send(client, endpoint).json()["results"]]
            assert row.pk not in found, endpoint.name
    assert not_made <= CANNOT_BE_MADE, f"make {not_made} in tests/architecture/rows.py"


@pytest.mark.slow
def test_s41_another_companys_pages_of_the_admin_are_not_found(db: None, by: User) -> None:
    home = factories.make_company("HOME", by=by)
    outsider = make_member("outsider", factories.make_company("AWAY", by=by))
    outsider.user_permissions.set(Permission.objects.all())
    client = ApiClient(outsider).client
    tried = 0
    for model in admin.site._registry:
        row = _try(model, home, by) if hasattr(model, "company") else None
        if row is None or not model.__module__.startswith("apps."):
            continue
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        listed = client.get(base)
        assert listed.status_code == 200, base
        assert row not in list(listed.context["cl"].result_list), base
        for tail in ("change", "history"):
            answer = client.get(f"{base}{row.pk}/{tail}/")
            assert answer.status_code in (302, 403, 404), f"{base}{tail}"
            assert str(row) not in answer.content.decode(), f"{base}{tail}"
        tried += 1
    assert tried >= 15


#: Rows that only their services can make; their own tests try the other company.
CANNOT_BE_MADE: set[str] = set()


def _try(model: type[Any], company: Any, by: User) -> Any:
    if model._meta.label_lower == "core.company":
        return company
    try:
        with transaction.atomic():
            return make_row(model, company, by)
    except (DatabaseError, ValueError, TypeError):
        return None


@pytest.mark.parametrize("word", ["itme", "view_item"])
def test_a_catalogue_with_an_unknown_word_is_refused(
    word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from apps.core.services import roles

    read = roles._read

    def with_a_slip(config: Any) -> dict[str, Any]:
        tables = read(config)
        if config.label == "masterdata":
            tables["buyer"] = {"view": [word]}
        return tables

    monkeypatch.setattr(roles, "_read", with_a_slip)
    with pytest.raises(roles.UnknownPermission, match=word):
        catalogue()
