"""Payment runs in any currency: what the file says, what is refused, what rates leave behind."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from lxml import etree

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Currency
from apps.finance.bank_formats.pain import Order, Party, credit_transfer, plain
from apps.finance.models import PaymentRun, PaymentRunLine
from apps.finance.services.payment_runs import (
    Bill,
    approve_payment_run,
    draft_payment_run,
    execute_payment_run,
    export_payment_run,
    propose_payment_run,
)
from apps.masterdata.models import Partner, PartnerBankAccount
from apps.masterdata.services.partner_banks import (
    create_partner_bank_account,
    update_partner_bank_account,
)
from tests.factories import Books, make_currency, make_user
from tests.finance.bank.files import OTHER_IBAN, bank_account
from tests.support.faces import ApiClient, codes
from tests.support.reconciled import assert_reconciled

D = Decimal
MARCH, APRIL = date(2026, 3, 10), date(2026, 4, 10)
BIC = "CHASUS33XXX"


@pytest.fixture
def dollars(books: Books) -> Currency:
    books.rate("USD", MARCH, "0.9")
    books.rate("USD", APRIL, "0.8")
    return make_currency("USD")


def paid_by_number(books: Books, code: str = "US", **values: Any) -> Partner:
    partner = books.partner(code, country="US")
    values = {"account_number": "000123456789", "bic": BIC, **values}
    create_partner_bank_account(company=books.company, partner=partner, by=books.by, **values)
    return partner


def file_of(books: Books, run: PaymentRun) -> Any:
    run = approve_payment_run(run, by=make_user(company=books.company))
    run = export_payment_run(run, by=books.by)
    with run.file.open("rb") as file:
        return etree.fromstring(file.read())


def texts(root: Any, path: str) -> list[str]:
    steps = "/".join(f"{{*}}{step}" for step in path.split("/"))
    return [node.text for node in root.iterfind(f".//{steps}")]


def test_dollars_go_out_by_number_and_bic_with_shared_charges(
    books: Books, dollars: Currency
) -> None:
    bank = bank_account(books, currency=dollars, number="4711-22", bic="BOFAUS3N")
    partner = paid_by_number(books)
    for price, reference in (("100.05", "A-1"), ("20", "A-2")):
        books.posted_invoice(
            "supplier", partner, MARCH, price, reference=reference, currency=dollars
        )
    run = propose_payment_run(bank, date=APRIL, due_until=APRIL, by=books.by)
    root = file_of(books, run)
    assert texts(root, "SvcLvl/Cd") == []
    assert texts(root, "ChrgBr") == ["SHAR"]
    assert texts(root, "PmtInf/CtrlSum") == ["120.05"] and texts(root, "NbOfTxs") == ["2", "2"]
    assert texts(root, "InstdAmt") == ["100.05", "20.00"]
    assert {node.get("Ccy") for node in root.iter("{*}InstdAmt")} == {"USD"}
    assert texts(root, "DbtrAcct/Ccy") == ["USD"]
    assert texts(root, "DbtrAcct/Id/Othr/Id") == ["4711-22"]
    assert texts(root, "DbtrAgt/FinInstnId/BICFI") == ["BOFAUS3N"]
    assert texts(root, "CdtrAcct/Id/Othr/Id") == ["000123456789"] * 2
    assert texts(root, "CdtrAgt/FinInstnId/BICFI") == [BIC] * 2
    assert texts(root, "Cdtr/PstlAdr/Ctry") == ["US", "US"]
    assert texts(root, "IBAN") == []


def test_what_the_rate_did_since_the_bill_is_realised(books: Books, dollars: Currency) -> None:
    """100 $ owed at 0.90 and paid at 0.80: 10 € gained, as by a single payment."""
    bank = bank_account(books, currency=dollars)
    bill = books.posted_invoice("supplier", paid_by_number(books), MARCH, "100", currency=dollars)
    run = draft_payment_run(bank, date=APRIL, bills=[Bill(bill)], by=books.by)
    file_of(books, run)
    run = execute_payment_run(PaymentRun.objects.get(pk=run.pk), by=books.by)
    [line] = run.lines.select_related("payment")
    assert (line.payment.exchange_rate, line.payment.currency_id) == (D("0.8"), "USD")
    assert books.balance("1010") == -80
    assert books.balance("2000") == 0
    assert books.balance("7200") == -10
    assert_reconciled()


def test_euro_within_and_beyond_the_area_are_batches_of_their_own(books: Books) -> None:
    bank = bank_account(books)
    inside = books.partner("NL")
    create_partner_bank_account(company=books.company, partner=inside, iban=OTHER_IBAN, by=books.by)
    outside = books.partner("TR")
    create_partner_bank_account(
        company=books.company, partner=outside, iban="TR330006100519786457841326",
        bic="TGBATRIS", by=books.by,
    )  # fmt: skip
    for partner, price in ((inside, "10"), (outside, "20"), (paid_by_number(books), "30")):
        books.posted_invoice("supplier", partner, MARCH, price)
    root = file_of(books, propose_payment_run(bank, date=APRIL, due_until=APRIL, by=books.by))
    sepa, rest = root.iterfind(".//{*}PmtInf")
    assert (texts(sepa, "SvcLvl/Cd"), texts(sepa, "ChrgBr")) == (["SEPA"], ["SLEV"])
    assert (texts(rest, "SvcLvl/Cd"), texts(rest, "ChrgBr")) == ([], ["SHAR"])
    assert (texts(sepa, "CtrlSum"), texts(rest, "CtrlSum")) == (["10.00"], ["50.00"])
    assert texts(rest, "CdtrAcct/Id/IBAN") == ["TR330006100519786457841326"]
    assert texts(root, "GrpHdr/CtrlSum") == ["60.00"]
    assert len(set(texts(root, "PmtInfId"))) == 2


def test_yen_have_no_decimals(books: Books) -> None:
    yen = make_currency("JPY")
    books.rate("JPY", MARCH, "0.006")
    bank = bank_account(books, currency=yen)
    bill = books.posted_invoice("supplier", paid_by_number(books), MARCH, "5000", currency=yen)
    with pytest.raises(InvalidInput) as refusal:
        draft_payment_run(bank, date=APRIL, bills=[Bill(bill, D("10.5"))], by=books.by)
    wrong = refusal.value
    assert (wrong.code, wrong.field, wrong.row) == ("too_many_decimals", "amount", 0)
    assert not PaymentRun.objects.exists()
    root = file_of(books, draft_payment_run(bank, date=APRIL, bills=[Bill(bill)], by=books.by))
    assert texts(root, "InstdAmt") == ["5000"]


def test_currencies_are_not_mixed_and_creditors_need_an_account(
    books: Books, dollars: Currency
) -> None:
    bank = bank_account(books, currency=dollars)
    partner = paid_by_number(books, currency=dollars)
    good = books.posted_invoice("supplier", partner, MARCH, "1", currency=dollars)
    euro = books.posted_invoice("supplier", partner, MARCH, "1")
    none = books.posted_invoice("supplier", books.partner(), MARCH, "1", currency=dollars)
    pounds = create_partner_bank_account(
        company=books.company, partner=partner, account_number="77", bic=BIC,
        currency=make_currency("GBP"), by=books.by,
    )  # fmt: skip
    for bill, field, code in (
        (Bill(euro), "invoice", "wrong_currency"),
        (Bill(none), "partner_account", "no_bank_account"),
        (Bill(good, partner_account=pounds), "partner_account", "wrong_currency"),
    ):
        with pytest.raises(BusinessError) as refusal:
            draft_payment_run(
                bank, date=APRIL, bills=[Bill(good), bill] if bill.invoice != good else [bill],
                by=books.by,
            )  # fmt: skip
        wrong = refusal.value
        assert (wrong.code, wrong.field) == (code, field)
        assert wrong.row == (0 if bill.invoice == good else 1)
    assert not PaymentRun.objects.exists() and not PaymentRunLine.objects.exists()


def test_our_account_has_an_iban_or_a_bic(books: Books, dollars: Currency) -> None:
    bank = bank_account(books, currency=dollars, number="4711-22")
    bill = books.posted_invoice("supplier", paid_by_number(books), MARCH, "1", currency=dollars)
    with pytest.raises(InvalidInput) as refusal:
        draft_payment_run(bank, date=APRIL, bills=[Bill(bill)], by=books.by)
    assert (refusal.value.code, refusal.value.field) == ("bic_required", "bank_account")
    assert not PaymentRun.objects.exists()


def test_the_account_of_the_currency_comes_before_the_one_for_any(
    books: Books, dollars: Currency
) -> None:
    bank = bank_account(books, currency=dollars)
    partner = paid_by_number(books, currency=dollars)
    create_partner_bank_account(
        company=books.company, partner=partner, iban=OTHER_IBAN, by=books.by
    )
    bill = books.posted_invoice("supplier", partner, MARCH, "1", currency=dollars)
    [line] = draft_payment_run(bank, date=APRIL, bills=[Bill(bill)], by=books.by).lines.all()
    assert (line.iban, line.account_number, line.bic) == ("", "000123456789", BIC)


def test_another_bank_stops_the_file(books: Books, dollars: Currency) -> None:
    bank = bank_account(books, currency=dollars)
    bill = books.posted_invoice("supplier", paid_by_number(books), MARCH, "1", currency=dollars)
    run = draft_payment_run(bank, date=APRIL, bills=[Bill(bill)], by=books.by)
    run = approve_payment_run(run, by=make_user(company=books.company))
    account = PartnerBankAccount.objects.get()
    before = account.account_changed_at
    account = update_partner_bank_account(account, bic="BOFAUS3N", by=books.by)
    assert account.account_changed_at > before
    with pytest.raises(BusinessError) as refusal:
        export_payment_run(run, by=books.by)
    assert (refusal.value.code, refusal.value.row) == ("account_changed", 0)


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({}, "iban", "required"),
        ({"iban": OTHER_IBAN, "account_number": "1"}, "account_number", "iban_and_number"),
        ({"account_number": "12;DROP", "bic": BIC}, "account_number", "bad_number"),
        ({"account_number": "12"}, "bic", "bic_required"),
        ({"account_number": "12", "bic": "CHASUS"}, "bic", "bad_bic"),
    ],
)
def test_numbers_of_partners_are_checked(
    books: Books, values: dict[str, str], field: str, code: str
) -> None:
    api = ApiClient(books.by)
    partner = books.partner("SUP")
    answer = api.post("/masterdata/partner-bank-accounts/", {"partner": partner.pk, **values})
    assert (answer.status_code, codes(answer)) == (422, [(field, code)])
    assert not PartnerBankAccount.objects.exists()


def test_an_account_by_number_through_the_api_and_the_page(books: Books, dollars: Currency) -> None:
    api = ApiClient(books.by)
    partner = books.partner("SUP")
    given = {"partner": partner.pk, "account_number": "12 34", "bic": BIC, "currency": "USD"}
    made = api.post("/masterdata/partner-bank-accounts/", given)
    assert (made.status_code, made.body["account_number"]) == (201, "12 34")
    twice = api.post("/masterdata/partner-bank-accounts/", given)
    assert (twice.status_code, codes(twice)[0][1]) == (409, "already_exists")
    bank = bank_account(books, currency=dollars)
    bill = books.posted_invoice("supplier", partner, MARCH, "12.50", currency=dollars)
    body = {"bank_account": bank.pk, "date": "2026-04-10", "bills": [{"invoice": bill.pk}]}
    run = api.post("/finance/payment-runs/draft/", body)
    assert run.status_code == 201, run.body
    [line] = run.body["lines"]
    assert (line["account_number"], line["bic"], line["amount"]) == ("12 34", BIC, "12.5000")
    desk = Client()
    desk.force_login(books.by, "apps.core.backends.PermissionBackend")
    page = desk.get(f"/admin/finance/paymentrun/{run.body['id']}/change/").content.decode()
    assert "12 34" in page and "USD" in page
    assert "USD" in desk.get("/admin/finance/paymentrun/").content.decode()


def test_names_go_in_the_characters_of_banks() -> None:
    assert plain("Müller & Søn “Łódź” €", 70) == "Muller Son Lodz EUR"
    assert plain("株式会社", 70) == "Zhu Shi Hui She"
    assert plain("&&", 70) == "-"
    assert plain("x" * 80, 70) == "x" * 70


def test_a_file_that_the_schema_refuses_is_not_written() -> None:
    party = Party("Us", iban="DE89370400440532013000")
    order = Order("E", Party("Them", number="1", bic="not a bic"), D("1.00"), "text")
    with pytest.raises(BusinessError) as refusal:
        credit_transfer(message="M", debtor=party, currency="USD", date=APRIL, orders=[order])
    assert refusal.value.code == "bad_file"
