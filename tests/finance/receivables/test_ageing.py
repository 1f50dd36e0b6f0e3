from __future__ import annotations

import random
from datetime import date, timedelta

from django.test import Client

from apps.finance.queries.ageing import ageing, open_instalments
from apps.finance.queries.open_items import open_items
from apps.finance.services.credit_notes import credit_invoice
from apps.finance.services.payments import reverse_payment
from apps.finance.services.policies import create_policy
from apps.finance.services.revaluations import revalue_currencies
from apps.finance.services.settlements import net_invoices
from tests.factories import Books, make_currency
from tests.finance.receivables.acts import APRIL, MARCH, MAY, D, pay, terms
from tests.support.faces import ApiClient
from tests.support.statements import at_most

DAYS = [date(2026, 3, 1) + timedelta(days=17 * n) for n in range(12)]


def test_at_any_day_it_is_the_control_account(books: Books) -> None:
    """Instalments, credit notes, advances, nettings, reversals, a revaluation, two currencies."""
    chance = random.Random(7)  # noqa: S311 - no secret
    books.rate("USD", date(2026, 1, 1), "0.9")
    books.rate("USD", date(2026, 6, 30), "0.8")
    three = terms(books, ("30", 30), ("50", 60), ("20", 90))
    partners = [
        books.partner(payment_terms=three),
        books.partner(currency=make_currency("USD"), payment_terms=three),
        books.partner(),
    ]
    for n in range(12):
        partner = partners[n % 3]
        account = books.account("1020" if partner is partners[1] else "1010")
        invoice = books.posted_invoice("customer", partner, MARCH + timedelta(n), "100.01")
        books.posted_invoice("supplier", partner, MARCH + timedelta(n), "33.33")
        part = str(chance.randint(1, 60))
        payment = pay(books, partner, APRIL, "70", (invoice, part), account=account)
        if n % 4 == 0:
            reverse_payment(payment, date=MAY, reason="bounced", by=books.by)
        if n % 5 == 0:
            credit_invoice(invoice, date=MAY, by=books.by)
    revalue_currencies(books.company, date=date(2026, 6, 30), by=books.by)
    for partner in partners:
        net_invoices(books.company, partner=partner, date=date(2026, 7, 5), by=books.by)
    for at in DAYS:
        for kind, account_code, sign in (("customer", "1100", 1), ("supplier", "2000", -1)):
            parts = open_instalments(books.company, kind=kind, at=at)
            whole = open_items(books.company, kind=kind, at=at)
            balance = sign * books.balance(account_code, at)
            assert sum(item.open_company for item in parts) == balance, at
            assert sum(item.open for item in parts) == sum(item.open for item in whole)
            rows = ageing(books.company, kind=kind, at=at)
            assert sum(row.total for row in rows) == balance
            own = ageing(books.company, kind=kind, at=at, by_currency=True)
            assert sum(row.total for row in own) == sum(item.open for item in parts)


def test_buckets_are_the_companys_and_instalments_age_by_themselves(books: Books) -> None:
    create_policy(company=books.company, valid_from=MARCH, ageing_days="10,40", by=books.by)
    customer = books.partner(payment_terms=terms(books, ("30", 0), ("50", 30), ("20", 60)))
    books.posted_invoice("customer", customer, MARCH, "100")
    with at_most(1):
        [row] = ageing(books.company, kind="customer", at=date(2026, 4, 19), buckets=(10, 40))
    assert row.amounts == (20, 50, 30, 0)


def test_an_older_bucket_has_no_end(books: Books) -> None:
    customer = books.partner(payment_days=0)
    books.posted_invoice("customer", customer, date(2026, 1, 1), "9")
    [row] = ageing(books.company, kind="customer", at=date(2026, 12, 31))
    assert row.amounts == (0, 0, 0, 0, 9)


def test_report_pages_drill_to_the_document(books: Books, api: ApiClient) -> None:
    books.rate("USD", date(2026, 1, 1), "0.5")
    partner = books.partner("C1", currency=make_currency("USD"))
    invoice = books.posted_invoice("customer", partner, MARCH, "100")
    query = "date_to=2026-12-31&kind=customer"
    rows = api.get(f"/finance/statements/ageing/?{query}").body["rows"]
    assert (rows[0]["currency"], rows[0]["total"]) == ("EUR", "50.00")
    rows = api.get(f"/finance/statements/ageing/?{query}&amounts=document").body["rows"]
    assert (rows[0]["currency"], rows[0]["total"], len(rows)) == ("USD", "100.00", 1)
    assert "open-items" in rows[0]["drill"]
    items = api.get(f"/finance/statements/open-items/?{query}&partner=C1").body["rows"]
    assert items[0]["links"]["number"] == f"/admin/finance/invoice/{invoice.pk}/change/"
    wrong = api.get(f"/finance/statements/ageing/?{query}&amounts=gold")
    assert (wrong.status_code, wrong.body["errors"][0]["attr"]) == (400, "amounts")


def test_a_statement_of_account_as_page_file_and_letter(books: Books, api: ApiClient) -> None:
    customer = books.partner("C1", language="en")
    invoice = books.posted_invoice("customer", customer, MARCH, "100")
    books.posted_invoice("customer", customer, date(2026, 1, 10), "20")
    pay(books, customer, APRIL, "60", (invoice, "60"))
    query = "partner=C1&date_from=2026-02-01&date_to=2026-04-30"
    rows = api.get(f"/finance/statements/account-statement/?{query}").body["rows"]
    assert [row["balance"] for row in rows] == ["20.00", "120.00", "60.00", "60.00"]
    assert [row["increase"] for row in rows] == [None, "100.00", None, None]
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    page = client.get(f"/reports/finance/account-statement/?{query}")
    assert "120.00" in page.content.decode()
    assert client.get("/reports/finance/account-statement/").status_code == 200
    letter = client.get(f"/reports/finance/account-statement/?{query}&as=pdf")
    assert letter.content[:4] == b"%PDF"
    nobody = api.get("/finance/statements/account-statement/?as=pdf")
    assert (nobody.status_code, nobody.body["errors"][0]["attr"]) == (422, "partner")


def test_the_letter_shows_the_same_figures(books: Books) -> None:
    import pypdfium2

    customer = books.partner("C1", address="1 Road\nTown")
    invoice = books.posted_invoice("customer", customer, MARCH, "1234.56")
    pay(books, customer, APRIL, "200", (invoice, "200"))
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    content = client.get(
        "/reports/finance/account-statement/?partner=C1&date_to=2026-12-31&as=pdf"
    ).content
    text = "\n".join(
        page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)
    )
    for figure in ("1,234.56", "1,034.56", invoice.number):
        assert figure in text
    assert D("1034.56") == books.balance("1100")
