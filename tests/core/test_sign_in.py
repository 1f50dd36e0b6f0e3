"""Coming in, staying in, and what a browser is told: sessions, CSRF, policies, redirects."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client

from apps.core.models import Company, User
from tests import factories
from tests.support.faces import API, ApiClient

PASSWORD = "long enough to remember"
SIGN_IN = "/accounts/login/"
TRIES = 5


@pytest.fixture(autouse=True)
def no_leftovers() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def clerk(db: None) -> User:
    return factories.make_user("clerk", password=PASSWORD)


def sign_in(client: Client, password: str = PASSWORD, **values: str) -> int:
    sent = {"login": "clerk", "password": password, **values}
    return client.post(SIGN_IN, sent).status_code


def test_s20_guessing_is_stopped_and_the_right_password_too(clerk: User) -> None:
    client = Client()
    answers = [sign_in(client, "wrong") for _n in range(TRIES)]
    assert answers[:-1] == [200] * (TRIES - 1)
    assert answers[-1] == 429
    assert sign_in(client) == 429


def test_s20_a_stranger_and_a_known_name_read_the_same(clerk: User) -> None:
    known = Client().post(SIGN_IN, {"login": "clerk", "password": "x"}).content.decode()
    other = Client().post(SIGN_IN, {"login": "clark", "password": "x"}).content.decode()
    assert "not correct" in known
    assert _without_tokens(known).replace("clerk", "") == _without_tokens(other).replace(
        "clark", ""
    )


def _without_tokens(page: str) -> str:
    return "\n".join(
        line for line in page.splitlines() if "csrf" not in line and "nonce" not in line
    )


@pytest.mark.parametrize(
    "password", ["short", "Password1", "password123", "12345678901234", "clerk123", "k7#mq2vb9xw"]
)
def test_s21_weak_passwords_are_refused(password: str, clerk: User) -> None:
    from django.contrib.auth.password_validation import validate_password
    from django.core.exceptions import ValidationError

    with pytest.raises(ValidationError):
        validate_password(password, clerk)


def test_s23_a_session_ends_with_sign_out_password_and_account(clerk: User) -> None:
    client = Client()
    assert sign_in(client) == 302
    before = client.session.session_key
    assert client.get("/admin/").status_code == 200
    stolen = Client()
    stolen.cookies["mes_erp_session"] = before
    assert stolen.get("/admin/").status_code == 200
    client.post("/admin/logout/")
    assert stolen.get("/admin/").status_code == 302

    assert sign_in(client) == 302
    assert client.session.session_key != before
    clerk.set_password("another long one")
    clerk.save()
    assert client.get("/admin/").status_code == 302

    assert sign_in(client, "another long one") == 302
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    assert client.get("/admin/").status_code == 302
    assert client.get(f"{API}/core/me/").status_code == 401


def test_s24_a_session_alone_changes_nothing(clerk: User, by: User) -> None:
    company = factories.make_company("ACME", by=by)
    client = Client(enforce_csrf_checks=True)
    client.force_login(by, "apps.core.backends.PermissionBackend")
    body = '{"company": "ACME", "code": "S", "name": "S"}'
    for kind in ("application/json", "text/plain"):
        sent = client.post(
            f"{API}/core/sites/", body, content_type=kind, headers={"Idempotency-Key": kind}
        )
        assert sent.status_code == 403, kind
    assert not company.sites.exists()
    assert client.post("/admin/core/site/add/", {"code": "S"}).status_code == 403


def test_s25_pages_name_what_they_may_load(clerk: User) -> None:
    client = Client()
    client.force_login(clerk, "apps.core.backends.PermissionBackend")
    for path in ("/admin/", "/api/docs/", f"{API}/core/me/"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        for part in ("default-src 'self'", "object-src 'none'", "frame-ancestors 'none'"):
            assert part in policy, path
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
    assert "unsafe" not in client.get(f"{API}/core/me/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_s40_one_is_sent_nowhere_else(target: str, clerk: User) -> None:
    answer = Client().post(
        f"{SIGN_IN}?next={target}", {"login": "clerk", "password": PASSWORD, "next": target}
    )
    assert answer.status_code == 302
    assert "evil" not in answer["Location"] and not answer["Location"].startswith("java")


def test_s40_a_foreign_host_is_refused(db: None) -> None:
    assert Client().get("/healthz", headers={"Host": "evil.example"}).status_code == 400


def test_s30_a_token_ends_with_its_user(clerk: User) -> None:
    made = ApiClient(clerk).post("/core/tokens/", {})
    stranger = Client()
    headers = {"Authorization": f"Token {made.body['token']}"}
    assert stranger.get(f"{API}/core/me/", headers=headers).status_code == 200
    assert stranger.get(f"{API}/core/me/?token={made.body['token']}").status_code == 401
    User.objects.filter(pk=clerk.pk).update(is_active=False)
    assert stranger.get(f"{API}/core/me/", headers=headers).status_code == 401


def test_companies_are_seen_by_members_only(clerk: User, by: User) -> None:
    factories.make_company("ACME", by=by)
    User.objects.filter(pk=clerk.pk).update(is_superuser=False)
    assert not Company.objects.visible_to(User.objects.get(pk=clerk.pk)).exists()
