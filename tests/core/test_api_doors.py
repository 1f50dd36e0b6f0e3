"""Whoever is turned away at a door of the API is told so in the API's own shape."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from apps.core.models import Company, User
from tests.support.faces import API, ApiClient, codes, make_member

PASSWORD = "long enough to remember"
ME = "/core/me/"


@pytest.fixture(autouse=True)
def no_leftovers() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def clerk(company: Company) -> User:
    user = make_member("clerk", company, permissions=("core.add_signature", "core.view_signature"))
    user.set_password(PASSWORD)
    user.save()
    return user


def assert_refused(answer: Any, status: int, code: str) -> None:
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"].startswith("application/json")
    assert set(answer.json()) == {"type", "errors"}
    [error] = answer.json()["errors"]
    assert error["code"] == code
    assert {"code", "detail", "attr"} <= set(error)
    assert error["detail"]


@pytest.mark.parametrize(
    "header",
    [
        "Token",
        "Token ",
        "Token a b",
        "Token mes_nonsense",
        "Token \u00e9\u00e9",
        "Token " + "x" * 5000,
        "Bearer abc",
        "Basic YTpi",
        "",
    ],
)
def test_a_bad_token_is_refused_as_json(header: str, db: None) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get(API + ME, headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["WWW-Authenticate"]
    assert set(answer.json()) == {"type", "errors"}


def test_an_expired_token_and_a_retired_person(clerk: User) -> None:
    row, secret = AuthToken.objects.create(clerk, expiry=datetime.timedelta(days=1))
    headers = {"Authorization": f"Token {secret}"}
    assert Client().get(API + ME, headers=headers).status_code == 200
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    assert_refused(Client().get(API + ME, headers=headers), 401, "authentication_failed")
    User.objects.filter(pk=clerk.pk).update(is_active=True)
    AuthToken.objects.filter(pk=row.pk).update(expiry=timezone.now())
    assert_refused(Client().get(API + ME, headers=headers), 401, "authentication_failed")


def test_a_session_without_the_csrf_token(clerk: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(clerk, "apps.core.backends.PermissionBackend")
    answer = client.post(f"{API}/core/tokens/", "{}", content_type="application/json")
    assert_refused(answer, 403, "permission_denied")


def test_the_lock_out_of_the_api_has_its_shape(clerk: User, rf: Any) -> None:
    from apps.core.sign_in import locked_out

    answer: Any = locked_out(rf.post("/api/v1/core/signatures/"))
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "900")
    assert codes(SimpleNamespace(body=json.loads(answer.content))) == [(None, "locked_out")]


def test_the_lock_out_of_the_pages_is_a_page(clerk: User) -> None:
    client = Client()
    for _n in range(6):
        answer = client.post("/accounts/login/", {"login": "clerk", "password": "wrong"})
    assert answer.status_code == 429
    assert "Signing in is locked" in answer.content.decode()


def test_a_missing_second_factor_is_no_redirect(clerk: User, settings: Any) -> None:
    from django.contrib.auth.models import Group

    clerk.groups.add(Group.objects.get_or_create(name="accountant")[0])
    settings.SECOND_FACTOR_ROLES = ["accountant"]
    api = ApiClient(clerk)
    assert_refused(api.get(ME), 403, "second_factor_required")
    assert api.client.get("/admin/")["Location"].startswith("/accounts/2fa/")


@pytest.mark.parametrize("path", ["/api/", "/api/v1/", "/api/v2/x/", "/api/v1/core/nothing/"])
@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_unknown_address_is_refused_as_json(path: str, method: str, db: None) -> None:
    answer = getattr(Client(raise_request_exception=False), method)(path)
    assert_refused(answer, 404, "not_found")
