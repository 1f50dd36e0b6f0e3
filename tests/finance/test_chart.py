from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.errors import BusinessError, InvalidInput
from apps.finance.models import Account, PostingRole, StatementLine
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.chart import load_chart, set_posting_rule
from tests import factories
from tests.factories import Books


def test_every_role_has_an_account(books: Books) -> None:
    resolver = AccountResolver(books.company)
    assert {role: resolver.account_id(role) for role in PostingRole}.keys() == set(PostingRole)


def test_every_account_stands_on_a_leaf_of_its_statement(books: Books) -> None:
    parents = set(StatementLine.objects.exclude(parent=None).values_list("parent_id", flat=True))
    for account in Account.objects.filter(company=books.company).select_related("statement_line"):
        is_result = account.kind in (Account.Kind.INCOME, Account.Kind.EXPENSE)
        line = account.statement_line
        assert line.pk not in parents, account
        assert (line.statement == StatementLine.Statement.INCOME) == is_result, account


def test_control_accounts_are_closed_to_vouchers(books: Books) -> None:
    closed = {code for code, account in books.accounts.items() if not account.takes_manual_lines}
    assert closed == {
        "1100", "1300", "1310", "1320", "1330", "1340", "1350", "2000", "2050",
        "1700", "1710", "1720", "1730", "1740", "1750", "1790", "1795",
    }  # fmt: skip


def test_a_chart_is_loaded_once(books: Books) -> None:
    with pytest.raises(BusinessError) as refusal:
        load_chart(books.company, by=books.by)
    assert refusal.value.code == "has_accounts"


def test_an_unknown_chart_is_refused(by: factories.User) -> None:
    company = factories.make_company(by=by)
    with pytest.raises(InvalidInput) as refusal:
        load_chart(company, by=by, chart="../secrets")
    assert (refusal.value.code, refusal.value.field) == ("unknown_chart", "chart")


def test_loading_takes_few_statements(by: factories.User) -> None:
    company = factories.make_company(by=by)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        load_chart(company, by=by)
    assert len(queries) <= 30


def test_a_rule_for_the_category_wins_over_the_general_one(books: Books) -> None:
    category = books.category("FG")
    set_posting_rule(
        books.company,
        role=PostingRole.INVENTORY,
        account=books.account("1320"),
        category=category,
        by=books.by,
    )
    resolver = AccountResolver(books.company)
    assert (
        resolver.account_id(PostingRole.INVENTORY, category_id=category.pk)
        == books.account("1320").pk
    )
    assert resolver.account_id(PostingRole.INVENTORY) == books.account("1300").pk
