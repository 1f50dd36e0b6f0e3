"""Single sign-on against a real OpenID Connect provider: who is let in, and who is not."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from apps.core.models import User
from apps.core.sign_in_settings import single_sign_on
from tests import factories
from tests.support.identity_provider import CLIENT, SECRET, IdentityProvider

LOGIN = "/accounts/oidc/sso/login/"
ANNA = {"sub": "4711", "email": "anna@example.com", "email_verified": True, "name": "Anna"}


@pytest.fixture
def provider(db: None) -> Iterator[IdentityProvider]:
    with IdentityProvider(claims=dict(ANNA)) as made:
        yield made


@pytest.fixture
def anna(provider: IdentityProvider, settings: Any) -> User:
    settings.SOCIALACCOUNT_PROVIDERS = single_sign_on(provider.url, CLIENT, SECRET, "Example")
    user = factories.make_user("anna")
    User.objects.filter(pk=user.pk).update(email=ANNA["email"])
    user.refresh_from_db()
    return user


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


def there(url: str) -> str:
    """What the browser does at the provider: it is sent back, with a code and the state."""
    try:
        urllib.request.build_opener(_Stay).open(url, timeout=5)
    except urllib.error.HTTPError as answer:
        assert answer.code == 302
        return answer.headers["Location"]
    raise AssertionError("the provider sent nobody back")


def signed_in(client: Client, *, state: str = "") -> Any:
    """The answer to the call that the browser comes back with."""
    sent = client.post(LOGIN)
    assert sent.status_code == 302, sent.content
    back = there(sent["Location"])
    if state:
        back = back.partition("state=")[0] + f"state={state}"
    return client.get(back.removeprefix("http://testserver"))


def who(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def test_who_is_known_by_a_verified_address_comes_in(
    provider: IdentityProvider, anna: User
) -> None:
    client = Client()
    answer = signed_in(client)
    assert (answer.status_code, answer["Location"]) == (302, settings.LOGIN_REDIRECT_URL)
    assert who(client) == str(anna.pk)
    assert "/token" in provider.asked and "/userinfo" in provider.asked
    # once tied, the provider's own number counts, whatever becomes of the address
    provider.claims["email"] = "anna.new@example.com"
    again = Client()
    signed_in(again)
    assert who(again) == str(anna.pk)
    assert User.objects.filter(email=ANNA["email"]).count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"email": "stranger@example.com"},
        {"email_verified": False},
        {"email": ""},
    ],
)
def test_nobody_else_comes_in_and_no_account_is_opened(
    provider: IdentityProvider, anna: User, change: dict[str, Any]
) -> None:
    provider.claims |= change
    before = User.objects.count()
    client = Client()
    signed_in(client)
    assert who(client) is None
    assert User.objects.count() == before


def test_who_was_put_out_stays_out(provider: IdentityProvider, anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)
    client = Client()
    signed_in(client)
    assert who(client) is None


def test_a_forged_way_back_is_refused(provider: IdentityProvider, anna: User) -> None:
    client = Client()
    signed_in(client, state="forged")
    assert who(client) is None
    assert "/token" not in provider.asked


@pytest.mark.parametrize("fault", [{"audience": "another"}, {"is_code_good": False}])
def test_what_the_provider_did_not_say_to_us_is_refused(
    provider: IdentityProvider, anna: User, fault: dict[str, Any]
) -> None:
    for name, value in fault.items():
        setattr(provider, name, value)
    client = Client()
    assert signed_in(client).status_code < 500
    assert who(client) is None


def test_a_provider_that_does_not_answer_is_no_error_of_ours(settings: Any, db: None) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = single_sign_on("http://127.0.0.1:9", CLIENT, SECRET, "Gone")
    answer = Client().post(LOGIN)
    assert (answer.status_code, b"does not answer" in answer.content) == (503, True)
