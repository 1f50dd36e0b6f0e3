"""How the two statements were made before there were layouts: what they are compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from apps.finance.models import PostingRole, PostingRule, StatementLine
from apps.finance.queries.filters import ReportFilter
from apps.finance.queries.trial_balance import trial_balance

RESULT = ("income", "expense")
Shown = list[tuple[str, int, tuple[Decimal, ...]]]


@dataclass
class Node:
    code: str
    line: int | None
    own: list[Decimal]
    children: list[Node] = field(default_factory=list)
    accounts: dict[str, list[Decimal]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)

    def totals(self) -> list[Decimal]:
        return [
            own + sum((child.totals()[n] for child in self.children), Decimal(0))
            for n, own in enumerate(self.own)
        ]

    def first_kind(self) -> str:
        found = [*self.kinds.values(), *(c.first_kind() for c in self.children)]
        return next(filter(None, found), "")

    def is_empty(self) -> bool:
        return not any(self.own) and all(child.is_empty() for child in self.children)


def balance_sheet(*columns: ReportFilter) -> Shown:
    roots, uncarried = _grown("balance_sheet", columns)
    found: Shown = []
    for root in roots:
        sign = 1 if root.first_kind() == "asset" else -1
        _parents_first(root, 0, sign, found)
    assert uncarried is None or any(row[0] == "RESULT" for row in found)
    return found


def income_statement(*columns: ReportFilter) -> Shown:
    roots, _none = _grown("income", columns)
    found: Shown = []
    for root in roots:
        _children_first(root, 0, found)
    return found


def _grown(statement: str, columns: tuple[ReportFilter, ...]) -> tuple[list[Node], Node | None]:
    lines = list(
        StatementLine.objects.filter(company=columns[0].company, statement=statement).order_by(
            "position", "code"
        )
    )
    width = len(columns)
    nodes = {line.pk: Node(line.code, line.pk, [Decimal(0)] * width) for line in lines}
    for line in lines:
        if line.parent_id:
            nodes[line.parent_id].children.append(nodes[line.pk])
    rest = [Decimal(0)] * width
    is_sheet = statement == "balance_sheet"
    for place, column in enumerate(columns):
        asked = column.changed(date_from=None) if is_sheet else column.changed(with_closing=False)
        for row in trial_balance(asked).rows:
            amount = row.closing if is_sheet else row.movement
            if is_sheet == (row.kind in RESULT):
                if is_sheet:
                    rest[place] += amount
                continue
            node = nodes[row.statement_line_id]
            node.own[place] += amount
            node.kinds[row.code] = row.kind
            node.accounts.setdefault(row.code, [Decimal(0)] * width)[place] += amount
    uncarried = Node("RESULT", None, rest) if any(rest) else None
    if uncarried is not None:
        rule = PostingRule.objects.get(
            company=columns[0].company, role=PostingRole.RETAINED_EARNINGS
        )
        for node in nodes.values():
            at = [
                n for n, c in enumerate(node.children) if c.line == rule.account.statement_line_id
            ]
            if at:
                node.children.insert(at[0] + 1, uncarried)
                break
    inner = {id(child) for node in nodes.values() for child in node.children}
    return [node for node in nodes.values() if id(node) not in inner], uncarried


def _shown(code: str, level: int, sign: int, amounts: list[Decimal]) -> tuple:
    return code, level, tuple(sign * amount for amount in amounts)


def _accounts(node: Node, level: int, sign: int, found: Shown) -> None:
    for code, amounts in sorted(node.accounts.items()):
        if any(amounts):
            found.append(_shown(code, level, sign, amounts))


def _parents_first(node: Node, level: int, sign: int, found: Shown) -> None:
    if level and node.is_empty():
        return
    found.append(_shown(node.code, level, sign, node.totals()))
    _accounts(node, level + 1, sign, found)
    for child in node.children:
        _parents_first(child, level + 1, sign, found)


def _children_first(node: Node, level: int, found: Shown) -> None:
    if level and node.is_empty():
        return
    for child in node.children:
        _children_first(child, level + 1, found)
    found.append(_shown(node.code, level, -1, node.totals()))
    if not node.children:
        _accounts(node, level + 1, -1, found)
