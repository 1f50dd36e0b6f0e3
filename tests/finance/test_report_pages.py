"""The pages of the statements: who may see them, and how they refuse."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client

from apps.finance.report_registry import REPORTS
from apps.finance.views.reports import MENU, TITLES
from tests.factories import Books, make_user
from tests.support.faces import make_member

PAGE = "/reports/finance/trial-balance/"


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    return client


def test_strangers_are_sent_to_sign_in_and_others_refused(books: Books) -> None:
    assert Client().get(PAGE).status_code == 302
    clerk = make_user("clerk", company=books.company, is_superuser=False)
    assert signed_in(clerk).get(PAGE).status_code == 403
    viewer = make_member("viewer", books.company, permissions=("finance.view_journalline",))
    assert signed_in(viewer).get(PAGE).status_code == 200
    assert signed_in(viewer).post(PAGE).status_code == 405


def test_a_wrong_filter_is_named_on_the_page(books: Books) -> None:
    answer = signed_in(books.by).get(f"{PAGE}?date_to=2026-02-30")
    assert answer.status_code == 400
    assert "date_to" in answer.content.decode()
    assert signed_in(books.by).get("/reports/finance/nothing/").status_code == 404


@pytest.mark.parametrize("text", ['"><script>alert(1)</script>', "=HYPERLINK(1)", "{{ 7|add:1 }}"])
def test_what_people_write_is_shown_as_text(books: Books, text: str) -> None:
    books.company.name = text
    books.company.save_by(books.by)
    books.post(date(2026, 1, 2), ("1010", "1"), ("3000", "-1"), description=text)
    page = signed_in(books.by).get("/reports/finance/general-ledger/?account=1010").content.decode()
    assert "<script>" not in page
    csv = signed_in(books.by).get("/reports/finance/general-ledger/?account=1010&as=csv").content
    assert b"\n=HYPER" not in csv and b",=HYPER" not in csv


def test_the_page_leads_down_to_the_entry(books: Books) -> None:
    books.post(date(2026, 1, 2), ("6110", "12.50"), ("1010", "-12.50"))
    client = signed_in(books.by)
    page = client.get("/reports/finance/income-statement/?period=2026-01").content.decode()
    assert "/reports/finance/breakdown/?" in page
    lines = client.get("/reports/finance/general-ledger/?account=6110&period=2026-01")
    assert "/admin/finance/journalentry/" in lines.content.decode()
    assert (
        client.get("/reports/finance/income-statement/?period=2026-01&as=pdf").content[:4]
        == b"%PDF"
    )


def test_every_report_stands_in_the_menu_of_its_group(books: Books) -> None:
    listed = [name for group in MENU for name in group.reports]
    drilled = [name for group in MENU for name in group.drilled]
    assert set(listed) | set(drilled) == set(REPORTS) == set(TITLES)
    assert not set(listed) & set(drilled)
    client = signed_in(books.by)
    page = client.get("/reports/finance/cash-flow/?period=2026-01").content.decode()
    assert re.findall(r'href="([^"?]+)[^"]*" aria-current="(\w+)"', page) == [
        ("/reports/finance/balance-sheet/", "true"),
        ("/reports/finance/cash-flow/", "page"),
    ]
    assert page.count("/reports/finance/equity-changes/?") == 1
    assert "/reports/finance/tax-entries/?" not in page, "reports of other groups stay there"


@pytest.mark.parametrize(("kind", "title"), [("customer", "Receivables"), ("supplier", "Payables")])
def test_open_items_stand_on_the_side_they_are_of(books: Books, kind: str, title: str) -> None:
    for query in (f"kind={kind}", f"kind={kind}&date_to=2026-02-30"):
        page = signed_in(books.by).get(f"/reports/finance/ageing/?{query}").content.decode()
        assert f'aria-current="true">{title}</a>' in page
        assert page.count(f"kind={kind}") >= 3
