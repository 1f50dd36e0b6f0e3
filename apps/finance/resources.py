"""Nouns of finance as tables."""

from __future__ import annotations

from typing import Any

from apps.core.models import Company
from apps.core.resources import Resource
from apps.finance.models import (
    Account,
    BankAccount,
    CloseTask,
    CostObject,
    Journal,
    MatchRule,
    StatementLine,
    TaxBox,
    TaxCode,
)
from apps.finance.services.accounts import check_accounts
from apps.finance.services.bank_accounts import check_bank_accounts, check_match_rules
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


class BankAccountResource(Resource):
    model = BankAccount
    columns = (
        "code",
        "name",
        "number",
        "bic",
        "currency",
        "account",
        "journal",
        "opened_on",
        "is_active",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_bank_accounts(rows)


class MatchRuleResource(Resource):
    model = MatchRule
    columns = (
        "code",
        "name",
        "priority",
        "bank_account",
        "text_contains",
        "name_contains",
        "iban",
        "bank_code",
        "sign",
        "least",
        "most",
        "action",
        "account",
        "partner",
        "cost_object",
        "reference_pattern",
        "is_automatic",
        "is_active",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_match_rules(rows)
