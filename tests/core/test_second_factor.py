"""A second factor and single sign-on: who has one gives it, who must have one sets it up first."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.test import Client

from apps.core.models import User
from apps.core.sign_in_settings import single_sign_on
from tests import factories

PASSWORD = "long enough to remember"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def clerk(db: None) -> User:
    cache.clear()
    return factories.make_user("clerk", password=PASSWORD)


def sign_in(client: Client) -> Any:
    return client.post("/accounts/login/", {"login": "clerk", "password": PASSWORD})


def code_now() -> str:
    return format_hotp_value(hotp_value(SECRET, next(yield_hotp_counters_from_time())))


def test_the_admin_opens_only_after_the_code(clerk: User) -> None:
    TOTP.activate(clerk, SECRET)
    client = Client()
    answer = sign_in(client)
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/admin/").status_code == 302
    assert client.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert client.get("/admin/").status_code == 302
    code = code_now()
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_s22_a_code_is_good_once(clerk: User) -> None:
    TOTP.activate(clerk, SECRET)
    first, second = Client(), Client()
    code = code_now()
    for client, expected in ((first, 302), (second, 200)):
        sign_in(client)
        answer = client.post("/accounts/2fa/authenticate/", {"code": code})
        assert answer.status_code == expected


def test_s22_a_recovery_code_is_good_once(clerk: User) -> None:
    TOTP.activate(clerk, SECRET)
    with context.request_context(None):
        code = RecoveryCodes.activate(clerk).get_unused_codes()[0]
    for expected in (302, 200):
        client = Client()
        sign_in(client)
        answer = client.post("/accounts/2fa/authenticate/", {"code": code})
        assert answer.status_code == expected


def test_a_role_that_must_have_one_sets_it_up_first(clerk: User, settings: Any) -> None:
    settings.SECOND_FACTOR_ROLES = ["administrator"]
    User.objects.filter(pk=clerk.pk).update(is_superuser=False)
    client = Client()
    sign_in(client)
    assert client.get("/admin/").status_code == 200
    clerk.groups.add(Group.objects.get(name="administrator"))
    answer = client.get("/admin/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/")
    again = "/accounts/reauthenticate/?next=/accounts/2fa/totp/activate/"
    assert client.post(again, {"password": PASSWORD}).status_code == 302
    page = client.get("/accounts/2fa/totp/activate/")
    assert page.status_code == 200 and "<img" in page.content.decode()
    TOTP.activate(clerk, SECRET)
    assert client.get("/admin/").status_code == 200


def test_setting_a_factor_up_asks_for_the_password_again(clerk: User) -> None:
    client = Client()
    client.force_login(clerk, "apps.core.backends.PermissionBackend")
    answer = client.get("/accounts/2fa/totp/activate/")
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not Authenticator.objects.exists()


def test_nobody_signs_up(db: None) -> None:
    form = {"username": "me", "password1": PASSWORD, "password2": PASSWORD}
    assert "closed" in Client().post("/accounts/signup/", form).content.decode().lower()
    assert not User.objects.filter(username="me").exists()


def test_single_sign_on_is_configured_by_environment() -> None:
    assert single_sign_on("", "", "", "") == {}
    found = single_sign_on("https://id.example.com", "mes", "secret", "Example")
    [app] = found["openid_connect"]["APPS"]
    assert (app["client_id"], app["settings"]["server_url"]) == ("mes", "https://id.example.com")
    assert settings.SOCIALACCOUNT_PROVIDERS == {}
