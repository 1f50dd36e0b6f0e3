"""Every noun of master data through the API: create, read, change, retire."""

from __future__ import annotations

from typing import Any

import pytest

from apps.core.models import Company, Site, User
from apps.masterdata.models import WorkCentre
from tests import factories
from tests.support.faces import ApiClient, codes

NOUNS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("units", {"dimension": "mass", "numerator": 1, "denominator": 1000}, {"decimal_places": 3}),
    ("item-categories", {"costing": "fifo"}, {"costing": "standard"}),
    ("partners", {"currency": "EUR", "is_customer": True}, {"payment_days": 14}),
    ("areas", {"site": "MAIN"}, {"name": "Hall 2"}),
    ("work-centres", {"site": "MAIN"}, {"name": "Mill"}),
    ("machines", {"site": "MAIN", "work_centre": "WC", "ideal_cycle_seconds": "2.5"},
     {"ideal_cycle_seconds": "3"}),
    ("shifts", {"site": "MAIN", "starts_at": "06:00", "ends_at": "14:00"}, {"weekdays": 127}),
    ("reason-codes", {"kind": "scrap"}, {"is_normal_loss": True}),
]  # fmt: skip


@pytest.fixture
def plant(by: User) -> Site:
    company = factories.make_company("ACME", by=by)
    site = factories.make_site(company, by=by)
    WorkCentre(company=company, code="WC", name="WC", site=site).save_by(by)
    return site


@pytest.mark.parametrize(("noun", "values", "change"), NOUNS, ids=[noun for noun, _v, _c in NOUNS])
def test_a_noun_lives_through_the_api(
    noun: str, values: dict[str, Any], change: dict[str, Any], plant: Site, by: User
) -> None:
    api = ApiClient(by)
    base = f"/masterdata/{noun}/"
    made = api.post(base, {"code": "X1", "name": "First", **values})
    assert made.status_code == 201, made.body
    place = f"{base}{made.body['id']}/"
    assert api.patch(place, change, version=1).body["version"] == 2
    assert api.delete(place, version=2).status_code == 204
    listed = api.get(f"{base}?is_active=false&search=X1").body["results"]
    assert listed == [api.get(place).body]
    assert [e["kind"] for e in api.get(f"{place}history/").body["results"]] == [
        "changed",
        "changed",
        "created",
    ]
    exported = api.get(f"{base}export/?as=csv&code=X1")
    assert exported.status_code == 200 and b"X1" in exported.content


def test_rates_and_holidays_are_by_day(plant: Site, by: User) -> None:
    api = ApiClient(by)
    rate = {"work_centre": "WC", "effective_from": "2026-01-01", "labour_rate": "35.5"}
    assert api.post("/masterdata/work-centre-rates/", rate).status_code == 201
    again = api.post("/masterdata/work-centre-rates/", rate)
    assert (again.status_code, codes(again)[0][1]) == (409, "already_exists")
    for day in (
        "2026-02-30",
        "0000-00-00",
        "1753-01-01",
        "9999-12-31",
        "10000-01-01",
        "31/04/2026",
    ):
        refused = api.post("/masterdata/holidays/", {"date": day, "name": "X"})
        assert (refused.status_code, codes(refused)[0][0]) == (400, "date"), day
    assert api.post("/masterdata/holidays/", {"date": "2026-12-25", "name": "X"}).status_code == 201
    assert len(api.get("/masterdata/holidays/?date__gte=2026-12-01").body["results"]) == 1


def test_exchange_rates_are_set_once_a_day(plant: Site, by: User) -> None:
    api = ApiClient(by)
    factories.make_currency("USD")
    rate = {"currency": "USD", "date": "2026-01-05", "rate": "0.91234567"}
    first = api.post("/core/exchange-rates/", rate)
    second = api.post("/core/exchange-rates/", {**rate, "rate": "0.9"})
    assert first.body["id"] == second.body["id"] and second.body["rate"] == "0.90000000"
    for bad in ("0", "-1", "NaN", "0.123456789"):
        assert api.post("/core/exchange-rates/", {**rate, "rate": bad}).status_code in (400, 422)
    own = api.post("/core/exchange-rates/", {**rate, "currency": "EUR"})
    assert codes(own) == [("currency", "own_currency")]


def test_a_member_of_one_site_sees_that_site_only(plant: Site, by: User) -> None:
    from tests.support.faces import make_member

    away = factories.make_site(plant.company, code="AWAY", by=by)
    WorkCentre(company=plant.company, code="FAR", name="Far", site=away).save_by(by)
    member = make_member("local", plant.company, permissions=("masterdata.view_workcentre",))
    member.memberships.get().sites.add(plant)
    rows: Company = ApiClient(member).get("/masterdata/work-centres/").body["results"]
    assert [row["code"] for row in rows] == ["WC"]
