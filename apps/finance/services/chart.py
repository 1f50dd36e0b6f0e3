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
        accounts = _accounts(company, content["accounts"], lines, by)
        _journals(company, content["journals"], by)
        _taxes(company, content, accounts, by)
        _close_tasks(company, enumerate(content["close_tasks"], start=1), by)
        _posting_rules(company, content["posting_rules"], accounts, by)
        load_asset_classes(company, content, accounts, by=by)
    return accounts


def complete_chart(
    company: Company, *, by: User, chart: str = STANDARD, with_accounts: bool = False
) -> list[Account | Journal | CloseTask | PostingRule]:
    """Give ``company`` the journals, rules and tasks of ``chart`` that it lacks; those added.

    A journal is lacking when none has its code, a posting rule when its role has none that is for
    all categories and reasons, a task of the close when the company never had one of its code.
    What is there stays as it is. ``with_accounts`` adds the accounts that
    those rules name, too, where their code is free and their statement line is there.

    Raises ``BusinessError`` ``no_accounts`` for a company without a chart, ``missing_accounts``
    (in ``details``) when a rule would name an account that is not there, not in use or of another
    kind: which one plays the role is then for people to say. Nothing is written then.
    """
    content = chart_content(chart)
    with unit_of_work():
        # two at once would both find the same lacking
        Company.objects.select_for_update(no_key=True).get(pk=company.pk)
        accounts = {row.code: row for row in Account.objects.filter(company=company)}
        if not accounts:
            raise BusinessError(
                "no_accounts",
                _("{company} has no accounts yet: load a chart.").format(company=company.code),
            )
        general = PostingRule.objects.filter(company=company, category=None, reason=None)
        known = set(general.values_list("role", flat=True))
        wanted = {r: code for r, code in content["posting_rules"].items() if r not in known}
        added: dict[str, Account] = {}
        if with_accounts:
            named = set(wanted.values()) - accounts.keys()
            rows = [row for row in content["accounts"] if row[0] in named]
            lines = {
                line.code: line
                for line in StatementLine.objects.filter(company=company, children__isnull=True)
            }
            added = _accounts(company, [row for row in rows if row[3] in lines], lines, by)
        accounts |= added
        _require_accounts(company, content["accounts"], wanted, accounts)
        codes = set(Journal.objects.filter(company=company).values_list("code", flat=True))
        journals = _journals(company, [r for r in content["journals"] if r[0] not in codes], by)
        tasks = _close_tasks(company, _new_tasks(company, content["close_tasks"]), by)
        rules = _posting_rules(company, wanted, accounts, by)
        return [*added.values(), *journals, *tasks, *rules]


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


def _require_accounts(
    company: Company,
    rows: Iterable[list[str]],
    wanted: dict[str, str],
    accounts: dict[str, Account],
) -> None:
    """Each account that ``wanted`` (codes by role) names is there, in use and of its kind."""
    about = {code: (name, kind, control) for code, name, kind, _line, control in rows}
    missing = []
    for role, code in wanted.items():
        name, kind, control = about[code]
        found = accounts.get(code)
        is_it = found is not None and (found.kind, found.control) == (kind, control)
        if found is None or not is_it or not found.is_active:
            missing.append({"role": role, "account": code, "name": name, "kind": kind})
    if missing:
        raise BusinessError(
            "missing_accounts",
            _(
                "{company} lacks accounts for posting rules: {names}. Create them, or a posting "
                "rule of that role for an account of your own."
            ).format(
                company=company.code,
                names="; ".join(
                    f"{PostingRole(one['role']).label} → {one['account']} {one['name']}"
                    for one in missing
                ),
            ),
            field="account",
            details={"missing": missing},
        )


def _journals(company: Company, rows: Iterable[list[str]], by: User) -> list[Journal]:
    return insert_all(
        [
            Journal(company=company, code=code, name=name, module=module)
            for code, name, module in rows
        ],
        by=by,
    )


def _new_tasks(company: Company, rows: Iterable[list[str]]) -> list[tuple[int, list[str]]]:
    """Those of codes that ``company`` never had: what people threw away stays away."""
    had = set(CloseTask.history.filter(company=company).values_list("code", flat=True))
    return [(place, row) for place, row in enumerate(rows, start=1) if row[0] not in had]


def _close_tasks(
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


def _posting_rules(
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
