"""Questions kept and shared, and dashboards of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.reporting.models import Dashboard, SavedReport
from apps.reporting.services.saved_reports import (
    Tile,
    create_dashboard,
    create_saved_report,
    update_dashboard,
    update_saved_report,
)
from tests.factories import Books, make_books
from tests.support.faces import ApiClient, codes, grant, make_member

pytestmark = pytest.mark.django_db
RIGHTS = (
    "finance.view_journalline",
    "reporting.view_savedreport",
    "reporting.add_savedreport",
    "reporting.change_savedreport",
    "reporting.view_dashboard",
)


def saved(books: Books, by: User | None = None, **values: Any) -> SavedReport:
    values = {
        "company": books.company,
        "code": "SALES",
        "name": "Sales by month",
        "dataset": "ledger",
        "question": "rows=month&values=revenue&period=this_year",
    } | values
    return create_saved_report(by=by or books.by, **values)


def member(books: Books, name: str, *more: str) -> User:
    user = make_member(name, books.company, permissions=(*RIGHTS, *more))
    return User.objects.get(pk=user.pk)


def test_a_question_is_kept_in_its_words_and_opens(books: Books) -> None:
    report = saved(books)
    assert report.question == "rows=month&values=revenue&period=this_year"
    assert report.owner == books.by
    page = ApiClient(books.by).client.get(report.get_absolute_url())
    assert page.status_code == 200
    assert report.history.count() == 1


def test_what_cannot_be_asked_is_not_kept(books: Books) -> None:
    for values, field in (
        ({"question": "rows=colour"}, "question"),
        ({"dataset": "nothing"}, "dataset"),
        ({"role": Group.objects.create(name="x")}, "role"),
    ):
        with pytest.raises(InvalidInput) as caught:
            saved(books, **values)
        assert caught.value.field == field
    clerk = make_member("clerk", books.company)
    with pytest.raises(InvalidInput) as caught:
        saved(books, User.objects.get(pk=clerk.pk))
    assert caught.value.field == "dataset"
    assert not SavedReport.objects.exists()


def test_personal_shared_and_by_role(books: Books) -> None:
    anna, ben = member(books, "anna"), member(books, "ben")
    report = saved(books, anna)
    seen = SavedReport.objects.visible_to
    assert report in seen(anna) and report not in seen(ben)
    with pytest.raises(InvalidInput) as caught:
        update_saved_report(report, by=anna, is_shared=True)
    assert (caught.value.field, caught.value.code) == ("is_shared", "may_not_share")
    grant(anna, "reporting.share_savedreport")
    anna = User.objects.get(pk=anna.pk)
    update_saved_report(report, by=anna, is_shared=True)
    assert report in seen(ben)
    role = Group.objects.create(name="controllers")
    report.refresh_from_db()
    update_saved_report(report, by=anna, role=role)
    assert report not in seen(ben)
    ben.groups.add(role)
    assert report in seen(ben)
    with pytest.raises(BusinessError) as refused:
        update_saved_report(report, by=ben, name="Mine")
    assert refused.value.code == "not_owner"
    other = make_books("OTHER", by=books.by)
    assert report not in seen(make_member("carl", other.company))


def test_the_api_keeps_questions(books: Books) -> None:
    anna = member(books, "anna")
    api = ApiClient(anna)
    body = {"code": "R1", "name": "Result", "dataset": "ledger", "question": "rows=account"}
    made = api.post("/reporting/saved-reports/", body)
    assert made.status_code == 201, made.content
    assert made.body["question"].startswith("rows=account&values=result&date_from=")
    bad = api.post("/reporting/saved-reports/", body | {"code": "R2", "question": "cols=x"})
    assert (bad.status_code, codes(bad)) == (422, [("question", "unknown_dimension")])
    assert SavedReport.objects.count() == 1


def test_a_dashboard_shows_each_tile_with_the_viewers_rights(books: Books) -> None:
    books.post(timezone.localdate().replace(day=1), ("1010", "300"), ("4000", "-300"))
    report = saved(books, is_shared=True)
    stock = saved(
        books, code="STOCK", name="Stock", dataset="stock", question="rows=category",
        is_shared=True,
    )  # fmt: skip
    board = create_dashboard(
        company=books.company, code="CFO", name="For the board", is_shared=True, by=books.by,
        tiles=[Tile(report, 1), Tile(stock, 2)],
    )  # fmt: skip
    anna = member(books, "anna")
    page = ApiClient(anna).client.get(board.get_absolute_url())
    assert page.status_code == 200
    text = page.content.decode()
    assert "Sales by month" in text and "300.00" in text
    assert "There is no dataset stock that anna may see." in text
    listed = ApiClient(anna).client.get("/reporting/dashboards/").content.decode()
    assert "For the board" in listed
    with pytest.raises(InvalidInput):
        update_dashboard(board, by=books.by, tiles=[Tile(report), Tile(report)])
    assert board.tiles.count() == 2
    private = create_dashboard(company=books.company, code="ME", name="Mine", by=books.by)
    assert ApiClient(anna).client.get(private.get_absolute_url()).status_code == 404
    assert Dashboard.objects.count() == 2
