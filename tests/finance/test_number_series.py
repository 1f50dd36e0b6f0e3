"""Number series as people read them: the journal and the year by name, the next number as it will
be."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from apps.core.models import Company, NumberSequence
from apps.finance.models import JournalEntry
from tests.factories import Books, make_books
from tests.support.faces import ApiClient, make_member

pytestmark = pytest.mark.django_db
VIEW = ("core.view_numbersequence",)


@pytest.fixture
def series(books: Books) -> NumberSequence:
    books.post(date(2026, 3, 1), ("6100", "10"), ("1010", "-10"))
    return NumberSequence.objects.get(company=books.company)


def test_the_next_number_is_the_one_that_comes(books: Books, series: NumberSequence) -> None:
    expected = series.next_number
    books.post(date(2026, 3, 2), ("6100", "10"), ("1010", "-10"))
    assert JournalEntry.objects.latest("id").number == expected


def test_it_is_called_by_journal_and_year_in_the_readers_language(series: NumberSequence) -> None:
    journal = JournalEntry.objects.get().journal
    assert series.label.name == f"Journal entries: {journal.name}, 2026"
    with translation.override("de"):
        name = NumberSequence.objects.get().label.name
    assert name.startswith("Buchungen: ") or name.startswith("Journalbuchungen: ")


@pytest.mark.parametrize("name", ["certificates", "journal:0:0"])
def test_a_series_nobody_knows_is_called_what_it_is_called(company: Company, name: str) -> None:
    series = NumberSequence.objects.create(company=company, series=name, last_number=6)
    assert (series.label.name, series.next_number) == (name, "7")


def test_the_page_and_the_api_show_it(books: Books, series: NumberSequence) -> None:
    caller = ApiClient(make_member("clerk", books.company, permissions=VIEW))
    told = caller.get("/core/number-series/").body["results"]
    assert [(one["name"], one["next_number"], one["last_number"]) for one in told] == [
        (series.label.name, series.next_number, 1)
    ]
    assert caller.get(f"/core/number-series/{series.pk}/").body == told[0]
    page = caller.client.get("/admin/core/numbersequence/?q=gener").content.decode()
    assert series.label.name in page and series.next_number in page
    assert series.series not in page
    page = caller.client.get("/admin/core/numbersequence/?q=nothing").content.decode()
    assert series.next_number not in page
    page = caller.client.get(f"/admin/core/numbersequence/{series.pk}/change/").content.decode()
    assert series.next_number in page


def test_another_companys_series_are_not_seen(books: Books, series: NumberSequence) -> None:
    other = make_books("OTHER", by=books.by)
    caller = ApiClient(make_member("outsider", other.company, permissions=VIEW))
    assert caller.get("/core/number-series/").body["results"] == []
    assert caller.get(f"/core/number-series/{series.pk}/").status_code == 404


def test_names_cost_one_statement_however_many(books: Books, series: NumberSequence) -> None:
    make_books("OTHER", by=books.by).post(date(2026, 3, 1), ("6100", "10"), ("1010", "-10"))
    NumberSequence.objects.create(company=books.company, series="certificates")
    with CaptureQueriesContext(connection) as queries:
        names = [str(row) for row in NumberSequence.objects.with_labels()]
    assert len(names) == 3 and str(series) in names
    assert len(queries) == 1
