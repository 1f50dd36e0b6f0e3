"""Engineering through the API and the admin."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.engineering.models import BillOfMaterials, CostRollup
from tests.engineering.conftest import DAY, Office
from tests.support.faces import ApiClient, codes

BOMS = "/engineering/boms/"


@pytest.fixture
def api(office: Office) -> ApiClient:
    for code, price in (("CHAIR", "0"), ("SEAT", "0"), ("LEG", "1.85"), ("BOLT", "0.05")):
        office.item(code, price)
    return ApiClient(office.books.by)


def bom(item: str, *lines: tuple[str, str], **values) -> dict:
    components = [{"component": code, "quantity": quantity} for code, quantity in lines]
    return {"item": item, "lines": components, **values}


def test_a_bill_lives_through_the_api(office: Office, api: ApiClient) -> None:
    seat = api.post(BOMS, bom("SEAT", ("BOLT", "2")))
    assert seat.status_code == 201, seat.body
    assert api.post(f"{BOMS}{seat.body['id']}/release/").body["status"] == "released"
    made = api.post(BOMS, bom("CHAIR", ("SEAT", "1"), ("LEG", "3")))
    place = f"{BOMS}{made.body['id']}/"
    lines = bom("CHAIR", ("SEAT", "1"), ("LEG", "4"))["lines"]
    changed = api.patch(place, {"lines": lines}, version=1)
    assert [line["quantity"] for line in changed.body["lines"]] == ["1.000000", "4.000000"]
    assert api.post(f"{place}release/").status_code == 200
    assert codes(api.patch(place, {"lines": lines}, version=3)) == [("status", "wrong_status")]
    tree = api.get(f"{place}explosion/?quantity=10").body
    assert [(row["level"], row["code"], Decimal(row["quantity"])) for row in tree["lines"]] == [
        (1, "SEAT", 10),
        (2, "BOLT", 20),
        (1, "LEG", 40),
    ]
    assert {row["code"]: Decimal(row["quantity"]) for row in tree["requirements"]} == {
        "BOLT": 20,
        "LEG": 40,
    }
    assert codes(api.get(f"{place}explosion/?quantity=-1"))[0][0] == "quantity"
    [use] = api.get(f"{BOMS}{seat.body['id']}/where-used/").body["results"]
    assert (use["code"], use["is_top"]) == ("CHAIR", True)
    refused = api.post(BOMS, bom("SEAT", ("CHAIR", "1"), revision="B"))
    assert (refused.status_code, codes(refused)[0][1]) == (409, "circular_bom")
    old = api.post(f"{place}obsolete/", {"reason": "no chairs any more"})
    assert old.body["status"] == "obsolete"


def test_bills_are_uploaded_and_released(office: Office, api: ApiClient) -> None:
    content = "Parent,Child,Qty\nCHAIR,SEAT,1\nCHAIR,LEG,4\nSEAT,BOLT,2\n"
    profile = '{"columns": {"assembly": "Parent", "component": "Child", "quantity": "Qty"}}'

    def upload(text: str, dry_run: bool = False):
        file = SimpleUploadedFile("bom.csv", text.encode(), content_type="text/csv")
        path = f"{BOMS}import/?dry_run={'true' if dry_run else 'false'}"
        return api.upload(path, file=file, profile=profile)

    bad = upload(content + "CHAIR,NONE,1\n", dry_run=True)
    assert (bad.status_code, bad.body["errors"][0]["row"]) == (200, 5)
    assert not BillOfMaterials.objects.exists()
    done = upload(content)
    assert (done.status_code, done.body["created"]) == (200, 3), done.body
    assert BillOfMaterials.objects.filter(status="released").count() == 2


def test_a_routing_and_a_rollup(office: Office, api: ApiClient) -> None:
    office.centre("BENCH", labour="30")
    office.bom("CHAIR", ("LEG", "4"))
    steps = [{"sequence": 10, "name": "Glue", "work_centre": "BENCH", "run_minutes": "6"}]
    made = api.post("/engineering/routings/", {"item": "CHAIR", "operations": steps})
    assert made.status_code == 201, made.body
    place = f"/engineering/routings/{made.body['id']}/"
    assert codes(api.patch(place, {"operations": steps * 2}, version=1))[0][1] == "sequence_twice"
    assert api.post(f"{place}release/").body["status"] == "released"
    rollup = api.post("/engineering/cost-rollups/", {"date": DAY.isoformat()})
    assert rollup.status_code == 201, rollup.body
    key = rollup.body["id"]
    [cost] = api.get(f"/engineering/standard-costs/?rollup={key}&item=CHAIR").body["results"]
    assert [Decimal(cost[name]) for name in ("material", "labour", "total")] == [
        Decimal("7.4"),
        3,
        Decimal("10.4"),
    ]
    assert api.post(f"/engineering/cost-rollups/{key}/release/").body["status"] == "released"
    valued = api.get("/inventory/item-valuations/?item=CHAIR").body["results"]
    assert Decimal(valued[0]["standard_cost"]) == Decimal("10.4")


@pytest.fixture
def desk(office: Office) -> Client:
    client = Client()
    client.force_login(office.books.by, "apps.core.backends.PermissionBackend")
    return client


def test_the_admin_shows_the_explosion_and_where_used(office: Office, desk: Client) -> None:
    seat = office.bom("SEAT", ("BOLT", "2"))
    chair = office.bom("CHAIR", ("SEAT", "1"), ("LEG", "4"))
    page = "/admin/engineering/billofmaterials/"
    shown = desk.get(f"{page}{chair.pk}/change/").content.decode()
    assert "/explosion/" in shown and "/where-used/" in shown and "/verb/obsolete/" in shown
    tree = desk.get(f"{page}{chair.pk}/explosion/").content.decode()
    assert all(code in tree for code in ("SEAT", "BOLT", "LEG"))
    used = desk.get(f"{page}{seat.pk}/where-used/").content.decode()
    assert "CHAIR" in used


def test_the_admin_writes_a_bill_with_its_lines(office: Office, desk: Client) -> None:
    chair, leg = office.item("CHAIR"), office.item("LEG")
    form = {
        "company": office.books.company.pk,
        "item": chair.pk,
        "revision": "A",
        "quantity": "1",
        "note": "",
        "lines-TOTAL_FORMS": 1,
        "lines-INITIAL_FORMS": 0,
        "lines-0-position": "10",
        "lines-0-item": leg.pk,
        "lines-0-quantity": "4",
        "lines-0-unit": "",
        "lines-0-scrap_percent": "0",
        "lines-0-issue_method": "backflush",
    }
    page = "/admin/engineering/billofmaterials/"
    answer = desk.post(f"{page}add/", {**form, "lines-0-item": chair.pk})
    assert answer.status_code == 200
    assert "component of itself" in answer.content.decode()
    assert not BillOfMaterials.objects.exists()
    answer = desk.post(f"{page}add/", form)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    desk.post(f"{page}{BillOfMaterials.objects.get().pk}/verb/release/")
    assert BillOfMaterials.objects.get().status == "released"


def test_the_admin_calculates_a_rollup(office: Office, desk: Client) -> None:
    office.item("BOLT", "0.05")
    page = "/admin/engineering/costrollup/"
    form = {"company": office.books.company.pk, "date": DAY.isoformat(), "lot_size": "1"}
    form |= {"note": "", "costs-TOTAL_FORMS": 0, "costs-INITIAL_FORMS": 0}
    answer = desk.post(f"{page}add/", form)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    rollup = CostRollup.objects.get()
    shown = desk.get(f"{page}{rollup.pk}/change/").content.decode()
    assert "BOLT" in shown and "/verb/release/" in shown
