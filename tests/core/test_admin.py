"""The admin bases, shown on items, users and jobs."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.models import BackgroundJob, Company, User
from apps.masterdata.models import Item, ItemCategory, ItemUnit, Unit
from tests.support.faces import grant, make_member

ITEMS = "/admin/masterdata/item/"
CLERK = (
    "masterdata.view_item",
    "masterdata.add_item",
    "masterdata.change_item",
    "masterdata.delete_item",
    "masterdata.view_unit",
    "masterdata.view_itemcategory",
    "masterdata.view_itemunit",
    "masterdata.add_itemunit",
    "core.add_comment",
    "core.view_backgroundjob",
)

pytestmark = pytest.mark.usefixtures("nouns")


@pytest.fixture
def clerk(acme: Company) -> User:
    return make_member("clerk", acme, permissions=CLERK)


@pytest.fixture
def desk(clerk: User) -> Client:
    return sign_in(clerk)


def sign_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    return client


def form(nouns: dict[str, Any], **values: Any) -> dict[str, Any]:
    return {
        "code": "BOLT",
        "revision": "A",
        "name": "Bolt M8",
        "category": nouns["category"].pk,
        "unit": nouns["unit"].pk,
        "kind": "purchased",
        "tracking": "none",
        "is_active": "on",
        "purchase_price": "1.5",
        "sales_price": "0",
        "lead_time_days": "3",
        "units-TOTAL_FORMS": "0",
        "units-INITIAL_FORMS": "0",
        **values,
    }


def test_a_form_creates_and_changes_with_who_and_why(
    desk: Client, nouns: dict[str, Any], acme: Company
) -> None:
    assert b'name="company"' not in desk.get(f"{ITEMS}add/").content
    response = desk.post(f"{ITEMS}add/", form(nouns))
    assert response.status_code == 302, response.context["errors"]
    item = Item.objects.get()
    assert (item.company, item.version) == (acme, 1)
    page = f"{ITEMS}{item.pk}/change/"
    assert b'name="seen_version" value="1"' in desk.get(page).content
    changed = form(nouns, name="Bolt M8 zinc", seen_version="1", change_reason="drawing 7")
    assert desk.post(page, changed).status_code == 302
    last = item.history.first()
    assert (last.name, last.history_user.username, last.history_change_reason) == (
        "Bolt M8 zinc",
        "clerk",
        "drawing 7",
    )
    history = desk.get(f"{ITEMS}{item.pk}/history/").content.decode()
    assert "drawing 7" in history and "Bolt M8 zinc" in history
    late = desk.post(page, form(nouns, name="Late", seen_version="1"))
    assert late.status_code == 200
    assert "Somebody changed this" in late.content.decode()
    assert Item.objects.get().name == "Bolt M8 zinc"


def test_what_a_service_refuses_is_shown_on_its_field(desk: Client, nouns: dict[str, Any]) -> None:
    response = desk.post(f"{ITEMS}add/", form(nouns, kind="service", tracking="lot"))
    assert response.status_code == 200
    assert "never in stock" in str(response.context["adminform"].form.errors["tracking"])
    assert Item.objects.count() == 0
    doubled = form(nouns)
    assert desk.post(f"{ITEMS}add/", doubled).status_code == 302
    assert desk.post(f"{ITEMS}add/", doubled).status_code == 200
    assert Item.objects.count() == 1


def test_lines_go_through_their_service(
    desk: Client, nouns: dict[str, Any], acme: Company, by: User
) -> None:
    box = Unit(company=acme, code="BX", name="Box", dimension="count").save_by(by)
    lines = {
        "units-TOTAL_FORMS": "1",
        "units-0-unit": box.pk,
        "units-0-numerator": "200",
        "units-0-denominator": "2",
    }
    assert desk.post(f"{ITEMS}add/", form(nouns, **lines)).status_code == 302
    kept = ItemUnit.objects.get()
    assert (kept.numerator, kept.denominator, kept.company) == (100, 1, acme)


def test_s41_another_companys_rows_do_not_exist(
    desk: Client, other: Company, by: User, nouns: dict[str, Any]
) -> None:
    unit = Unit(company=other, code="EA", name="Each", dimension="count").save_by(by)
    category = ItemCategory(company=other, code="SECRET", name="Secret").save_by(by)
    foreign = Item(company=other, code="X", name="Foreign", unit=unit, category=category)
    foreign.save_by(by)
    assert b"Foreign" not in desk.get(ITEMS).content
    assert b"Secret" not in desk.get(ITEMS).content  # the filter's choices
    for page in ("change", "history", "conversation"):
        assert desk.get(f"{ITEMS}{foreign.pk}/{page}/").status_code in (302, 404), page
    query = "app_label=masterdata&model_name=item&field_name=category&term="
    found = desk.get(f"/admin/autocomplete/?{query}").json()["results"]
    assert [row["text"] for row in found] == ["RAW Raw"]
    response = desk.post(f"{ITEMS}add/", form(nouns, category=category.pk))
    assert response.status_code == 200 and Item.objects.count() == 1
    assert desk.get(f"{ITEMS}?company__name=x&default_supplier__company__name=x").status_code in (
        302,
        400,
    )
    assert desk.get(f"{ITEMS}export-csv/").content.count(b"\n") == 1  # the header alone


def test_no_permission_no_page(acme: Company) -> None:
    viewer = sign_in(make_member("viewer", acme, permissions=("masterdata.view_item",)))
    assert viewer.get(ITEMS).status_code == 200
    assert viewer.get(f"{ITEMS}add/").status_code == 403
    assert viewer.get(f"{ITEMS}import/").status_code == 403
    assert viewer.get("/admin/masterdata/partner/").status_code == 403
    assert viewer.get("/admin/").status_code == 200
    assert b"/admin/masterdata/partner/" not in viewer.get("/admin/").content
    assert Client().get(ITEMS).status_code == 302


def test_lists_cost_the_same_at_any_length(
    desk: Client, acme: Company, nouns: dict[str, Any]
) -> None:
    def add(start: int, stop: int) -> None:
        Item.objects.bulk_create(
            Item(company=acme, code=f"I{n}", name=f"I{n}", **nouns) for n in range(start, stop)
        )

    def statements() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(ITEMS).status_code == 200
        assert not any("COUNT(" in query["sql"] for query in queries)
        return len(queries)

    add(0, 10)
    statements()
    few = statements()
    add(10, 100)
    assert statements() == few <= 7


def test_import_previews_then_writes_all_with_history(
    desk: Client, nouns: dict[str, Any], acme: Company
) -> None:
    content = "code,name,category,unit,purchase_price\n007,Seven,RAW,EA,1.5\n1E5,Big,RAW,EA,\n"
    given = {"company": acme.pk, "encoding": "utf-8", "reason": "price list 2026"}
    file = SimpleUploadedFile("items.csv", content.encode())
    preview = desk.post(f"{ITEMS}import/", {**given, "file": file})
    assert preview.status_code == 200
    assert "Import now" in preview.content.decode(), preview.content.decode()[-3000:]
    assert Item.objects.count() == 0
    token = preview.context["token"]
    assert desk.post(f"{ITEMS}import-confirm/", {"token": token}).status_code == 302
    assert sorted(Item.objects.values_list("code", flat=True)) == ["007", "1E5"]
    told = Item.objects.get(code="007").history.get()
    assert (told.history_user.username, told.history_change_reason) == ("clerk", "price list 2026")
    assert desk.post(f"{ITEMS}import-confirm/", {"token": token}).status_code == 404
    assert desk.post(f"{ITEMS}import-confirm/", {"token": "x"}).status_code == 404
    exported = desk.get(f"{ITEMS}export-xlsx/")
    assert exported.status_code == 200 and exported.content.startswith(b"PK")


def test_an_import_with_an_error_writes_nothing(desk: Client, acme: Company) -> None:
    content = "code,name,category,unit\nA,Good,RAW,EA\nB,Bad,NONE,EA\n"
    file = io.BytesIO(content.encode())
    file.name = "x.csv"
    given = {"company": acme.pk, "encoding": "utf-8", "file": file}
    page = desk.post(f"{ITEMS}import/", given).content.decode()
    assert "Import now" not in page and "NONE" in page
    assert Item.objects.count() == 0


def test_rows_are_retired_not_deleted(desk: Client, nouns: dict[str, Any], acme: Company) -> None:
    desk.post(f"{ITEMS}add/", form(nouns))
    item = Item.objects.get()
    assert desk.get(f"{ITEMS}{item.pk}/delete/").status_code == 403
    data = {"action": "deactivate_selected", "_selected_action": [item.pk], "index": "0"}
    assert desk.post(ITEMS, data).status_code == 302
    item.refresh_from_db()
    assert not item.is_active and item.version == 2


def test_s04_staff_cannot_raise_themselves(acme: Company, by: User) -> None:
    staff = make_member("staff", acme, permissions=("core.view_user", "core.change_user"))
    boss = User.objects.create_superuser("boss")
    desk = sign_in(staff)
    group = Group.objects.create(name="powerful")
    page = f"/admin/core/user/{staff.pk}/change/"
    assert desk.get(page).status_code == 200
    inline = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    desk.post(
        page,
        {
            "username": "root",
            "first_name": "New",
            "email": "x@example.com",
            "is_superuser": "on",
            "is_active": "on",
            "groups": [group.pk],
            "user_permissions": [1],
            **inline,
        },
    )
    staff = User.objects.get(pk=staff.pk)
    assert not staff.is_superuser and not staff.groups.exists()
    assert (staff.username, staff.email) == ("staff", "")
    assert staff.user_permissions.count() == 2
    answer = desk.post(f"/admin/core/user/{boss.pk}/change/", {"first_name": "X", **inline})
    assert answer.status_code in (302, 403)
    assert desk.get(f"/admin/core/user/{staff.pk}/password/").status_code == 403
    assert desk.get("/admin/core/user/add/").status_code == 403
    assert desk.get("/admin/auth/group/").status_code == 403
    grant(staff, "core.view_membership")
    assert desk.get("/admin/core/membership/add/").status_code == 403


def test_jobs_show_their_progress_to_their_owner(desk: Client, clerk: User, acme: Company) -> None:
    job = BackgroundJob(
        company=acme, kind="test", title="Long", created_by=clerk, progress=3, total=4
    ).save_by(clerk)
    page = f"/admin/core/backgroundjob/{job.pk}/"
    body = desk.get(f"{page}change/").content.decode()
    assert 'value="75"' in body and "job_progress.js" in body
    assert desk.get(f"{page}progress/").json()["percent"] == 75
    outsider = sign_in(make_member("out", acme, permissions=("core.view_backgroundjob",)))
    assert outsider.get(f"{page}progress/").status_code == 404
    assert desk.post(f"{page}change/", {"title": "X"}).status_code == 403


def test_comments_in_the_admin(desk: Client, nouns: dict[str, Any]) -> None:
    desk.post(f"{ITEMS}add/", form(nouns))
    page = f"{ITEMS}{Item.objects.get().pk}/conversation/"
    assert desk.post(page, {"text": "<b>mind</b> the zinc"}).status_code == 302
    body = desk.get(page).content.decode()
    assert "&lt;b&gt;mind&lt;/b&gt;" in body
    assert desk.post(page, {"add_file": "1"}).status_code == 403


def test_every_admin_list_and_add_page_opens(by: User, acme: Company) -> None:
    from django.contrib import admin

    desk = sign_in(by)
    for model in admin.site._registry:
        if not model.__module__.startswith("apps."):
            continue
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        assert desk.get(base).status_code == 200, base
        assert desk.get(f"{base}add/").status_code in (200, 403), base
