"""A company's first chart of accounts, journals, tax codes and posting rules, from a file."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import insert_all
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Account,
    CloseTask,
    Journal,
    PostingRole,
    PostingRule,
    StatementLine,
    TaxBox,
    TaxBoxTerm,
    TaxCode,
    TaxSide,
)

CHARTS = Path(__file__).resolve().parent.parent / "fixtures" / "charts"
STANDARD = "standard"


def chart_names() -> list[str]:
    return sorted(path.stem for path in CHARTS.glob("*.toml"))


def load_chart(company: Company, *, by: User, chart: str = STANDARD) -> dict[str, Account]:
    """Give an empty company the accounts, journals, tax codes and rules of ``chart``.

    Returns the accounts by code. Raises ``BusinessError`` when the company has accounts already,
    ``InvalidInput`` when there is no such chart.
    """
    if chart not in chart_names():
        raise InvalidInput(
            "unknown_chart", _("There is no chart {name}.").format(name=chart), field="chart"
        )
    content = tomllib.loads((CHARTS / f"{chart}.toml").read_text(encoding="utf-8"))
    with unit_of_work():
        if Account.objects.filter(company=company).exists():
            raise BusinessError(
                "has_accounts", _("{company} has accounts already.").format(company=company)
            )
        lines = _statement_lines(company, content["statement_lines"], by)
        accounts = _accounts(company, content["accounts"], lines, by)
        insert_all(
            [
                Journal(company=company, code=code, name=name, module=module)
                for code, name, module in content["journals"]
            ],
            by=by,
        )
        _taxes(company, content, accounts, by)
        insert_all(
            [
                CloseTask(
                    company=company, code=code, name=name, check_code=check, position=position
                )
                for position, (code, name, check) in enumerate(content["close_tasks"], start=1)
            ],
            by=by,
        )
        insert_all(
            [
                PostingRule(company=company, role=PostingRole(role), account=accounts[code])
                for role, code in content["posting_rules"].items()
            ],
            by=by,
        )
    return accounts


def set_posting_rule(
    company: Company,
    *,
    role: str,
    account: Account,
    by: User,
    category: Any = None,
    reason: Any = None,
) -> PostingRule:
    """Say which account plays ``role``: for one item category, one reason, both, or all."""
    with unit_of_work():
        rule = PostingRule.objects.filter(
            company=company, role=PostingRole(role), category=category, reason=reason
        ).first() or PostingRule(company=company, role=role, category=category, reason=reason)
        rule.account = account
        return rule.save_by(by)


def _statement_lines(company: Company, rows: list[list[str]], by: User) -> dict[str, StatementLine]:
    """Level by level, so that each parent has its key before its children."""
    found: dict[str, StatementLine] = {}
    waiting = list(enumerate(rows))
    while waiting:
        ready = [(n, row) for n, row in waiting if not row[3] or row[3] in found]
        made = insert_all(
            [
                StatementLine(
                    company=company,
                    code=code,
                    name=name,
                    statement=statement,
                    parent=found.get(parent),
                    position=position,
                )
                for position, (code, name, statement, parent) in ready
            ],
            by=by,
        )
        found.update({line.code: line for line in made})
        waiting = [pair for pair in waiting if pair[1][0] not in found]
    return found


def _taxes(
    company: Company, content: dict[str, Any], accounts: dict[str, Account], by: User
) -> None:
    """Tax codes, and the boxes of the return with what each sums."""
    made = insert_all(
        [
            TaxCode(
                company=company,
                code=code,
                name=name,
                rate=Decimal(rate),
                sales_account=accounts[sales],
                purchase_account=accounts[purchase],
                treatment=TaxCode.Treatment(treatment),
                category=TaxCode.Category(category),
                exemption_reason=exemption,
            )
            for code, name, rate, sales, purchase, treatment, category, exemption in content[
                "tax_codes"
            ]
        ],
        by=by,
    )
    codes = {code.code: code for code in made}
    boxes = insert_all(
        [
            TaxBox(company=company, code=code, name=name, position=position)
            for position, (code, name, _terms) in enumerate(content["tax_boxes"], start=1)
        ],
        by=by,
    )
    insert_all(
        [
            TaxBoxTerm(
                company=company,
                box=box,
                tax_code=codes[term[0]],
                side=TaxSide(term[1]),
                measure=TaxBoxTerm.Measure(term[2]),
                is_subtracted=len(term) > 3,
            )
            for box, (_code, _name, terms) in zip(boxes, content["tax_boxes"], strict=True)
            for term in terms
        ],
        by=by,
    )


def _accounts(
    company: Company, rows: list[list[str]], lines: dict[str, StatementLine], by: User
) -> dict[str, Account]:
    made = insert_all(
        [
            Account(
                company=company,
                code=code,
                name=name,
                kind=Account.Kind(kind),
                control=Account.Control(control),
                statement_line=lines[line],
            )
            for code, name, kind, line, control in rows
        ],
        by=by,
    )
    return {account.code: account for account in made}
