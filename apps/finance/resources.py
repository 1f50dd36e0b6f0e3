"""Nouns of finance as tables."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.resources import Resource
from apps.finance.models import (
    Account,
    BankAccount,
    CloseTask,
    CostObject,
    Journal,
    LayoutRow,
    MatchRule,
    StatementLayout,
    StatementLine,
    TaxBox,
    TaxCode,
)
from apps.finance.services.accounts import check_accounts
from apps.finance.services.bank_accounts import check_bank_accounts, check_match_rules
from apps.finance.services.close_tasks import check_close_tasks
from apps.finance.services.layouts import replace_layout_rows


class StatementLineResource(Resource):
    model = StatementLine
    columns = ("code", "name", "statement", "parent", "position", "activity", "is_active")


class StatementLayoutResource(Resource):
    """Layouts without their rows."""

    model = StatementLayout
    columns = ("code", "name", "kind", "is_default", "is_active")


class LayoutRowResource(LineResource):
    """Rows of layouts; a layout that the file names gets the file's rows instead of its own."""

    model = LayoutRow
    columns = (
        "layout",
        "position",
        "code",
        "label",
        "kind",
        "level",
        "sign",
        "measure",
        "statement_line",
        "activity",
        "account_kind",
        "control",
        "accounts",
        "formula",
        "shows_accounts",
        "hides_zero",
    )
    required = ("layout", "code", "label", "kind")

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        given = [{name: v for name, v in row.items() if v is not None} for row in rows]
        replace_layout_rows(given, by=by, reason=reason or _("Import"))

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['layout'].code} {row['code']}"


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
