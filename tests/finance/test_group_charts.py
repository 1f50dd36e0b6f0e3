"""Members with charts of their own, under the accounts of the group."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.consolidation_resources import GroupAccountResource
from apps.finance.models import GroupAccount
from apps.finance.services.group_terms import (
    GroupAccountRow,
    add_group_account,
    change_group_account,
    set_group_accounts,
)
from apps.finance.services.intercompany import change_member
from tests.factories import make_user
from tests.support.faces import ApiClient, codes
from tests.support.groups import Two, live_a_year, make_two

D = Decimal
NAMES = {
    "1010": "1000", "2000": "2000", "3000": "3000", "4100": "4000", "6100": "6110", "6420": "6110",
}  # fmt: skip


@pytest.fixture
def year(by: Any) -> Two:
    """The subsidiary has a chart of its own: each code means something else in the group."""
    two = live_a_year(make_two(by))
    [member] = two.group.members.filter(member=two.sub.company)
    change_member(member, has_own_chart=True, by=by)
    return two


def named(two: Two, **names: str) -> list[GroupAccount]:
    rows = [
        GroupAccountRow(two.group, two.sub.company, own, two.parent.account(code))
        for own, code in (names or NAMES).items()
    ]
    return set_group_accounts(rows, by=two.parent.by)


def table(two: Two, *rows: str) -> Any:
    content = "\n".join(("group,member,account_code,account", *rows)).encode()
    resource = GroupAccountResource()
    read = resource.read_file("a.csv", content, encoding="utf-8", company=two.parent.company)
    return resource.run_import(read, company=two.parent.company, by=two.parent.by)


def test_accounts_without_a_name_are_refused_by_name(year: Two) -> None:
    named(year, **{code: NAMES[code] for code in ("1010", "3000")})
    with pytest.raises(BusinessError) as refusal:
        year.balance()
    error = refusal.value
    assert (error.code, error.field) == ("unmapped_accounts", "group")
    assert error.details == {"company": "SUB", "accounts": ["2000", "4100", "6100", "6420"]}
    assert "4100" in str(error)


def test_amounts_stand_under_the_groups_names(year: Two) -> None:
    """As in the group of one chart, but cash on 1000, income on 4000, and both costs on 6110."""
    named(year)
    found = year.balance()
    sub = year.sub.company.pk
    translated = {row.code: row.members[sub].translated for row in found.rows if sub in row.members}
    assert translated == {
        "1000": D("1040.00"),
        "2000": D("-85.00"),
        "3000": D("-900.00"),
        "4000": D("-425.00"),
        "6110": D("260.31"),
    }
    assert {row.name for row in found.rows if row.code == "1000"} == {"Cash on hand"}
    assert found.differences[sub] == D("109.69")
    assert found.unmatched == D("5.31")
    assert found.total == 0


def test_another_name_replaces_the_first_with_history(year: Two) -> None:
    [first] = named(year, **{"4100": "4000"})
    [again] = named(year, **{"4100": "4100"})
    assert (again.pk, again.history.count(), GroupAccount.objects.count()) == (first.pk, 2, 1)
    changed = change_group_account(again, account=year.parent.account("4000"), by=year.parent.by)
    assert changed.account == year.parent.account("4000")


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        ("ALL,SUB,9999,4000", "account_code", "no_account"),
        ("ALL,SUB,4100,6110", "account", "other_kind"),
        ("ALL,NONE,4100,4000", "member", "does_not_exist"),
        ("ALL,SUB,4100,none", "account", "does_not_exist"),
        ("ALL,SUB,1010,1000", "account_code", "named_twice"),
    ],
)
def test_a_wrong_row_of_a_file_is_named_and_nothing_written(
    year: Two, row: str, field: str, code: str
) -> None:
    report = table(year, "ALL,SUB,1010,1000", row)
    assert [(e.row, e.field, e.code) for e in report.errors] == [(3, field, code)]
    assert not GroupAccount.objects.exists()


def test_a_file_names_all_and_comes_out_again(year: Two) -> None:
    report = table(year, *(f"ALL,SUB,{own},{code}" for own, code in NAMES.items()))
    assert (report.errors, report.count("created")) == ([], 6)
    content, _kind = GroupAccountResource().export(GroupAccount.objects.all(), "csv")
    assert b"ALL,SUB,4100,4000" in content
    assert year.balance().total == 0


def test_only_members_one_may_enter_are_named(year: Two) -> None:
    clerk = make_user("clerk", company=year.parent.company, is_superuser=False)
    with pytest.raises(InvalidInput) as refusal:
        add_group_account(
            company=year.parent.company, group=year.group, member=year.sub.company,
            account_code="4100", account=year.parent.account("4000"), by=clerk,
        )  # fmt: skip
    assert (refusal.value.code, refusal.value.field) == ("no_member", "member")
    assert refusal.value.row is None
    assert not GroupAccount.objects.exists()


def test_a_life_through_the_api_and_the_page(year: Two) -> None:
    api = ApiClient(year.parent.by)
    acting = {"X-Company": "PAR"}
    one = {"group": "ALL", "member": "SUB", "account_code": "4100", "account": "4000"}
    made = api.post("/finance/group-accounts/", one, **acting)
    assert (made.status_code, made.body["account_code"]) == (201, "4100")
    wrong = api.post("/finance/group-accounts/", {**one, "account": "6110"}, **acting)
    assert (wrong.status_code, codes(wrong)) == (422, [("account", "other_kind")])
    refused = api.get("/finance/statements/group-balance/?date_to=2026-12-31", **acting)
    assert (refused.status_code, codes(refused)) == (409, [("group", "unmapped_accounts")])
    desk = Client()
    desk.force_login(year.parent.by, "apps.core.backends.PermissionBackend")
    page = desk.get("/admin/finance/groupaccount/").content.decode()
    assert "4100" in page
    rows = "\n".join(f"ALL,SUB,{own},{code}" for own, code in NAMES.items())
    file = SimpleUploadedFile("a.csv", f"group,member,account_code,account\n{rows}".encode())
    acting_in = {"acting_company": year.parent.company.pk}
    form = {"company": year.parent.company.pk, "encoding": "utf-8", "file": file, **acting_in}
    preview = desk.post("/admin/finance/groupaccount/import/", form)
    assert preview.status_code == 200 and GroupAccount.objects.count() == 1
    desk.post(
        "/admin/finance/groupaccount/import-confirm/",
        {"token": preview.context["token"], **acting_in},
    )
    assert GroupAccount.objects.count() == 6
