"""Service accounts and their keys: what opens, what does not, and who it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.core.cache import cache
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from knox.models import AuthToken

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.integration.models import ApiKey, ApiKeyUse, ServiceAccount
from apps.integration.services.api_keys import (
    checked_scopes,
    is_in_scope,
    may_come_from,
    revoke_api_key,
)
from apps.integration.services.service_accounts import (
    create_service_account,
    update_service_account,
)
from apps.masterdata.models import ItemCategory, Partner, Unit
from tests import factories
from tests.integration.conftest import KeyClient, make_account, make_key
from tests.support.faces import ApiClient, codes, make_member

ITEMS = "/masterdata/items/"


@pytest.fixture(autouse=True)
def fresh_cache() -> None:
    cache.clear()


@pytest.fixture
def planner(company: Company, by: User) -> ServiceAccount:
    Unit(company=company, code="EA", name="Each", dimension="count").save_by(by)
    ItemCategory(company=company, code="RAW", name="Raw").save_by(by)
    return make_account(company, code="mes", roles=("buyer", "planner", "sales"), by=by)


def new_partner(code: str = "N1") -> dict[str, Any]:
    return {"code": code, "name": "New", "currency": "EUR", "is_customer": True}


PARTNERS = "/masterdata/partners/"


def test_a_key_opens_what_role_and_scope_open(planner: ServiceAccount, by: User) -> None:
    reader = KeyClient(make_key(planner, "masterdata.read", by=by).secret)
    assert reader.get(PARTNERS).status_code == 200
    answer = reader.post(PARTNERS, new_partner())
    assert answer.status_code == 403
    assert "masterdata.write" in answer.body["errors"][0]["detail"]
    assert not Partner.objects.filter(code="N1").exists()
    answer = reader.get("/finance/accounts/")
    assert answer.status_code == 403
    assert "finance.read" in answer.body["errors"][0]["detail"]

    writer = KeyClient(make_key(planner, "masterdata.write", by=by).secret)
    assert writer.get(PARTNERS).status_code == 200, "write opens reading"
    assert writer.post(PARTNERS, new_partner()).status_code == 201

    single = KeyClient(make_key(planner, "masterdata.view_partner", by=by).secret)
    assert single.get(PARTNERS).status_code == 200
    assert single.get(ITEMS).status_code == 403


def test_a_scope_gives_nothing_that_the_role_lacks(company: Company, by: User) -> None:
    operator = make_account(company, code="op", roles=("operator",), by=by)
    client = KeyClient(make_key(operator, "*.write", by=by).secret)
    answer = client.post(PARTNERS, new_partner())
    assert answer.status_code == 403
    assert "roles of the service account" in answer.body["errors"][0]["detail"]


def test_a_superuser_is_none_by_key(planner: ServiceAccount, by: User) -> None:
    User.objects.filter(pk=planner.user_id).update(is_superuser=True)
    client = KeyClient(make_key(planner, "masterdata.read", by=by).secret)
    assert client.get("/core/me/").body["is_superuser"] is False
    assert client.post(PARTNERS, new_partner()).status_code == 403


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer x", "Bearer mesk_0.x", "Bearer é.x", "bearer ."]
)
def test_nonsense_is_401(header: str, db: None) -> None:
    client = ApiClient()
    client.client.defaults["HTTP_AUTHORIZATION"] = header
    assert client.get(PARTNERS).status_code == 401


def test_expired_revoked_foreign_and_cut_keys_are_401(planner: ServiceAccount, by: User) -> None:
    made = make_key(planner, "*.read", by=by)
    client = KeyClient(made.secret)
    assert client.get(PARTNERS).status_code == 200
    other = make_key(planner, "*.read", by=by)
    prefix, _dot, secret = made.secret.partition(".")
    foreign = other.secret.partition(".")[0] + "." + secret
    for wrong in (foreign, made.secret[:-1], prefix, f"{prefix}.", made.secret + "x"):
        assert KeyClient(wrong).get(PARTNERS).status_code == 401, wrong
    ApiKey.objects.filter(pk=other.row.pk).update(expires_at=timezone.now())
    assert KeyClient(other.secret).get(PARTNERS).status_code == 401
    revoke_api_key(made.row, by=by)
    assert client.get(PARTNERS).status_code == 401
    revoke_api_key(made.row, by=by)
    assert made.row.history.count() == 2


def test_a_switched_off_account_or_user_is_401(planner: ServiceAccount, by: User) -> None:
    client = KeyClient(make_key(planner, "*.read", by=by).secret)
    row = update_service_account(planner, is_active=False, by=by)
    assert client.get(PARTNERS).status_code == 401
    row = update_service_account(row, is_active=True, by=by)
    assert client.get(PARTNERS).status_code == 200
    User.objects.filter(pk=row.user_id).update(is_active=False)
    assert client.get(PARTNERS).status_code == 401


def test_only_the_hash_is_kept_and_the_key_shown_once(planner: ServiceAccount, by: User) -> None:
    admin = ApiClient(by)
    ends = (timezone.now() + timedelta(days=30)).isoformat()
    given = {"account": "mes", "name": "sync", "scopes": "*.read", "expires_at": ends}
    answer = admin.post("/integration/api-keys/", given)
    assert answer.status_code == 201, answer.body
    key, secret = answer.body["id"], answer.body["secret"]
    assert KeyClient(secret).get(PARTNERS).status_code == 200
    shown = admin.get(f"/integration/api-keys/{key}/").body
    assert "secret" not in shown and "digest" not in shown
    row = ApiKey.objects.get(pk=key)
    assert secret.partition(".")[2] not in str(row.__dict__)
    assert admin.post("/integration/api-keys/", given, key=None).status_code == 400
    assert admin.post(f"/integration/api-keys/{key}/revoke/").status_code == 200
    assert KeyClient(secret).get(PARTNERS).status_code == 401


def test_companies_stay_apart(planner: ServiceAccount, by: User) -> None:
    away = factories.make_company("AWAY", by=by)
    theirs = Partner(company=away, code="T", name="T", currency=away.currency).save_by(by)
    client = KeyClient(make_key(planner, "*.write", by=by).secret)
    assert client.get(f"{PARTNERS}{theirs.pk}/").status_code == 404
    assert client.get(PARTNERS).body["results"] == []


def test_history_names_the_account_and_the_key(planner: ServiceAccount, by: User) -> None:
    made = make_key(planner, "masterdata.write", by=by)
    client = KeyClient(made.secret)
    partner = client.post(PARTNERS, new_partner(), **{"Change-Reason": "Sync"}).body
    ApiClient(by).patch(f"{PARTNERS}{partner['id']}/", {"name": "By hand"}, version=1)
    changes = client.get(f"{PARTNERS}{partner['id']}/history/").body["results"]
    assert [(c["by"], c["reason"]) for c in changes] == [
        ("tester", ""),
        ("mes@acme", f"Sync [key {made.row.prefix}]"),
    ]


def test_a_key_is_no_reason_for_a_signed_document(planner: ServiceAccount, by: User) -> None:
    """The database asks for the reason of such a change, and reads past the key."""
    said = "SELECT btrim(regexp_replace(%s, '[[]key [0-9a-z_]+[]]$', ''))"
    with connection.cursor() as cursor:
        for text, left in (("[key mesk_0a]", ""), ("Late [key mesk_0a]", "Late")):
            cursor.execute(said, [text])
            assert cursor.fetchone() == (left,)
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'core_require_signed_reason'")
        assert "[[]key [0-9a-z_]+[]]$" in cursor.fetchone()[0]


def test_a_key_makes_no_token(planner: ServiceAccount, by: User) -> None:
    client = KeyClient(make_key(planner, "*.write", by=by).secret)
    assert client.post("/core/tokens/", {}).status_code == 403
    assert client.get("/core/tokens/").status_code == 403
    assert not AuthToken.objects.exists()


def test_no_password_opens_a_service_account(planner: ServiceAccount, by: User) -> None:
    user: Any = planner.user
    assert not user.has_usable_password()
    user.set_password("a good long passphrase")
    user.save()
    request = RequestFactory().post("/accounts/login/")
    assert authenticate(request, username=user.username, password="a good long passphrase") is None
    person = factories.make_user("person")
    person.set_password("a good long passphrase")
    person.save()
    found = authenticate(request, username="person", password="a good long passphrase")
    assert found == person


@pytest.mark.parametrize(
    ("networks", "address", "may"),
    [
        ("", "198.51.100.7", True),
        ("203.0.113.0/24 2001:db8::/32", "203.0.113.9", True),
        ("203.0.113.0/24 2001:db8::/32", "2001:db8::7", True),
        ("203.0.113.0/24", "203.0.114.1", False),
        ("203.0.113.0/24", "::ffff:203.0.113.9", True),
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.7", "nonsense", False),
    ],
)
def test_networks(networks: str, address: str, may: bool) -> None:
    assert may_come_from(ApiKey(networks=networks), address) is may


def test_a_key_from_elsewhere_is_401(planner: ServiceAccount, by: User) -> None:
    secret = make_key(planner, "*.read", by=by, networks="203.0.113.0/24").secret
    client = KeyClient(secret)
    assert client.get(PARTNERS).status_code == 401
    client.client.defaults["REMOTE_ADDR"] = "203.0.113.5"
    assert client.get(PARTNERS).status_code == 200
    client.client.defaults["REMOTE_ADDR"] = "198.51.100.1"
    client.client.defaults["HTTP_X_FORWARDED_FOR"] = "203.0.113.5"
    assert client.get(PARTNERS).status_code == 401, "no proxy is trusted here"


def test_requests_are_limited_by_key(planner: ServiceAccount, by: User) -> None:
    one = KeyClient(make_key(planner, "*.read", by=by, requests_per_minute=3).secret)
    two = KeyClient(make_key(planner, "*.read", by=by).secret)
    assert [one.get(PARTNERS).status_code for _n in range(3)] == [200] * 3
    answer = one.get(PARTNERS)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= 60
    assert two.get(PARTNERS).status_code == 200


def test_use_is_written_rarely(planner: ServiceAccount, by: User) -> None:
    client = KeyClient(make_key(planner, "*.read", by=by).secret)
    client.get(PARTNERS)
    first = ApiKeyUse.objects.get().last_used_at
    with CaptureQueriesContext(connection) as queries:
        client.get(PARTNERS)
    assert len(queries) == 2, "the key with its rights, and the rows"
    assert ApiKeyUse.objects.get().last_used_at == first
    ApiKeyUse.objects.update(last_used_at=timezone.now() - timedelta(minutes=6))
    client.get(PARTNERS)
    assert ApiKeyUse.objects.get().last_used_at > first


def test_scopes() -> None:
    assert is_in_scope("crm.view_lead", {"crm.read"})
    assert is_in_scope("crm.view_lead", {"*.read"})
    assert is_in_scope("crm.view_lead", {"crm.write"})
    assert is_in_scope("crm.add_lead", {"*.write"})
    assert is_in_scope("crm.add_lead", {"crm.add_lead"})
    assert not is_in_scope("crm.add_lead", {"crm.read", "*.read", "hr.write", "crm.view_lead"})
    assert not is_in_scope("crm.view_lead", set())


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"scopes": ""}, ("no_scope", "scopes")),
        ({"scopes": "crm.all"}, ("unknown_scope", "scopes")),
        ({"scopes": "nothing.read"}, ("unknown_scope", "scopes")),
        ({"scopes": "*.read crm.view_leed"}, ("unknown_scope", "scopes")),
        ({"networks": "10.0.0.0/33"}, ("bad_network", "networks")),
        ({"expires_at": timedelta(days=-1)}, ("bad_expiry", "expires_at")),
        ({"expires_at": timedelta(days=400)}, ("bad_expiry", "expires_at")),
    ],
)
def test_bad_keys_are_refused(
    values: dict[str, Any], expected: tuple[str, str], account: ServiceAccount, by: User
) -> None:
    if "expires_at" in values:
        values = {"expires_at": timezone.now() + values["expires_at"]}
    with pytest.raises(InvalidInput) as refused:
        make_key(account, values.pop("scopes", "*.read"), by=by, **values)
    assert (refused.value.code, refused.value.field) == expected
    assert not ApiKey.objects.exists()


def test_scopes_are_kept_once(db: None) -> None:
    assert checked_scopes(" *.read  crm.view_lead *.read ") == "*.read crm.view_lead"


def test_nobody_gives_rights_that_he_lacks(account: ServiceAccount, by: User) -> None:
    admin = make_member(
        "admin",
        account.company,
        permissions=("integration.add_serviceaccount", "integration.add_apikey"),
    )
    with pytest.raises(BusinessError) as refused:
        create_service_account(account.company, code="x", roles=("accountant",), by=admin)
    assert (refused.value.code, refused.value.field) == ("role_exceeds_own", "roles")
    with pytest.raises(InvalidInput) as unknown:
        create_service_account(account.company, code="x", roles=("king",), by=by)
    assert (unknown.value.code, unknown.value.field) == ("does_not_exist", "roles")
    assert not ServiceAccount.objects.filter(code="x").exists()
    assert not User.objects.filter(username__startswith="x@").exists()
    with pytest.raises(BusinessError) as exceeds:
        make_key(account, "*.read", by=admin)
    assert (exceeds.value.code, exceeds.value.field) == ("account_exceeds_own", "account")
    own = create_service_account(account.company, code="own", by=admin)
    assert make_key(own, "*.read", by=admin).secret


def test_an_account_lives_through_the_api(company: Company, by: User) -> None:
    site = factories.make_site(company, by=by, code="S1")
    api = ApiClient(by)
    made = api.post(
        "/integration/service-accounts/",
        {"code": "wms", "name": "Warehouse", "roles": ["buyer"], "sites": ["S1"]},
    )
    assert made.status_code == 201, made.body
    assert (made.body["username"], made.body["roles"]) == ("wms@acme", ["buyer"])
    url = f"/integration/service-accounts/{made.body['id']}/"
    user = User.objects.get(username="wms@acme")
    assert user.scope.site_ids == {site.pk}
    changed = api.patch(url, {"roles": ["sales"]}, version=1)
    assert changed.status_code == 200, changed.body
    assert changed.body["roles"] == ["sales"]
    refused = api.patch(url, {"sites": ["S1"]}, version=changed.body["version"])
    assert (refused.status_code, codes(refused)) == (422, [("sites", "read_only")])
    assert api.post("/integration/service-accounts/", {"code": "wms"}).status_code == 409
    assert api.delete(url, version=changed.body["version"]).status_code == 204
    user.refresh_from_db()
    assert not user.is_active
