"""An accountant reads the cash flow down to its lines, and a company gets its chart by file.

``MES_ERP_SCREENS=<directory>`` keeps the pictures.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from apps.finance.models import Account, StatementLayout
from apps.finance.services.layouts import create_layout
from tests import factories
from tests.browser.test_people import PASSWORD, look, sign_in
from tests.finance.statements.posted import post_year
from tests.finance.statements.test_charts import OWN

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SPAN = "date_from=2026-01-01&date_to=2026-03-31"


def test_from_the_cash_flow_to_the_lines(page: Page, live_server: object) -> None:
    by = factories.make_user("controller", password=PASSWORD)
    books = factories.make_books("NORTH", by=by)
    post_year(books)
    sign_in(page, live_server, "controller", "/reports/finance/")
    page.goto(f"{live_server}/reports/finance/cash-flow/?{SPAN}&compare=months")
    look(page, "statements-cash-flow-months")
    page.get_by_label("Method").select_option("direct")
    page.get_by_label("Compare with").select_option("")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="Cash flow, direct")).to_be_visible()
    look(page, "statements-cash-flow-direct")
    page.get_by_role("link", name="Assets bought and sold").click()
    expect(page.get_by_text("-5,180.00".replace("-", "\u2212")).first).to_be_visible()
    look(page, "statements-behind-a-row")
    page.goto(f"{live_server}/reports/finance/equity-changes/?{SPAN}")
    look(page, "statements-equity")
    page.goto(f"{live_server}/reports/finance/income-statement/?{SPAN}&compare=previous_year")
    look(page, "statements-income")


def test_a_layout_is_edited(page: Page, live_server: object) -> None:
    by = factories.make_user("controller", password=PASSWORD)
    books = factories.make_books("NORTH", by=by)
    layout = create_layout(company=books.company, code="OWN", name="Own", kind="income", by=by)
    change = f"/admin/finance/statementlayout/{layout.pk}/change/"
    sign_in(page, live_server, "controller", change)
    expect(page.get_by_text("Every account is shown once.")).to_be_visible()
    look(page, "statements-layout")
    last = layout.rows.count() - 1
    page.locator(f"input[name=rows-{last}-formula]").fill("[NOPE]")
    page.locator("button[name=_continue], input[name=_continue]").first.click()
    expect(page.get_by_text("there is no row NOPE")).to_be_visible()
    look(page, "statements-layout-refused")
    assert StatementLayout.objects.get().rows.filter(formula="[NOPE]").count() == 0


def test_a_chart_comes_by_file(page: Page, live_server: object) -> None:
    by = factories.make_user("controller", password=PASSWORD)
    company = factories.make_company("NORTH", by=by)
    sign_in(page, live_server, "controller", "/reports/finance/chart/")
    look(page, "chart-empty")
    wrong = OWN.replace("asset,cash", "asset,purse")
    for text, button in ((wrong, "Check only"), (OWN, "Set up")):
        page.locator("input[type=file]").set_input_files(
            {"name": "chart.csv", "mimeType": "text/csv", "buffer": text.encode()}
        )
        page.get_by_role("button", name=button).click()
        if button == "Check only":
            expect(page.get_by_text("Nothing was written.")).to_be_visible()
            look(page, "chart-refused")
    expect(page.get_by_text("8 accounts set up.")).to_be_visible()
    look(page, "chart-done")
    assert Account.objects.filter(company=company).count() == 8
