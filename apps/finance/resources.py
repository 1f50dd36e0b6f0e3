"""Nouns of finance as tables."""

from __future__ import annotations

from typing import Any

from apps.core.models import Company
from apps.core.resources import Resource
from apps.finance.models import (
    Account,
    CloseTask,
    CostObject,
    Journal,
    StatementLine,
    TaxBox,
    TaxCode,
)
from apps.finance.services.accounts import check_accounts
from apps.finance.services.close_tasks import check_close_tasks


class StatementLineResource(Resource):
    model = StatementLine
    columns = ("code", "name", "statement", "parent", "position", "is_active")


class AccountResource(Resource):
    model = Account
    columns = ("code", "name", "kind", "control", "statement_line", "is_active")

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_accounts(rows)


class JournalResource(Resource):
    model = Journal
    columns = ("code", "name", "module", "is_active")


class CostObjectResource(Resource):
    model = CostObject
    columns = ("code", "name", "kind", "is_active")


class TaxCodeResource(Resource):
    model = TaxCode
    columns = (
        "code",
        "name",
        "rate",
        "treatment",
        "category",
        "exemption_reason",
        "sales_account",
        "purchase_account",
        "is_active",
    )


class TaxBoxResource(Resource):
    model = TaxBox
    columns = ("code", "name", "position", "is_active")


class CloseTaskResource(Resource):
    model = CloseTask
    columns = ("code", "name", "position", "check_code", "is_active")

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_close_tasks(rows)
