"""Charts of accounts that others publish come in whole: counts, kinds, hierarchy, taxes."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest
from lxml import etree

from apps.core.models import User
from apps.finance.chart_files import read_chart
from apps.finance.models import Account, Journal, StatementLine, TaxCode
from apps.finance.services.chart_imports import import_chart
from tests import factories
from tests.support.published import CASES

FOLDER = CASES / "03-finance" / "coa"
pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the published cases are not here (MES_ERP_CASES)"
)
NAMES = ("us_General", "us_GeneralHierarchical", "ca_English_General", "de_General", "se_General")
_NAMESPACE = "{http://ledgersmb.org/xml-schemas/configuration}"


@pytest.mark.case("FIN-COA-{name}")
@pytest.mark.parametrize("name", NAMES)
def test_a_published_chart_comes_in_whole(name: str, by: User) -> None:
    expected = json.loads((FOLDER / f"{name}.expected.json").read_text())
    content = (FOLDER / f"{name}.xml").read_bytes()
    company = factories.make_company(by=by)
    for dry_run in (True, False):
        made = import_chart(company, read_chart(f"{name}.xml", content), by=by, dry_run=dry_run)
        assert made.errors == []
        counts = (made.accounts, made.headings)
        assert counts == (expected["accounts"], expected["headings"])
        written = Account.objects.filter(company=company).count()
        assert written == (0 if dry_run else expected["accounts"])
    accounts = list(Account.objects.filter(company=company).select_related("statement_line"))
    kinds = Counter(account.kind.capitalize() for account in accounts)
    assert kinds == expected["by_category"]
    taxes = sorted(a.code for a in accounts if a.control == Account.Control.TAX)
    assert taxes == expected["tax_accounts"]
    assert Journal.objects.filter(company=company).exists()
    assert_hierarchy(company, content, accounts, expected)


def assert_hierarchy(
    company: Any, content: bytes, accounts: list[Account], expected: dict[str, Any]
) -> None:
    """Every heading is a line, below the line of the heading above it; accounts hang on theirs."""
    lines = {line.code: line for line in StatementLine.objects.filter(company=company)}
    root = etree.fromstring(content)
    headings = list(root.iter(f"{_NAMESPACE}account-heading"))
    deepest = 0
    for node in headings:
        line, above = lines[node.get("code")], node.getparent()
        depth = sum(1 for _one in node.iterancestors(f"{_NAMESPACE}account-heading")) + 1
        deepest = max(deepest, depth)
        if above.tag == f"{_NAMESPACE}account-heading":
            assert line.parent is not None
            assert line.parent.code.startswith(above.get("code"))
        else:
            assert line.parent is None
    assert deepest == expected["deepest_heading_level"]
    by_code = {account.code: account for account in accounts}
    nodes = list(root.iter(f"{_NAMESPACE}account"))
    assert [nodes[0].get("code"), nodes[0].get("description")] == expected["first"]
    assert [nodes[-1].get("code"), nodes[-1].get("description")] == expected["last"]
    for node in nodes:
        account = by_code[node.get("code")]
        assert account.name == node.get("description").strip()
        heading = node.getparent().get("code")
        assert account.statement_line.code.startswith(heading), (account, heading)
    is_income = {StatementLine.Statement.INCOME: True, StatementLine.Statement.BALANCE_SHEET: False}
    for account in accounts:
        is_result = account.kind in (Account.Kind.INCOME, Account.Kind.EXPENSE)
        assert is_income[account.statement_line.statement] == is_result, account


def test_rates_become_tax_codes(by: User) -> None:
    company = factories.make_company(by=by)
    content = (FOLDER / "ca_English_General.xml").read_bytes()
    import_chart(company, read_chart("chart.xml", content), by=by)
    codes = TaxCode.objects.filter(company=company).order_by("code")
    assert [(c.code, c.rate, c.sales_account.code) for c in codes] == [
        ("2310", 5, "2310"), ("2320", 8, "2320"),
    ]  # fmt: skip
