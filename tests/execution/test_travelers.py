"""The traveler: all that the floor needs is on it, and every code on it can be scanned."""

from __future__ import annotations

from decimal import Decimal

import pypdfium2
import pytest
import zxingcpp
from django.test import Client

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import BackgroundJob, User
from apps.execution.jobs import start_travelers
from apps.execution.models import WorkOrder
from apps.execution.printouts import scan_link, traveler_pdf, travelers_pdf
from apps.execution.services.material_issues import IssueLine, issue_material
from apps.execution.services.work_orders import cancel_work_order
from apps.inventory.models import Lot
from apps.inventory.services.lots import NewLot, create_lots
from apps.masterdata.models import Item
from tests.execution.conftest import DAY, Factory
from tests.factories import make_books
from tests.support.faces import ApiClient, codes, make_member

PAPERS = {"A4": (210, 297), "Letter": (215.9, 279.4)}
HOSTILE = "<script>alert(1)</script><img src='file:///etc/passwd'>&amp;{{ 7 }}"


def pages_of(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [
        " ".join(page.get_textpage().get_text_range().replace("\ufffe", "").split())
        for page in document
    ]


def codes_of(pdf: bytes) -> set[tuple[str, str]]:
    """(kind, text) of every symbol, as a scanner sees them on paper printed at 300 dpi."""
    found = set()
    for page in pypdfium2.PdfDocument(pdf):
        image = page.render(scale=300 / 72).to_pil()
        for symbol in zxingcpp.read_barcodes(image):
            kind = "QR" if "QR" in str(symbol.format).upper() else "Code 128"
            found.add((kind, symbol.text))
    return found


def expected_codes(order: WorkOrder) -> set[tuple[str, str]]:
    texts = [order.number]
    texts += [f"{order.number}/{row.sequence}" for row in order.operations.all()]
    return {pair for text in texts for pair in (("Code 128", text), ("QR", scan_link(text)))}


@pytest.fixture
def order(factory: Factory) -> WorkOrder:
    """40 gears of 2 blanks (by lot) and half a bush each; cut, then press, with inspection."""
    blank = factory.item("BLANK-40", tracking=Item.Tracking.LOT)
    by = factory.books.by
    [lot] = create_lots(factory.books.company, [NewLot(blank, "HEAT-7781", made_on=DAY)], by=by)
    factory.stocked(blank, "500", "3", lot=lot)
    bush = factory.stocked(factory.item("BUSH-8"), "500", "1")
    gear = factory.made("GEAR-40", revision="C", description="Deburr all edges.")
    factory.bom(gear, (blank, "2"), (bush, "0.5"))
    cut, press = factory.work_centre("CUT-1", "30"), factory.work_centre("PRESS-2", "40")
    about = {"setup_minutes": Decimal("12.5"), "inspection": "Bore 8 H7, gauge 14"}
    factory.routing(gear, (cut, "1.25"), (press, "3"), instructions="Wear gloves.", **about)
    return factory.order(gear, "40")


@pytest.mark.parametrize("paper", PAPERS)
def test_every_code_is_read_from_paper(order: WorkOrder, paper: str) -> None:
    pdf = traveler_pdf(order, paper=paper)
    assert codes_of(pdf) == expected_codes(order)
    width, height = pypdfium2.PdfDocument(pdf)[0].get_size()
    assert (width / 72 * 25.4, height / 72 * 25.4) == pytest.approx(PAPERS[paper], abs=0.2)


@pytest.mark.parametrize("paper", PAPERS)
def test_it_says_what_to_make_from_what_and_how(
    factory: Factory, order: WorkOrder, paper: str
) -> None:
    component = order.components.get(item__code="BLANK-40")
    issue_material(
        order,
        [IssueLine(component, Decimal(30), Lot.objects.get(code="HEAT-7781"))],
        date=DAY,
        by=factory.books.by,
    )
    pages = pages_of(traveler_pdf(order, paper=paper))
    text = " ".join(pages)
    for words in (
        f"Work order {order.number}",
        "GEAR-40 · Item GEAR-40",
        "Quantity 40 EA",
        "Due 2026-03-10",
        "Deburr all edges.",
        "BLANK-40 Item BLANK-40 2 80 EA",  # per piece, in all
        "HEAT-7781 (30)",
        "BUSH-8 Item BUSH-8 0.5 20 EA",
        "CUT-1",
        "Set-up 12.5 min · run 1.25 min per piece",
        "In all 62.5 min",  # 12.5 + 40 × 1.25
        "In all 132.5 min",  # 12.5 + 40 × 3
        "Wear gloves.",
        "Inspect: Bore 8 H7, gauge 14",
        "Completion",
        "Finished by, on",
        "Checked by, on",
        f"Traveler {order.number} · Revision C · printed",
        f"Page 1 of {len(pages)}",
    ):
        assert words in text, words
    assert text.count("Inspected by") == 2  # a box to sign for each operation
    assert text.count("Good Scrap Reason Minutes Operator") == 2


def test_a_long_order_goes_over_pages_that_all_say_whose_they_are(factory: Factory) -> None:
    made = factory.made("LONG", revision="B")
    parts = [factory.item(f"PART-{n:02d}") for n in range(30)]
    factory.bom(made, *((part, "1") for part in parts))
    centre = factory.work_centre("CELL", "30")
    factory.routing(made, *((centre, "2") for _ in range(16)), inspection="Look at it. " * 12)
    order = factory.order(made, "5")

    pdf = traveler_pdf(order)
    pages = pages_of(pdf)
    assert len(pages) > 3
    for number, text in enumerate(pages, start=1):
        assert f"Traveler {order.number} · Revision B" in text
        assert f"Page {number} of {len(pages)}" in text
    together = " ".join(pages)
    for part in parts:
        assert part.code in together
    assert codes_of(pdf) == expected_codes(order)
    # An operation stays together: its code and its boxes are on one page.
    for operation in order.operations.all():
        [page] = [text for text in pages if f"{order.number}/{operation.sequence} " in text]
        assert "Inspected by" in page


def test_texts_are_printed_not_obeyed(factory: Factory, order: WorkOrder) -> None:
    Item.objects.filter(pk=order.item_id).update(name=HOSTILE[:190], description=HOSTILE)
    order.operations.update(name=HOSTILE[:100], inspection=HOSTILE, instructions=HOSTILE)
    order.refresh_from_db()
    text = "".join(" ".join(pages_of(traveler_pdf(order))).split())
    squeezed = "".join(HOSTILE.split())
    assert text.count(squeezed) >= 6  # name, description; inspection and instructions twice
    assert "root:" not in text
    assert codes_of(traveler_pdf(order)) == expected_codes(order)


def test_shares_that_never_end_keep_to_their_column(factory: Factory) -> None:
    bar = factory.item("BAR")
    made = factory.made("WHEEL")
    factory.bom(made, (bar, "1"))
    order = factory.order(made, "180")
    order.components.update(quantity=Decimal("104.892632"))
    [text] = pages_of(traveler_pdf(order))
    assert "BAR Item BAR 0.582737 104.892632 EA" in text


def test_an_order_without_a_routing_has_a_paper_too(factory: Factory) -> None:
    made = factory.made("PLAIN")
    factory.bom(made, (factory.item("PART"), "1"))
    order = factory.order(made, "3")
    [text] = pages_of(traveler_pdf(order))
    assert "PART Item PART 1 3 EA" in text
    assert "No operations." in text
    assert codes_of(traveler_pdf(order)) == expected_codes(order)


def test_a_held_order_says_so(factory: Factory, order: WorkOrder) -> None:
    WorkOrder.objects.filter(pk=order.pk).update(status="held")
    order.refresh_from_db()
    assert f"Work order {order.number} Held" in pages_of(traveler_pdf(order))[0]


@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_what_is_not_to_be_made_is_not_printed(
    factory: Factory, order: WorkOrder, status: str
) -> None:
    draft = factory.order(order.item, "5", release=False)
    if status == "cancelled":
        draft = cancel_work_order(draft, reason="Not needed", by=factory.books.by)
    with pytest.raises(BusinessError) as refused:
        traveler_pdf(draft)
    assert (refused.value.code, refused.value.field) == ("wrong_status", "status")
    api = ApiClient(factory.books.by)
    answer = api.get(f"/execution/work-orders/{draft.pk}/traveler/")
    assert (answer.status_code, codes(answer)) == (409, [("status", "wrong_status")])
    with pytest.raises(InvalidInput) as error:
        start_travelers([order, draft], by=factory.books.by)
    assert (error.value.code, error.value.field, error.value.row) == ("wrong_status", "orders", 1)
    assert not BackgroundJob.objects.exists()


def test_the_admin_offers_it_from_the_release_on(factory: Factory, order: WorkOrder) -> None:
    draft = factory.order(order.item, "5", release=False)
    client = _browser(factory.books.by)
    for row, offered in ((order, True), (draft, False)):
        page = client.get(f"/admin/execution/workorder/{row.pk}/change/")
        assert (f"/{row.pk}/print/traveler/" in page.content.decode()) is offered
    printed = client.get(f"/admin/execution/workorder/{order.pk}/print/traveler/")
    assert printed["Content-Type"] == "application/pdf"
    refused = client.get(f"/admin/execution/workorder/{draft.pk}/print/traveler/", follow=True)
    assert f"{draft} is Draft." in refused.content.decode()


def _browser(user: User) -> Client:
    client = Client()
    client.force_login(user, "apps.core.backends.PermissionBackend")
    return client


def test_another_company_does_not_see_it(factory: Factory, order: WorkOrder) -> None:
    stranger = make_member(
        "stranger", make_books("OTHER").company, permissions=("execution.view_workorder",)
    )
    path = f"/execution/work-orders/{order.pk}/traveler/"
    assert ApiClient(stranger).get(path).status_code == 404
    answer = ApiClient(factory.books.by).get(f"{path}?paper=A3")
    assert (answer.status_code, codes(answer)) == (422, [("paper", "unknown_paper")])


def test_many_in_one_file_each_with_its_own_pages(factory: Factory, order: WorkOrder) -> None:
    second = factory.order(order.item, "7")
    told: list[tuple[int, int]] = []
    pdf = travelers_pdf([second.pk, order.pk], progress=lambda *done: told.append(done))
    texts = pages_of(pdf)
    firsts = [text for text in texts if "Page 1 of " in text]
    assert len(firsts) == 2
    assert f"Work order {second.number}" in firsts[0]
    assert f"Work order {order.number}" in firsts[1]
    assert told == [(1, 2), (2, 2)]
    assert codes_of(pdf) == expected_codes(order) | expected_codes(second)
