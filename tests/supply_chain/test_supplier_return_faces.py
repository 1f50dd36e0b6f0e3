"""Returns to suppliers by the API, the page and on paper; and eight hands on one receipt."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pypdfium2
import pytest

from apps.core.errors import BusinessError
from apps.supply_chain.queries.supplier_returns import kept_quantities, notes_of_return
from apps.supply_chain.return_printouts import return_note_pdf
from apps.supply_chain.services.supplier_return_lines import GoingBack
from apps.supply_chain.services.supplier_returns import ship_supplier_return
from tests.supply_chain.test_bills import bill
from tests.supply_chain.test_supplier_returns import drafted, sent
from tests.support.faces import ApiClient
from tests.support.races import CALLERS, errors, together
from tests.support.reconciled import assert_reconciled
from tests.support.trade import DAY, Trade

D = Decimal


def test_a_return_lives_through_the_api_and_the_page(trade: Trade, client: Any) -> None:
    receipt = trade.stocked(trade.item(tracking="lot"), "10", "5", lots=["L1"])
    bill(trade, receipt)
    api = ApiClient(trade.books.by)
    made = api.post(f"/supply-chain/receipts/{receipt.pk}/send-back/", {"reason": "scratched"})
    assert made.status_code == 201, made.body
    path = f"/supply-chain/supplier-returns/{made.body['id']}"
    line = receipt.lines.get()
    changed = api.patch(
        f"{path}/",
        {"supplier_reference": "RMA-9", "lines": [{"receipt_line": line.pk, "quantity": "4"}]},
        version=made.body["version"],
    )
    assert changed.status_code == 200, changed.body
    shipped = api.post(f"{path}/ship/", {"date": "2026-03-12", "tracking_number": "1Z"})
    assert (shipped.status_code, shipped.body["shipped_on"]) == (200, "2026-03-12"), shipped.body
    over = api.post(
        "/supply-chain/supplier-returns/",
        {
            "partner": "SUP",
            "site": trade.books.site.code,
            "reason": "more",
            "lines": [{"receipt_line": line.pk, "quantity": "7"}],
        },
    )
    assert (over.status_code, over.body["errors"][0]["code"]) == (409, "over_return")
    done = api.post(f"{path}/credit/", {"reference": "CN-1", "date": "2026-03-13"})
    assert (done.status_code, done.body["status"]) == (200, "credited"), done.body
    client.force_login(trade.books.by)
    page = client.get(f"/admin/supply_chain/supplierreturn/{made.body['id']}/change/")
    [note] = notes_of_return(made.body["id"])
    assert note.number in page.content.decode() and receipt.number in page.content.decode()
    printed = client.get(f"/admin/supply_chain/supplierreturn/{made.body['id']}/print/return-note/")
    assert printed.content[:5] == b"%PDF-"
    scan = client.get("/stock/", {"scan": made.body["number"].lower()}).content.decode()
    assert made.body["number"] in scan


def test_the_return_note_says_what_and_why(trade: Trade) -> None:
    receipt = trade.stocked(
        trade.item(tracking="lot"), "10", "5", lots=["L1"], delivery_note="DN-77"
    )
    document = drafted(trade, GoingBack(receipt.lines.get(), D(4)), supplier_reference="RMA-5")
    text = pypdfium2.PdfDocument(return_note_pdf(document))[0].get_textpage().get_text_range()
    for said in (document.number, "RMA-5", "DN-77", "scratched", "L1", "S-L1", "Draft"):
        assert said in text


@pytest.mark.django_db(transaction=True)
def test_eight_hands_send_no_more_back_than_came(trade: Trade) -> None:
    """Eight drafts of 4 each over 10: two go, the others are refused, not a cent is lost."""
    item = trade.item("average")
    trade.stocked(item, "100", "9")
    receipt = trade.stocked(item, "10", "0.333333")
    line = receipt.lines.get()
    drafts = [drafted(trade, GoingBack(line, D(4))) for _hand in range(CALLERS)]
    results = together(lambda hand: ship_supplier_return(drafts[hand], date=DAY, by=trade.books.by))
    refused = errors(results)
    assert [type(one) for one in refused] == [BusinessError] * 6, results
    assert {one.code for one in refused if isinstance(one, BusinessError)} == {"over_return"}
    sent(trade, receipt, "2")
    assert trade.books.balance("2050") == -900
    assert_reconciled()


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_more_would_go_back(trade: Trade) -> None:
    """The negative control: what is kept, read before the posting, lets all of them through."""
    item = trade.item("average")
    trade.stocked(item, "100", "9")
    line = trade.stocked(item, "10", "1").lines.get()
    seen = together(lambda _hand: kept_quantities([line])[line.pk] >= 4)
    assert seen == [True] * CALLERS
