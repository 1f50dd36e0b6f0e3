from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile as Upload

from apps.core.models import Site, User
from apps.hr.models import Employee
from tests import factories
from tests.support.faces import ApiClient, codes, make_member

EMPLOYEES = "/hr/employees/"


@pytest.fixture
def site(by: User) -> Site:
    return factories.make_site(factories.make_company("ACME", by=by), by=by)


def test_badges_keep_their_zeros(site: Site, by: User) -> None:
    api = ApiClient(by)
    made = api.post(EMPLOYEES, {"code": "0007", "name": "Ann", "site": "MAIN"})
    assert (made.status_code, made.body["code"]) == (201, "0007")
    file = Upload("e.csv", b"code,name,site,hired_on\n0007,Ann,MAIN,2024-02-29\n0008,Bo,MAIN,\n")
    answer = api.upload(f"{EMPLOYEES}import/", file=file)
    assert (answer.body["updated"], answer.body["created"]) == (1, 1)
    assert str(Employee.objects.get(code="0007").hired_on) == "2024-02-29"
    bad = Upload("e.csv", b"code,name,site,hired_on\n9,Cy,MAIN,2023-02-29\n")
    assert codes(api.upload(f"{EMPLOYEES}import/", file=bad)) == [("hired_on", "invalid_date")]


def test_only_members_of_the_company_can_be_its_employees(site: Site, by: User) -> None:
    stranger = make_member("stranger")
    member = make_member("member", site.company)
    api = ApiClient(by)
    body = {"code": "1", "name": "Ann", "site": "MAIN"}
    refused = api.post(EMPLOYEES, {**body, "user": stranger.pk})
    assert codes(refused) == [("user", "does_not_exist")]
    made = api.post(EMPLOYEES, {**body, "user": "member"})
    assert (made.body["user"], made.body["user_code"]) == (member.pk, "member")
    twice = api.post(EMPLOYEES, {**body, "code": "2", "user": "member"})
    assert twice.status_code == 409
