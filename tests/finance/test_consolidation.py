"""Invoices between companies in both books, and a group of two currencies computed by hand."""

from __future__ import annotations

import csv
import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.core.reconcile import reconcile
from apps.finance.close_checks import close_checks
from apps.finance.models import Invoice
from apps.finance.queries.consolidation import group_balance
from apps.finance.services.intercompany import (
    add_member,
    create_average_rate,
    flag_partner,
    mirror_invoice,
)
from apps.finance.services.invoices import post_invoice
from tests.factories import make_currency, make_user
from tests.support.connections import superuser
from tests.support.faces import ApiClient, codes, make_member
from tests.support.groups import BEGIN, END, MIDDLE, Two, live_a_year, make_two, voucher
from tests.support.reconciled import assert_reconciled

D = Decimal
PAGE = f"/reports/finance/group-balance/?date_to={END}&company=PAR"


@pytest.fixture
def two(by: Any) -> Two:
    return make_two(by)


@pytest.fixture
def year(two: Two) -> Two:
    return live_a_year(two)


def test_an_invoice_is_mirrored_once_as_a_bill_of_the_other_company(two: Two) -> None:
    invoice = two.billed("85", line={"account": None})
    bill = mirror_invoice(invoice, by=two.parent.by)
    assert (bill.company, bill.kind, bill.status) == (two.sub.company, "supplier", "draft")
    assert (bill.partner, bill.reference) == (two.of_parent, invoice.number)
    assert bill.currency_id == "EUR"
    with pytest.raises(BusinessError) as refusal:
        mirror_invoice(invoice, by=two.parent.by)
    assert (refusal.value.code, refusal.value.field) == ("already_mirrored", "invoice")
    bill = post_invoice(bill, by=two.sub.by)
    assert (bill.total, bill.total_company) == (85, D("106.25"))
    assert two.sub.balance("6420") == D("106.25")
    assert two.parent.balance("1100") == 85
    assert_reconciled()


def test_tax_of_the_same_code_goes_along(two: Two) -> None:
    line = {"account": None, "tax_code": two.parent.tax_codes["STD"]}
    bill = mirror_invoice(two.billed("100", line=line), by=two.parent.by)
    bill = post_invoice(bill, by=two.sub.by)
    assert bill.total == 120
    assert_reconciled()


def test_what_can_not_be_mirrored_is_refused_by_name(two: Two) -> None:
    stranger = two.parent.posted_invoice("customer", two.parent.partner(), MIDDLE, "1")
    draft = two.parent.invoice("customer", two.of_sub, MIDDLE, "1")
    clerk = make_user("clerk", company=two.parent.company, is_superuser=False)
    good = two.billed()
    for invoice, by, wanted in (
        (stranger, two.parent.by, "no_counterpart"),
        (draft, two.parent.by, "not_posted"),
        (good, clerk, "closed_company"),
    ):
        with pytest.raises(BusinessError) as refusal:
            mirror_invoice(invoice, by=by)
        assert (refusal.value.code, refusal.value.field) == (wanted, "invoice")
    assert not Invoice.objects.filter(company=two.sub.company).exists()


def test_flags_and_members_are_companies_one_may_enter(two: Two) -> None:
    clerk = make_user("clerk", company=two.parent.company, is_superuser=False)
    partner = two.parent.partner()
    with pytest.raises(BusinessError) as refusal:
        flag_partner(
            company=two.parent.company, partner=partner, counterpart=two.sub.company, by=clerk
        )
    assert (refusal.value.code, refusal.value.field) == ("closed_company", "counterpart")
    with pytest.raises(InvalidInput) as refusal:
        flag_partner(
            company=two.parent.company,
            partner=partner,
            counterpart=two.parent.company,
            by=two.parent.by,
        )
    assert (refusal.value.code, refusal.value.field) == ("own_company", "counterpart")
    with pytest.raises(BusinessError) as refusal:
        add_member(company=two.parent.company, group=two.group, member=two.sub.company, by=clerk)
    assert (refusal.value.code, refusal.value.field) == ("closed_company", "member")


def test_the_close_asks_for_bills_that_are_missing(two: Two) -> None:
    check = close_checks()["intercompany"]
    june = two.parent.year.periods.get(number=6)
    invoice = two.billed()
    assert [(row["number"], row["company"], row["amount"]) for row in check.run(june)] == [
        (invoice.number, "SUB", 85)
    ]
    post_invoice(mirror_invoice(invoice, by=two.parent.by), by=two.sub.by)
    assert not check.run(june)


def test_a_group_of_two_currencies_by_hand(year: Two) -> None:
    """Closing 0.80, average 0.85, capital at 0.90 € for a dollar.

    Net assets 1,193.75 $ × 0.80 = 955.00; capital 900.00; result 193.75 $ × 0.85 = 164.69: the
    translation difference is 955.00 − 900.00 − 164.69 = −109.69, and others hold a fifth of 955.
    """
    found = year.balance()
    sub = year.sub.company.pk
    translated = {row.code: row.members[sub].translated for row in found.rows if sub in row.members}
    assert translated == {
        "1010": D("1040.00"),
        "2000": D("-85.00"),
        "3000": D("-900.00"),
        "4100": D("-425.00"),
        "6100": D("170.00"),
        "6420": D("90.31"),
    }
    assert found.differences == {year.parent.company.pk: 0, sub: D("109.69")}
    assert found.minorities == {year.parent.company.pk: 0, sub: D("-191.00")}
    assert {row.code: row.eliminated for row in found.rows if row.eliminated} == {
        "1100": D("-85.00"),  # receivable against payable
        "2000": D("85.00"),
        "1220": D("-720.00"),  # the share against the capital
        "3000": D("720.00"),
        "4000": D("85.00"),  # revenue against cost, at another rate
        "6420": D("-90.31"),
    }
    assert found.unmatched == D("5.31")
    assert found.total == 0
    assert {row.code: row.group for row in found.rows if row.group} == {
        "1010": D("2320.00"),
        "3000": D("-2180.00"),
        "4100": D("-425.00"),
        "6100": D("170.00"),
    }
    [dealing] = found.dealings
    assert (dealing.first_amount, dealing.second_amount) == (D("805.00"), D("-805.00"))


def test_both_sides_of_trade_agree_at_the_closing_rate(two: Two) -> None:
    post_invoice(mirror_invoice(two.billed(), by=two.parent.by), by=two.sub.by)
    [dealing] = two.balance().dealings
    assert (dealing.first_amount, dealing.second_amount, dealing.difference) == (85, -85, 0)


def test_earlier_years_have_their_own_average(two: Two) -> None:
    """A year that was not closed is in one row, at its average; the new year starts at nothing."""
    from apps.finance.services.periods import open_fiscal_year

    by = two.parent.by
    for books in (two.parent, two.sub):
        open_fiscal_year(books.company, code="2027", starts_on=date(2027, 1, 1), by=by)
    voucher(two.sub, MIDDLE, ("1010", "500"), ("4100", "-500"))
    at = date(2027, 3, 31)
    found = group_balance(two.group, at=at)
    assert {row.code: row.total for row in found.rows} == {"": D("-425.00"), "1010": D("400.00")}
    assert found.total == 0


def test_a_rate_that_is_missing_is_named(year: Two) -> None:
    from apps.finance.models import AverageRate

    AverageRate.objects.all().delete()
    with pytest.raises(BusinessError) as refusal:
        year.balance()
    assert (refusal.value.code, refusal.value.field) == ("no_average_rate", "currency")
    with pytest.raises(InvalidInput) as wrong:
        create_average_rate(
            company=year.parent.company,
            currency=make_currency("USD"),
            starts_on=END,
            ends_on=BEGIN,
            rate=D(1),
            by=year.parent.by,
        )
    assert wrong.value.field == "ends_on"


def test_the_page_the_file_and_the_account_company_by_company(year: Two) -> None:
    desk = Client()
    desk.force_login(year.parent.by, "apps.core.backends.PermissionBackend")
    page = desk.get(PAGE)
    text = page.content.decode()
    assert page.status_code == 200, text
    assert "2,320.00" in text and "Translation difference" in text and "Minority" in text
    rows = list(csv.reader(io.StringIO(desk.get(f"{PAGE}&as=csv").content.decode("utf-8-sig"))))
    cash = next(row for row in rows if row[:1] == ["1010"])
    assert cash[2:] == ["1280.00", "1040.00", "0.00", "2320.00"]
    assert rows[-1][-1] == "0.00"
    account = desk.get(
        f"/reports/finance/group-account/?group=ALL&group_account=1010&date_to={END}&company=PAR"
    ).content.decode()
    assert "1,300.00" in account and "1,040.00" in account
    dealings = desk.get(f"/reports/finance/group-dealings/?date_to={END}&company=PAR")
    assert "805.00" in dealings.content.decode()
    api = ApiClient(year.parent.by)
    body = api.get(f"/finance/statements/group-balance/?date_to={END}", **{"X-Company": "PAR"}).body
    assert [r["group"] for r in body["rows"] if r["account"] == "1010"] == ["2320.00"]


def test_who_may_not_enter_all_members_sees_nothing(year: Two) -> None:
    viewer = make_member("viewer", year.parent.company, permissions=("finance.view_journalline",))
    api = ApiClient(viewer)
    answer = api.get(f"/finance/statements/group-balance/?date_to={END}")
    assert (answer.status_code, codes(answer)) == (409, [("group", "closed_company")])
    both = make_member(
        "both", year.parent.company, year.sub.company, permissions=("finance.view_journalline",)
    )
    answer = ApiClient(both).get(
        f"/finance/statements/group-balance/?date_to={END}", **{"X-Company": "PAR"}
    )
    assert answer.status_code == 200
    empty = ApiClient(both).get(
        f"/finance/statements/group-balance/?date_to={END}", **{"X-Company": "SUB"}
    )
    assert (empty.status_code, empty.body["rows"]) == (200, [])


def test_a_life_through_the_api(two: Two) -> None:
    api = ApiClient(two.parent.by)
    acting = {"X-Company": "PAR"}
    partner = two.parent.partner("P9")
    flagged = api.post(
        "/finance/intercompany-partners/", {"partner": "P9", "counterpart": "SUB"}, **acting
    )
    assert (flagged.status_code, flagged.body["counterpart"]) == (201, two.sub.company.pk)
    wrong = api.post(
        "/finance/intercompany-partners/", {"partner": "TOSUB", "counterpart": "NONE"}, **acting
    )
    assert (wrong.status_code, codes(wrong)) == (400, [("counterpart", "does_not_exist")])
    invoice = two.parent.posted_invoice("customer", partner, MIDDLE, "10")
    made = api.post("/finance/intercompany-partners/mirror/", {"invoice": invoice.pk}, **acting)
    assert (made.status_code, made.body["company"]) == (201, "SUB")
    assert made.body["reference"] == invoice.number
    rate = {"currency": "USD", "starts_on": "2026-01-01", "ends_on": "2026-06-30", "rate": "0.9"}
    assert api.post("/finance/average-rates/", rate, **acting).status_code == 201
    assert len(api.get("/finance/group-members/", **acting).body["results"]) == 2


def test_the_pages_of_the_back_office(two: Two) -> None:
    desk = Client()
    desk.force_login(two.parent.by, "apps.core.backends.PermissionBackend")
    for name in ("consolidationgroup", "groupmember", "intercompanypartner", "averagerate"):
        assert desk.get(f"/admin/finance/{name}/").status_code == 200
        assert desk.get(f"/admin/finance/{name}/add/").status_code == 200
    page = desk.get("/admin/finance/intercompanypartner/add/").content.decode()
    assert "SUB" in page


@pytest.mark.breaks("intercompany-agrees")
@pytest.mark.django_db(transaction=True)
def test_books_that_differ_are_found(two: Two) -> None:
    post_invoice(mirror_invoice(two.billed(), by=two.parent.by), by=two.sub.by)
    assert reconcile(["intercompany-agrees"])[0].is_clean
    with superuser() as tamperer:
        tamperer.execute("UPDATE finance_invoice SET total = total + 1 WHERE kind = 'supplier'")
    [finding] = reconcile(["intercompany-agrees"])
    assert [row["total"] for row in finding.offences] == [85]
