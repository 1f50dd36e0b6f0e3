"""The API base, shown on items: who may, what is refused, what a repeat gets, what a list costs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.models import Company, IdempotencyKey, Membership, User
from apps.masterdata.models import Item, ItemCategory, Unit
from tests.support.faces import ApiClient, codes, make_member

ITEMS = "/masterdata/items/"
BODY = {"code": "BOLT", "name": "Bolt M8", "category": "RAW", "unit": "EA"}

pytestmark = pytest.mark.usefixtures("nouns")


def test_create_answers_with_the_row_its_version_and_its_place(api: ApiClient) -> None:
    response = api.post(ITEMS, {**BODY, "purchase_price": "1.5"})
    assert response.status_code == 201, response.body
    assert response["ETag"] == '"1"'
    assert response["Location"].endswith(f"{ITEMS}{response.body['id']}/")
    assert response.body["purchase_price"] == "1.5000"
    assert response.body["category_code"] == "RAW"
    assert response.body["company_code"] == "ACME"
    assert api.get(f"{ITEMS}{response.body['id']}/").body == response.body


def test_strangers_are_refused_everywhere(db: None) -> None:
    stranger = ApiClient()
    assert stranger.get(ITEMS).status_code == 401
    assert stranger.post(ITEMS, BODY).status_code == 401
    assert Item.objects.count() == 0


def test_every_action_wants_its_permission(acme: Company) -> None:
    viewer = ApiClient(make_member("viewer", acme, permissions=("masterdata.view_item",)))
    nobody = ApiClient(make_member("nobody", acme))
    assert viewer.get(ITEMS).status_code == 200
    assert nobody.get(ITEMS).status_code == 403
    assert viewer.post(ITEMS, BODY).status_code == 403
    assert viewer.delete(f"{ITEMS}1/", version=1).status_code == 403


def test_another_companys_row_does_not_exist(
    api: ApiClient, other: Company, by: User, nouns: dict[str, Any]
) -> None:
    unit = Unit(company=other, code="EA", name="Each", dimension="count").save_by(by)
    category = ItemCategory(company=other, code="SECRET", name="S").save_by(by)
    foreign = Item(company=other, code="X", name="X", unit=unit, category=category).save_by(by)
    assert api.get(f"{ITEMS}{foreign.pk}/").status_code == 404
    assert api.get(f"{ITEMS}{foreign.pk}/history/").status_code == 404
    assert api.patch(f"{ITEMS}{foreign.pk}/", {"name": "Y"}, version=1).status_code == 404
    assert api.delete(f"{ITEMS}{foreign.pk}/", version=1).status_code == 404
    assert api.post(f"{ITEMS}{foreign.pk}/comments/", {"text": "hi"}).status_code == 404
    assert api.get(f"{ITEMS}?category={category.pk}").body["results"] == []
    assert api.get(f"{ITEMS}?company=OTHER").body["results"] == []
    refused = api.post(ITEMS, {**BODY, "category": category.pk})
    assert (refused.status_code, codes(refused)) == (400, [("category", "does_not_exist")])
    refused = api.post(ITEMS, {**BODY, "company": "OTHER"})
    assert (refused.status_code, codes(refused)) == (400, [("company", "does_not_exist")])
    assert Item.objects.filter(company__code="ACME").count() == 0


def test_a_member_of_two_companies_names_one_and_cannot_mix(
    acme: Company, other: Company, by: User
) -> None:
    category = ItemCategory(company=other, code="RAW2", name="R").save_by(by)
    both = make_member("both", acme, other, permissions=("masterdata.add_item",))
    Membership.objects.filter(user=both, company=acme).update(is_default=True)
    both_api = ApiClient(both)
    elsewhere = both_api.post(ITEMS, {**BODY, "company": other.code})
    assert codes(elsewhere) == [("company", "other_company")]
    mixed = both_api.post(ITEMS, {**BODY, "company": "ACME", "category": category.pk})
    assert codes(mixed) == [("category", "does_not_exist")]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("colour", "red", "unknown_field"),
        ("id", 7, "read_only"),
        ("version", 7, "read_only"),
        ("created_at", "2026-01-01T00:00:00Z", "read_only"),
        ("category_code", "RAW", "read_only"),
        ("name", "a\0b", "control_character"),
        ("name", "a\u202eb", "control_character"),
        ("name", "x" * 100_000, "max_length"),
        ("name", "two\nlines", "line_break"),
        ("name", 7, "invalid"),
        ("name", None, "null"),
        ("code", "", "blank"),
        ("kind", "gadget", "invalid_choice"),
        ("kind", ["purchased"], "invalid_choice"),
        ("is_active", "yes", "invalid"),
        ("is_active", 1, "invalid"),
        ("lead_time_days", "\uff11", "invalid"),
        ("lead_time_days", "1_0", "invalid"),
        ("lead_time_days", 1.5, "invalid"),
        ("lead_time_days", -1, "min_value"),
        ("lead_time_days", 2**31, "max_value"),
        ("lead_time_days", 10**40, "max_value"),
        ("category", 10**30, "invalid"),
        ("category", {"id": 1}, "invalid"),
        ("category", True, "invalid"),
        ("category", "a\0b", "does_not_exist"),
        ("purchase_price", "-1", "min_value"),
        ("purchase_price", "NaN", "not_a_number"),
        ("purchase_price", "Infinity", "not_a_number"),
        ("purchase_price", "-0", "negative_zero"),
        ("purchase_price", "1_000", "invalid"),
        ("purchase_price", "\uff19\uff19", "invalid"),
        ("purchase_price", "1e30", "invalid"),
        ("purchase_price", "1e-400", "invalid"),
        ("purchase_price", "0.00005", "max_decimal_places"),
        ("purchase_price", "12345678901234567890", "max_whole_digits"),
        ("purchase_price", True, "invalid"),
        ("purchase_price", [], "invalid"),
        ("purchase_price", "", "invalid"),
    ],
)
def test_hostile_values_are_refused_by_field(
    api: ApiClient, field: str, value: Any, code: str
) -> None:
    response = api.post(
        ITEMS,
        {**BODY, field: value}
        if value != 10**40 and value != 10**30
        else _with_big_number(field, value),
    )
    assert response.status_code == 400, response.content[:300]
    assert codes(response) == [(field, code)]
    assert Item.objects.count() == 0


def _with_big_number(field: str, value: int) -> str:
    rest = ", ".join(f'"{name}": "{text}"' for name, text in BODY.items() if name != field)
    return f'{{{rest}, "{field}": {value}}}'


@pytest.mark.parametrize(
    ("number", "kept"),
    [("1e30", None), ("1E+2", "100.0000"), ("1.50000000", "1.5000"), ("-0.0", None),
     ("0.1", "0.1000"), ("1234567890123456.1234", "1234567890123456.1234"), ("NaN", None),
     ("Infinity", None), ("1" * 70, None), ("1e999999999", None), ("0.00001", None)],
)  # fmt: skip
def test_json_numbers_are_exact_or_refused(api: ApiClient, number: str, kept: str | None) -> None:
    rest = ", ".join(f'"{name}": "{text}"' for name, text in BODY.items())
    response = api.post(ITEMS, f'{{{rest}, "purchase_price": {number}}}')
    if kept is None:
        assert response.status_code == 400, response.content
    else:
        assert response.body["purchase_price"] == kept
        assert Item.objects.get().purchase_price == Decimal(kept)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"7", b'"x"', b"{", b"\xff\xfe", b"[" * 10_000 + b"]" * 10_000,
     b'{"code":1,"code":2}', b'{"a":' * 50 + b"1" + b"}" * 50, b"true"],
)  # fmt: skip
def test_bodies_that_are_no_object_are_refused(api: ApiClient, body: bytes) -> None:
    assert api.post(ITEMS, body).status_code == 400


@pytest.mark.parametrize(
    "query",
    ["page_size=0", "page_size=501", "page_size=1000000000", "page_size=x", "page_size=%EF%BC%91",
     "cursor=x", "cursor=" + "A" * 2000, "ordering=password", "ordering=--code",
     "category__company__name=x", "user__password__startswith=p", "id=1;drop", "is_active=maybe",
     "search=%00", "search=" + "x" * 101, "kind=gadget", "page_size=1&page_size=2", "format=api",
     "q=" + "x" * 5000],
)  # fmt: skip
def test_queries_that_mean_nothing_are_refused(api: ApiClient, query: str) -> None:
    response = api.get(f"{ITEMS}?{query}")
    assert response.status_code == 400, response.content[:200]


def test_a_detail_page_takes_no_parameters(api: ApiClient) -> None:
    made = api.post(ITEMS, BODY).body
    assert codes(api.get(f"{ITEMS}{made['id']}/?expand=company"))[0][1] == "unknown_parameter"
    assert api.get(f"{ITEMS}{10**18}9/").status_code == 404
    assert api.get(f"{ITEMS}abc/").status_code == 404
    assert api.get("/nothing/").body["errors"][0]["code"] == "not_found"


def test_a_repeat_has_one_effect_and_one_answer(api: ApiClient) -> None:
    first = api.post(ITEMS, BODY, key="k1")
    again = api.post(ITEMS, BODY, key="k1")
    assert (first.status_code, first.body) == (again.status_code, again.body)
    assert again["Idempotent-Replay"] == "true"
    assert again["ETag"] == first["ETag"]
    assert Item.objects.count() == 1
    other = api.post(ITEMS, {**BODY, "code": "NUT"}, key="k1")
    assert (other.status_code, codes(other)[0][1]) == (422, "idempotency_key_reused")


def test_a_refused_request_leaves_its_key_free(api: ApiClient) -> None:
    assert api.post(ITEMS, {**BODY, "kind": "x"}, key="k1").status_code == 400
    assert IdempotencyKey.objects.count() == 0
    assert api.post(ITEMS, BODY, key="k1").status_code == 201


@pytest.mark.parametrize("key", [None, "x" * 101, "naïve"])
def test_a_post_without_a_proper_key_does_nothing(api: ApiClient, key: str | None) -> None:
    response = api.post(ITEMS, BODY, key=key)
    assert (response.status_code, codes(response)[0][0]) == (400, "Idempotency-Key")
    assert Item.objects.count() == 0


def test_updates_want_the_version_that_was_seen(api: ApiClient) -> None:
    place = f"{ITEMS}{api.post(ITEMS, BODY).body['id']}/"
    assert api.patch(place, {"name": "New"}).status_code == 428
    assert api.patch(place, {"name": "New"}, version=7).status_code == 412
    assert api.patch(place, {"name": "New"}, **{"If-Match": "junk"}).status_code == 412
    changed = api.patch(place, {"name": "New"}, version=1, **{"Change-Reason": "renamed"})
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    assert api.patch(place, {"name": "Late"}, version=1).status_code == 412
    assert api.client.put(f"/api/v1{place}").status_code == 405
    history = api.get(f"{place}history/").body["results"]
    assert [(h["kind"], h["by"], h["reason"]) for h in history] == [
        ("changed", "clerk", "renamed"),
        ("created", "clerk", ""),
    ]
    assert history[0]["changes"] == [{"field": "name", "old": "Bolt M8", "new": "New"}]


@pytest.mark.parametrize(
    "field", ["company", "id", "version", "category_code", "created_at", "is_superuser", "status"]
)
def test_s05_a_patch_cannot_set_what_is_not_offered(api: ApiClient, field: str) -> None:
    made = api.post(ITEMS, BODY).body
    response = api.patch(f"{ITEMS}{made['id']}/", {field: 1}, version=1)
    assert (response.status_code, codes(response)[0][0]) == (400, field)
    assert Item.objects.get().version == 1


def test_delete_retires(api: ApiClient) -> None:
    place = f"{ITEMS}{api.post(ITEMS, BODY).body['id']}/"
    assert api.delete(place).status_code == 428
    assert api.delete(place, version=1).status_code == 204
    assert api.get(place).body["is_active"] is False


def test_a_code_is_used_once(api: ApiClient) -> None:
    api.post(ITEMS, BODY)
    response = api.post(ITEMS, BODY)
    assert response.status_code == 409
    assert codes(response) == [("code", "already_exists")]


def test_a_rule_of_the_service_answers_with_its_code(api: ApiClient) -> None:
    response = api.post(ITEMS, {**BODY, "kind": "service", "tracking": "lot"})
    assert (response.status_code, codes(response)) == (422, [("tracking", "not_tracked")])
    assert Item.objects.count() == 0


def test_paging_walks_every_row_once(
    api: ApiClient, acme: Company, nouns: dict[str, Any], by: User
) -> None:
    _make_items(25, acme, nouns)
    for ordering in ("code", "-code", "-id", "id", "name"):
        seen, path = [], f"{ITEMS}?page_size=7&ordering={ordering}&kind=purchased"
        while path:
            page = api.get(path).body
            seen += [row["code"] for row in page["results"]]
            path = (page["next"] or "").partition("/api/v1")[2]
        assert sorted(seen) == sorted(f"I{n:03}" for n in range(25)), ordering
        assert seen == sorted(seen, reverse=ordering.startswith("-"))


def test_list_filters_searches_and_costs_three_statements(
    api: ApiClient, acme: Company, nouns: dict[str, Any]
) -> None:
    _make_items(10, acme, nouns)
    few = _statements(api, ITEMS)
    _make_items(100, acme, nouns, start=10)
    many = _statements(api, ITEMS)
    filtered = _statements(api, f"{ITEMS}?category=RAW&search=item+I05&is_active=true")
    assert few == many == filtered == 3  # session, user with permissions and scope, rows
    body = api.get(f"{ITEMS}?category=RAW&search=item+I05").body
    assert len(body["results"]) == 10
    row = body["results"][0]
    assert row["category_code"] == "RAW" and row["purchase_price"] == "0.0000"
    detail = api.get(f"{ITEMS}{row['id']}/").body
    assert row == detail


def _make_items(number: int, company: Company, nouns: dict[str, Any], start: int = 0) -> None:
    Item.objects.bulk_create(
        Item(company=company, code=f"I{n:03}", name=f"Item I{n:03}", **nouns)
        for n in range(start, start + number)
    )


def _statements(api: ApiClient, path: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert api.get(path).status_code == 200
    return len(queries)


def test_comments_and_files_stay_with_their_row(api: ApiClient, clerk: User) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile as Upload

    place = f"{ITEMS}{api.post(ITEMS, BODY).body['id']}/"
    assert api.post(f"{place}comments/", {"text": "See drawing"}).status_code == 201
    assert api.get(f"{place}comments/").body["results"][0]["created_by"] == "clerk"
    assert codes(api.post(f"{place}comments/", {"text": " "})) == [("text", "blank")]
    pdf = Upload("../../drawing.pdf", b"%PDF-1.7 ...", "text/html")
    kept = api.upload(f"{place}attachments/", file=pdf)
    assert kept.status_code == 201, kept.content
    assert (kept.body["name"], kept.body["content_type"]) == ("drawing.pdf", "application/pdf")
    download = api.client.get(kept.body["url"])
    assert b"".join(download.streaming_content) == b"%PDF-1.7 ..."
    assert download["Content-Disposition"].startswith("attachment")
    assert download["X-Content-Type-Options"] == "nosniff"
    liar = Upload("drawing.pdf", b"<html><script>alert(1)</script>")
    assert codes(api.upload(f"{place}attachments/", file=liar)) == [("file", "file_mismatch")]
    outsider = ApiClient(make_member("outsider", permissions=("masterdata.view_item",)))
    assert outsider.client.get(kept.body["url"]).status_code == 404


def test_tokens_are_ones_own_shown_once_and_end(clerk: User, api: ApiClient) -> None:
    made = api.post("/core/tokens/", {"expires_in_days": 30})
    assert made.status_code == 201
    caller = ApiClient()
    header = {"Authorization": f"Token {made.body['token']}"}
    assert caller.get(ITEMS, **header).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        caller.get(ITEMS, **header)
    assert len(queries) <= 3
    assert "token" not in api.get("/core/tokens/").body["results"][0]
    clerk.is_active = False
    clerk.save()
    assert caller.get(ITEMS, **header).status_code == 401
    clerk.is_active = True
    clerk.save()
    assert api.delete(f"/core/tokens/{made.body['id']}/").status_code == 204
    assert caller.get(ITEMS, **header).status_code == 401
    assert codes(api.post("/core/tokens/", {"expires_in_days": 900}))[0][1] == "max_value"


def test_me_tells_roles_permissions_and_companies(api: ApiClient) -> None:
    body = api.get("/core/me/").body
    assert body["username"] == "clerk"
    assert "masterdata.add_item" in body["permissions"]
    assert [company["code"] for company in body["companies"]] == ["ACME"]
