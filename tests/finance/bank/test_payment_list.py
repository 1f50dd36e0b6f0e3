"""The list of a payment run: what is paid to whom, for the one who signs."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.core.errors import BusinessError
from apps.finance import payment_list
from apps.finance.models import PaymentRun
from apps.finance.payment_list import payment_list_pdf
from apps.finance.services.payment_runs import approve_payment_run
from tests.factories import Books, make_user
from tests.finance.bank.files import IBAN, OTHER_IBAN
from tests.finance.bank.test_remittance_advices import pages_of, run
from tests.support.faces import ApiClient

__all__ = ["run"]


def test_it_says_what_is_paid_to_whom_and_who_released_it(run: PaymentRun) -> None:
    run = approve_payment_run(run, by=make_user("second.pair.of.eyes"))
    [page] = pages_of(payment_list_pdf(run))
    for part in (
        "Payment list", run.number, "Approved", "second.pair.of.eyes", IBAN, "A-1", "1,000.50",
        "A-2", "30.00", OTHER_IBAN, "B-1", "1,200.50", "AT611904300234573201", "2,231.00",
        "Number newly changed",
    ):  # fmt: skip
        assert part in page, part


def test_it_is_printed_in_the_admin_and_by_the_api(books: Books, run: PaymentRun) -> None:
    client = Client()
    client.force_login(books.by, "apps.core.backends.PermissionBackend")
    page = client.get(f"/admin/finance/paymentrun/{run.pk}/change/").content.decode()
    for name in ("list", "list-letter"):
        url = f"/admin/finance/paymentrun/{run.pk}/print/{name}/"
        assert url in page
        assert client.get(url).content.startswith(b"%PDF")
    api = ApiClient(books.by)
    answer: Any = api.get(f"/finance/payment-runs/{run.pk}/payment-list/")
    assert answer.content.startswith(b"%PDF")


def test_more_lines_than_anybody_reads_are_refused(
    run: PaymentRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payment_list, "MOST_LINES", 2)
    with pytest.raises(BusinessError) as refusal:
        payment_list_pdf(run)
    assert refusal.value.code == "too_many_lines"
    run.lines.all().delete()
    with pytest.raises(BusinessError) as refusal:
        payment_list_pdf(run)
    assert refusal.value.code == "no_letters"
