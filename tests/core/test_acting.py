"""One company at a time: the switch, what follows it, and what a forgotten tab can't do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from apps.core.models import BackgroundJob, Company, CompanySwitch, IdempotencyKey, Membership, User
from apps.core.services import jobs
from apps.core.services.companies import CompanyNotOpen, switch_company
from apps.masterdata.models import Partner
from tests import factories
from tests.support.faces import ApiClient, codes, make_member

PARTNERS = "/admin/masterdata/partner/"
CLERK = (
    "masterdata.view_partner",
    "masterdata.add_partner",
    "masterdata.change_partner",
    "core.view_backgroundjob",
    "core.view_company",
    "core.view_site",
    "core.add_site",
    "core.change_company",
)
seen_by_jobs: list[list[str]] = []


@jobs.job_handler("tests.partners")
def list_partners(job: BackgroundJob, report: jobs.Report) -> None:
    rows = Partner.objects.visible_to(job.created_by).order_by("code")
    seen_by_jobs.append(list(rows.values_list("code", flat=True)))


@pytest.fixture
def north(by: User) -> Company:
    return factories.make_company("NORTH", by=by)


@pytest.fixture
def south(by: User) -> Company:
    return factories.make_company("SOUTH", by=by)


@pytest.fixture
def closed(by: User) -> Company:
    """A company that the clerk does not belong to."""
    return factories.make_company("CLOSED", by=by)


@pytest.fixture
def clerk(north: Company, south: Company, closed: Company) -> User:
    return make_member("clerk", north, south, permissions=CLERK)


@pytest.fixture
def partners(north: Company, south: Company, closed: Company, by: User) -> dict[str, Partner]:
    return {
        company.code: Partner(
            company=company, code=f"P-{company.code}", name="Partner", currency=company.currency
        ).save_by(by)
        for company in (north, south, closed)
    }


@pytest.fixture
def api(clerk: User) -> ApiClient:
    return ApiClient(clerk)


@pytest.fixture
def desk(api: ApiClient) -> Client:
    return api.client


def switch(desk: Client, company: Company, **more: Any) -> Any:
    return desk.post("/company/", {"company": company.pk, **more})


def listed(api: ApiClient, **headers: str) -> list[str]:
    answer = api.get("/masterdata/partners/", **headers)
    assert answer.status_code == 200, answer.content
    return [row["code"] for row in answer.body["results"]]


# --- the API -------------------------------------------------------------------------------


@pytest.mark.usefixtures("partners")
def test_the_api_acts_in_the_default_company_or_in_the_one_named(
    api: ApiClient, clerk: User, south: Company
) -> None:
    assert listed(api) == ["P-NORTH"]
    assert listed(api, **{"X-Company": "SOUTH"}) == ["P-SOUTH"]
    assert listed(api, **{"X-Company": str(south.pk)}) == ["P-SOUTH"]
    Membership.objects.filter(user=clerk, company=south).update(is_default=True)
    assert listed(api) == ["P-SOUTH"]
    me = api.get("/core/me/").body
    assert (me["acting_in"], {c["code"] for c in me["companies"]}) == ("SOUTH", {"NORTH", "SOUTH"})


@pytest.mark.parametrize("name", ["CLOSED", "NOWHERE", "", " ", "0", "-1", "9" * 60, "ü", "a'b"])
@pytest.mark.usefixtures("partners")
def test_a_company_that_is_not_open_reads_like_none(name: str, api: ApiClient) -> None:
    answer = api.get("/masterdata/partners/", **{"X-Company": name})
    assert (answer.status_code, codes(answer)) == (403, [("X-Company", "unknown_company")])


def test_rows_of_the_other_company_are_not_found(
    api: ApiClient, partners: dict[str, Partner]
) -> None:
    path = f"/masterdata/partners/{partners['SOUTH'].pk}/"
    assert api.get(path).status_code == 404
    assert api.get(path, **{"X-Company": "SOUTH"}).status_code == 200
    assert api.get(path, **{"X-Company": "CLOSED"}).status_code == 403


def test_a_new_row_goes_to_the_company_acted_in(api: ApiClient, south: Company) -> None:
    body = {"code": "WEST", "name": "West", "time_zone": "UTC"}
    made = api.post("/core/sites/", body, **{"X-Company": "SOUTH"})
    assert (made.status_code, made.body["company"]) == (201, south.pk)
    other = api.post("/core/sites/", {**body, "company": south.pk})
    assert (other.status_code, codes(other)) == (400, [("company", "other_company")])


def test_an_idempotency_key_is_good_in_one_company(api: ApiClient) -> None:
    body = {"code": "WEST", "name": "West", "time_zone": "UTC"}
    assert api.post("/core/sites/", body, key="k1").status_code == 201
    assert api.post("/core/sites/", body, key="k1").headers["Idempotent-Replay"] == "true"
    elsewhere = api.post("/core/sites/", body, key="k1", **{"X-Company": "SOUTH"})
    assert (elsewhere.status_code, codes(elsewhere)) == (
        422,
        [("Idempotency-Key", "idempotency_key_reused")],
    )
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.usefixtures("partners")
def test_an_export_holds_the_company_acted_in(api: ApiClient) -> None:
    answer = api.get("/masterdata/partners/export/", **{"X-Company": "SOUTH"})
    text = answer.content.decode("utf-8-sig")
    assert "P-SOUTH" in text
    assert "P-NORTH" not in text
    assert "P-CLOSED" not in text


@pytest.mark.usefixtures("partners")
def test_one_company_only_is_changed(api: ApiClient, south: Company) -> None:
    path = f"/core/companies/{south.pk}/"
    assert {row["code"] for row in api.get("/core/companies/").body["results"]} == {
        "NORTH",
        "SOUTH",
    }
    change = {"phone": "1"}
    headers = {"If-Match": '"1"'}
    assert api._send("patch", path, change, headers).status_code == 404
    assert api._send("patch", path, change, {**headers, "X-Company": "SOUTH"}).status_code == 200


def test_the_parameter_is_documented(api: ApiClient) -> None:
    answer = api.client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    answer = json.loads(answer.content)
    operations = [
        operation
        for path, methods in answer["paths"].items()
        for operation in methods.values()
        if path.startswith("/api/v1/")
    ]
    assert len(operations) > 100
    for operation in operations:
        names = {(p["in"], p["name"]) for p in operation.get("parameters", ())}
        assert ("header", "X-Company") in names, operation["operationId"]


# --- pages ---------------------------------------------------------------------------------


def test_pages_follow_the_switch(
    desk: Client, south: Company, partners: dict[str, Partner]
) -> None:
    page = desk.get(PARTNERS).content.decode()
    assert ("P-NORTH" in page, "P-SOUTH" in page) == (True, False)
    assert switch(desk, south, next=PARTNERS)["Location"] == PARTNERS
    page = desk.get(PARTNERS).content.decode()
    assert ("P-NORTH" in page, "P-SOUTH" in page) == (False, True)
    assert "SOUTH" in desk.get("/admin/").content.decode()
    assert desk.get(f"{PARTNERS}{partners['NORTH'].pk}/change/").status_code == 404


def test_choices_of_forms_follow_the_switch(desk: Client, by: User, south: Company) -> None:
    factories.make_site(south, by=by, code="SUD")
    sites = "/admin/core/site/"
    assert "SUD" not in desk.get(sites).content.decode()
    switch(desk, south)
    assert "SUD" in desk.get(sites).content.decode()


def test_the_switch_is_recorded_and_can_not_be_undone(
    desk: Client, clerk: User, north: Company, south: Company
) -> None:
    switch(desk, south)
    switch(desk, north)
    rows = CompanySwitch.objects.filter(created_by=clerk).order_by("id")
    assert [(row.left.code if row.left else None, row.company.code) for row in rows] == [
        ("NORTH", "SOUTH"),
        ("SOUTH", "NORTH"),
    ]
    for spoil in (rows.delete, lambda: rows.update(left=None)):
        with (
            pytest.raises(DatabaseError, match=r"append-only|permission denied"),
            transaction.atomic(),
        ):
            spoil()


@pytest.mark.parametrize("value", ["", "0", "x", "-1", "9" * 30, "½"])
def test_nobody_switches_to_nonsense(value: str, desk: Client) -> None:
    answer = desk.post("/company/", {"company": value})
    assert (answer.status_code, "not open to you" in answer.content.decode()) == (403, True)
    assert not CompanySwitch.objects.exists()


@pytest.mark.usefixtures("partners")
def test_nobody_switches_to_a_closed_company(desk: Client, closed: Company) -> None:
    assert switch(desk, closed).status_code == 403
    assert not CompanySwitch.objects.exists()
    assert "P-NORTH" in desk.get(PARTNERS).content.decode()


@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_switch_leads_nowhere_else(to: str, desk: Client, south: Company) -> None:
    assert switch(desk, south, next=to)["Location"] == "/"


def test_a_stranger_is_sent_to_sign_in(db: None) -> None:
    answer = Client().post("/company/", {"company": 1})
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.usefixtures("partners")
def test_a_membership_that_ends_ends_the_switch(desk: Client, clerk: User, south: Company) -> None:
    switch(desk, south)
    Membership.objects.filter(user=clerk, company=south).delete()
    page = desk.get(PARTNERS).content.decode()
    assert ("P-NORTH" in page, "P-SOUTH" in page) == (True, False)


@pytest.mark.usefixtures("partners")
def test_who_belongs_nowhere_sees_nothing(db: None) -> None:
    nobody = make_member("nobody", permissions=CLERK)
    assert listed(ApiClient(nobody)) == []
    assert "P-" not in ApiClient(nobody).client.get(PARTNERS).content.decode()


# --- a tab that was left open --------------------------------------------------------------


def partner_form(company: Company, made_for: Company | None = None) -> dict[str, Any]:
    values = {
        "code": "NEW",
        "name": "New",
        "currency": company.currency_id,
        "is_customer": "on",
        "payment_days": "30",
        "language": "en",
        "seen_version": "",
    }
    return {**values, "acting_company": made_for.pk} if made_for else values


def test_every_form_carries_its_company(desk: Client, north: Company) -> None:
    for page in (f"{PARTNERS}add/", "/company/", PARTNERS):
        content = desk.get(page).content.decode()
        assert f'name="acting_company" value="{north.pk}"' in content, page


def test_a_tab_left_open_writes_nothing(desk: Client, north: Company, south: Company) -> None:
    switch(desk, south)
    answer = desk.post(f"{PARTNERS}add/", partner_form(north, made_for=north))
    text = answer.content.decode()
    assert (answer.status_code, "Nothing was saved" in text) == (409, True)
    assert "NORTH" in text
    assert "SOUTH" in text
    assert not Partner.objects.exists()


def test_a_form_that_says_no_company_writes_nothing(desk: Client, north: Company) -> None:
    answer = desk.post(f"{PARTNERS}add/", partner_form(north))
    assert answer.status_code == 409
    assert not Partner.objects.exists()


def test_a_script_of_an_old_tab_is_told_why(desk: Client, north: Company, south: Company) -> None:
    switch(desk, south)
    answer = desk.post(f"{PARTNERS}add/", {}, headers={"X-Company": str(north.pk)})
    assert (answer.status_code, answer.json()["code"]) == (409, "other_company")


def test_a_form_of_the_company_acted_in_is_saved_there(desk: Client, south: Company) -> None:
    switch(desk, south)
    answer = desk.post(f"{PARTNERS}add/", partner_form(south, made_for=south))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert Partner.objects.get().company == south


def test_who_has_one_company_needs_no_field(by: User, north: Company) -> None:
    single = ApiClient(make_member("single", north, permissions=CLERK)).client
    answer = single.post(f"{PARTNERS}add/", partner_form(north))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert Partner.objects.get().company == north


def test_a_link_into_the_other_company_offers_the_switch(
    desk: Client, south: Company, closed: Company, partners: dict[str, Partner]
) -> None:
    link = f"{PARTNERS}{partners['SOUTH'].pk}/change/"
    answer = desk.get(link)
    text = answer.content.decode()
    assert (answer.status_code, f'name="company" value="{south.pk}"' in text) == (404, True)
    assert f'value="{closed.pk}"' not in text
    assert desk.get(switch(desk, south, next=link)["Location"]).status_code == 200


# --- sites, jobs, superusers ---------------------------------------------------------------


def test_one_site_may_be_acted_in(clerk: User, north: Company, south: Company, by: User) -> None:
    first, second = (factories.make_site(south, by=by, code=code) for code in ("S1", "S2"))
    foreign = factories.make_site(north, by=by, code="N1")
    Membership.objects.get(user=clerk, company=south).sites.add(first)
    api = ApiClient(clerk)

    def sites() -> list[str]:
        return [row["code"] for row in api.get("/core/sites/").body["results"]]

    assert sites() == ["N1"]
    assert switch(api.client, south, site=second.pk).status_code == 403, "shut out of it"
    assert switch(api.client, south, site=foreign.pk).status_code == 403, "another company's"
    assert sites() == ["N1"]
    switch(api.client, south)
    assert sites() == ["S1"]
    switch(api.client, north, site=foreign.pk)
    assert sites() == ["N1"]
    assert CompanySwitch.objects.latest("id").site == foreign


def test_whole_and_bound_memberships_are_not_mixed(
    clerk: User, north: Company, south: Company, by: User
) -> None:
    factories.make_site(north, by=by, code="N1")
    site = factories.make_site(south, by=by, code="S1")
    Membership.objects.get(user=clerk, company=south).sites.add(site)
    fresh = User.objects.get(pk=clerk.pk)
    fresh.enter(north.pk)
    assert (fresh.scope.company_ids, fresh.scope.site_ids) == ((north.pk,), None)
    fresh.enter(south.pk)
    assert (fresh.scope.company_ids, fresh.scope.site_ids) == ((south.pk,), {site.pk})


def test_a_job_sees_the_company_it_was_asked_in(
    clerk: User, south: Company, partners: dict[str, Partner]
) -> None:
    seen_by_jobs.clear()
    job = jobs.start_job("tests.partners", title="List", company=south, by=clerk)
    jobs.run_job(job.pk)
    assert seen_by_jobs == [["P-SOUTH"]]


def test_jobs_are_listed_by_company(api: ApiClient, clerk: User, south: Company) -> None:
    jobs.start_job("tests.partners", title="List", company=south, by=clerk)
    assert api.get("/core/jobs/").body["results"] == []
    assert len(api.get("/core/jobs/", **{"X-Company": "SOUTH"}).body["results"]) == 1


@pytest.mark.usefixtures("partners")
def test_a_superuser_acts_in_one_company_too(by: User, closed: Company) -> None:
    root = ApiClient(by)
    assert listed(root) == ["P-CLOSED"], "by code, for one who belongs to none"
    assert listed(root, **{"X-Company": "SOUTH"}) == ["P-SOUTH"]
    Membership.objects.create(user=by, company=Company.objects.get(code="NORTH"))
    assert listed(root) == ["P-NORTH"], "the own one first"
    switch(root.client, closed)
    assert listed(root) == ["P-CLOSED"]


def test_outside_of_requests_nobody_acts(clerk: User, north: Company, south: Company) -> None:
    fresh = User.objects.get(pk=clerk.pk)
    assert fresh.acting is None
    assert set(fresh.scope.company_ids) == {north.pk, south.pk}


def test_a_refused_switch_changes_nothing(clerk: User, north: Company, closed: Company) -> None:
    clerk.enter(north.pk)
    with pytest.raises(CompanyNotOpen) as refused:
        switch_company(closed.pk, by=clerk)
    assert (refused.value.code, refused.value.field) == ("company_not_open", "company")
    assert clerk.acting.company_id == north.pk
    assert not CompanySwitch.objects.exists()


def test_one_default_a_person(clerk: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Membership.objects.filter(user=clerk).update(is_default=True)
