"""A company's first chart: accounts, journals, tax codes, rules and asset classes, from a file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
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
    Activity,
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
from apps.finance.services.asset_chart import load_asset_classes

CHARTS = Path(__file__).resolve().parent.parent / "fixtures" / "charts"
STANDARD = "standard"
#: What a chart has from the standard one unless it says otherwise.
SHARED = ("journals", "close_tasks")


def chart_names() -> list[str]:
    return sorted(path.stem for path in CHARTS.glob("*.toml"))


@dataclass(frozen=True, slots=True)
class ShippedChart:
    code: str
    name: str
    accounts: int


def shipped_charts() -> list[ShippedChart]:
    """What a new company may choose from, by code."""
    found = []
    for code in chart_names():
        content = chart_content(code)
        found.append(ShippedChart(code, content.get("name", code), len(content["accounts"])))
    return found


def load_chart(company: Company, *, by: User, chart: str = STANDARD) -> dict[str, Account]:
    """Give an empty company the accounts, journals, tax codes, rules and classes of ``chart``.

    Returns the accounts by code. Raises ``BusinessError`` when the company has accounts already,
    ``InvalidInput`` when there is no such chart.
    """
    content = chart_content(chart)
    with unit_of_work():
        if Account.objects.filter(company=company).exists():
            raise BusinessError(
                "has_accounts", _("{company} has accounts already.").format(company=company)
            )
        return write_chart(company, content, by=by)


def write_chart(company: Company, content: dict[str, Any], *, by: User) -> dict[str, Account]:
    """Write what ``content`` says, in the shape of the files of ``fixtures/charts``; the accounts
    by code. A statement for each table."""
    with unit_of_work():
        lines = _statement_lines(company, content["statement_lines"], by)
        accounts = write_accounts(company, content["accounts"], lines, by)
        write_journals(company, content["journals"], by)
        taxes = write_tax_codes(company, content["tax_codes"], accounts, by)
        write_tax_boxes(company, content["tax_boxes"], {row.code: row for row in taxes}, by)
        write_close_tasks(company, enumerate(content["close_tasks"], start=1), by)
        write_posting_rules(company, content["posting_rules"], accounts, by)
        load_asset_classes(company, content, accounts, by=by)
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


def chart_content(chart: str = STANDARD) -> dict[str, Any]:
    """What a shipped chart says. Raises ``InvalidInput`` when there is no such chart."""
    if chart not in chart_names():
        raise InvalidInput(
            "unknown_chart", _("There is no chart {name}.").format(name=chart), field="chart"
        )
    content = _read(chart)
    shared = content if chart == STANDARD else _read(STANDARD)
    return {name: shared[name] for name in SHARED} | content


def _read(chart: str) -> dict[str, Any]:
    return tomllib.loads((CHARTS / f"{chart}.toml").read_text(encoding="utf-8"))


def write_journals(company: Company, rows: Iterable[list[str]], by: User) -> list[Journal]:
    return insert_all(
        [
            Journal(company=company, code=code, name=name, module=module)
            for code, name, module in rows
        ],
        by=by,
    )


def write_close_tasks(
    company: Company, rows: Iterable[tuple[int, list[str]]], by: User
) -> list[CloseTask]:
    """Each of ``rows``: its place in the list, and code, name and check."""
    return insert_all(
        [
            CloseTask(company=company, code=code, name=name, check_code=check, position=position)
            for position, (code, name, check) in rows
        ],
        by=by,
    )


def write_posting_rules(
    company: Company, codes: dict[str, str], accounts: dict[str, Account], by: User
) -> list[PostingRule]:
    return insert_all(
        [
            PostingRule(company=company, role=PostingRole(role), account=accounts[code])
            for role, code in codes.items()
        ],
        by=by,
    )


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
                    activity=Activity(more[0]) if more else Activity.OPERATING,
                )
                for position, (code, name, statement, parent, *more) in ready
            ],
            by=by,
        )
        found.update({line.code: line for line in made})
        waiting = [pair for pair in waiting if pair[1][0] not in found]
    return found


def write_tax_codes(
    company: Company, rows: Iterable[list[str]], accounts: dict[str, Account], by: User
) -> list[TaxCode]:
    return insert_all(
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
            for code, name, rate, sales, purchase, treatment, category, exemption in rows
        ],
        by=by,
    )


def write_tax_boxes(
    company: Company, rows: list[list[Any]], codes: dict[str, TaxCode], by: User
) -> list[TaxBox]:
    """The boxes of the return in their order, with what each sums."""
    boxes = insert_all(
        [
            TaxBox(company=company, code=code, name=name, position=position)
            for position, (code, name, _terms) in enumerate(rows, start=1)
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
            for box, (_code, _name, terms) in zip(boxes, rows, strict=True)
            for term in terms
        ],
        by=by,
    )
    return boxes


def write_accounts(
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
