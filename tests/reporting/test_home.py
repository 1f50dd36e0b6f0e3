"""The home page: by role, by permission, in few statements, with what to do first."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.core.models import Company, User
from apps.core.services.roles import catalogue
from apps.reporting.homes import HOMES
from apps.reporting.measures import charts, measures, worklists
from apps.reporting.queries.home import home_of
from apps.reporting.queries.scope import asked_by
from apps.reporting.queries.steps import open_steps
from tests.execution.conftest import Factory
from tests.factories import Books, make_company, make_user
from tests.reporting.conftest import at_noon, makeable
from tests.support.faces import ApiClient, grant, make_member

HOME_STATEMENTS = 8  # session, user, roles, measures, charts, lists, first steps, currencies


def in_roles(username: str, company: Company, *roles: str) -> User:
    member = make_member(username, company)
    member.groups.set(Group.objects.filter(name__in=roles))
    return User.objects.get(pk=member.pk)


def test_every_home_is_allowed_to_its_role() -> None:
    known = measures() | charts() | worklists()
    permissions = catalogue()
    assert HOMES.keys() == permissions.keys()
    for role, home in HOMES.items():
        for code in (*home.measures, *home.charts, *home.worklists):
            assert known[code].permission in permissions[role], f"{role} may not see {code}"


def test_everything_registered_is_on_a_home() -> None:
    shown = {code for h in HOMES.values() for code in (*h.measures, *h.charts, *h.worklists)}
    assert shown == measures().keys() | charts().keys() | worklists().keys()


def test_every_measure_has_its_test() -> None:
    """Each code is named by a test of its value."""
    named: set[object] = set()
    for path in Path(__file__).parent.glob("test_*_measures.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant):
                named.add(node.value)
    assert not (measures().keys() | charts().keys() | worklists().keys()) - named


@pytest.mark.parametrize("role", sorted(HOMES))
def test_each_role_has_a_home(role: str, books: Books) -> None:
    user = in_roles(role, books.company, role)
    home = home_of(user, asked=at_noon(user))
    assert [section.code for section in home.sections] == [role]
    [section] = home.sections
    assert [r.measure.code for r in section.readings] == list(HOMES[role].measures)
    page = signed_in(user).get("/admin/")
    assert page.status_code == 200
    assert str(HOMES[role].title) in page.content.decode()


def test_two_roles_see_the_union_in_order_each_figure_once(books: Books) -> None:
    user = in_roles("both", books.company, "accountant", "plant_manager")
    home = home_of(user, asked=at_noon(user))
    assert [section.code for section in home.sections] == ["plant_manager", "accountant"]
    codes = [r.measure.code for section in home.sections for r in section.readings]
    assert sorted(codes) == sorted(
        {*HOMES["plant_manager"].measures, *HOMES["accountant"].measures}
    )


def test_a_permission_taken_away_takes_the_figure_away(books: Books) -> None:
    user = make_member("odd", books.company, permissions=("execution.view_workorder",))
    user.groups.set([Group.objects.create(name="planner2")])
    home = home_of(User.objects.get(pk=user.pk))
    permissions = {r.measure.permission for s in home.sections for r in s.readings}
    assert permissions == {"execution.view_workorder"}


def test_nobody_s_home_says_whom_to_ask(books: Books) -> None:
    user = make_member("nobody", books.company)
    assert home_of(user).sections == []
    assert "Ask an administrator" in signed_in(user).get("/admin/").content.decode()


def test_statements_do_not_depend_on_the_data(books: Books, factory: Factory) -> None:
    user = in_roles("pm", books.company, "accountant", "buyer", "sales")
    client = signed_in(user)

    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/api/v1/reporting/home/").status_code == 200
        return len(queries)

    counted()
    few = counted()
    for _n in range(10):
        factory.order(makeable(factory, f"X{_n}"), "1")
        books.posted_invoice("customer", books.partner(), books.year.starts_on, "1")
    assert counted() == few <= HOME_STATEMENTS


def test_first_steps_end_when_they_are_done(by: User) -> None:
    company = make_company("NEW", by=by)
    boss = make_user("boss", company=company)
    codes = [step.code for step in open_steps(asked_by(boss))]
    assert codes[0] == "site"
    assert "items" in codes
    page = signed_in(boss).get("/admin/").content.decode()
    assert "/admin/masterdata/item/add/" in page


def test_a_step_that_is_done_is_gone(books: Books) -> None:
    books.item("BOLT")
    codes = [step.code for step in open_steps(asked_by(books.by))]
    assert not {"site", "year", "items"} & set(codes)


def test_steps_are_for_those_who_can_take_them(books: Books) -> None:
    clerk = make_member("clerk", books.company, permissions=("masterdata.add_partner",))
    assert [step.code for step in open_steps(asked_by(clerk))] == ["partners"]


def test_measures_one_by_one(books: Books) -> None:
    books.post(books.year.starts_on, ("1010", "12.5"), ("4000", "-12.5"))
    clerk = make_member("clerk", books.company, permissions=("finance.view_journalline",))
    api = ApiClient(clerk)
    listed = api.get("/reporting/measures/").body["results"]
    assert {one["code"] for one in listed} == {
        code for code, one in measures().items() if one.permission == "finance.view_journalline"
    }
    cash = api.get("/reporting/measures/cash/").body
    assert cash["values"] == [{"currency": "EUR", "value": "12.50", "text": "12.50"}]
    assert api.get("/reporting/measures/wip/").status_code == 404
    assert api.get("/reporting/measures/no_such/").status_code == 404
    grant(clerk, "execution.view_workorder")
    assert api.get("/reporting/measures/wip/").status_code == 200


def test_strangers_see_nothing() -> None:
    for path in ("/reporting/home/", "/reporting/measures/", "/reporting/measures/cash/"):
        assert ApiClient().get(path).status_code == 401


def test_another_company_is_not_in_the_figures(books: Books) -> None:
    books.post(books.year.starts_on, ("1010", "12.5"), ("4000", "-12.5"))
    outsider = make_member(
        "out", make_company("AWAY", by=books.by), permissions=("finance.view_journalline",)
    )
    assert ApiClient(outsider).get("/reporting/measures/cash/").body["values"][0]["value"] == "0.00"


def test_names_are_text_not_markup(books: Books, factory: Factory) -> None:
    factory.order(makeable(factory, "</script><b>"), "1")
    page = signed_in(books.by).get("/admin/").content.decode()
    assert "</script><b>" not in page


def test_every_link_opens_and_shows_what_was_counted(books: Books, factory: Factory) -> None:
    """The list behind a figure of rows has as many rows as the figure."""
    from apps.reporting.links import address_behind
    from apps.reporting.measures import Unit
    from apps.reporting.queries.readings import read_measures

    factory.report(factory.order(makeable(factory, "PLATE"), "5"), "1")
    factory.order(makeable(factory, "ROD"), "5", release=False)
    books.invoice("customer", books.partner(), books.year.starts_on, "1")
    client, asked = signed_in(books.by), at_noon(books.by)
    for reading in read_measures(list(measures().values()), asked):
        if not (url := address_behind(reading, asked)):
            continue
        page = client.get(url)
        assert page.status_code == 200, f"{reading.measure.code}: {url}"
        if reading.keys and reading.measure.unit == Unit.COUNT:
            shown = len(page.context["cl"].result_list)
            assert shown == reading.values[None], reading.measure.code


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    return client
