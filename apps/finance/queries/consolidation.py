"""Companies of a group as one: translated (IAS 21.39), their dealings with each other taken out.

Assets and liabilities at the closing rate, income and cost at the average rate of their fiscal
year, equity at the rate of the day of each line; what that leaves is the translation difference.
Profit in goods that a member still has of another is taken off their stock: what was there when
the year began off earlier years' results, the change since off the year's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.core.money import ZERO, round_money
from apps.core.sql import fetch_dicts
from apps.finance.models import Account, AverageRate, ConsolidationGroup, FiscalYear, GroupMember
from apps.finance.queries.group_charts import GroupName, group_names, require_mapped
from apps.finance.queries.group_profits import StockProfit, stock_profits, total_of
from apps.finance.queries.rates import ONE, exchange_rate

Kind = Account.Kind
#: Accounts that stay what they are whoever the partner was.
_KEPT = frozenset({"inventory", "grni", "wip", "tax", "cash", "asset"})
# Lines of the closing of the year itself are left out: its result is shown as it came about.
_LINES = """
SELECT a.code, a.name, a.kind, a.control, x.counterpart_id,
       CASE WHEN a.kind = 'equity' THEN l.date END AS date, p.is_closing,
       y.starts_on, y.ends_on, sum(l.amount) AS amount
  FROM finance_journalline l
  JOIN finance_account a ON a.id = l.account_id
  JOIN finance_period p ON p.id = l.period_id
  JOIN finance_fiscalyear y ON y.id = p.fiscal_year_id
  LEFT JOIN finance_intercompanypartner x
    ON x.partner_id = l.partner_id AND x.counterpart_id = ANY(%(members)s)
 WHERE l.company_id = %(company)s AND l.date <= %(at)s
   AND NOT (p.is_closing AND y.ends_on >= %(at)s)
 GROUP BY a.id, 5, 6, 7, y.id
"""


@dataclass(slots=True)
class MemberAmount:
    """An account of a member: in its own currency and, in that of the group, all of it and what
    it has with other members."""

    own: Decimal = ZERO
    translated: Decimal = ZERO
    between: Decimal = ZERO


@dataclass(slots=True)
class GroupRow:
    """An account of the group by code, debit above zero."""

    code: str
    name: str
    kind: str
    members: dict[int, MemberAmount] = field(default_factory=dict)

    @property
    def total(self) -> Decimal:
        return sum((one.translated for one in self.members.values()), ZERO)

    @property
    def eliminated(self) -> Decimal:
        return -sum((one.between for one in self.members.values()), ZERO)

    @property
    def group(self) -> Decimal:
        return self.total + self.eliminated


@dataclass(frozen=True, slots=True)
class Dealing:
    """What two members have with each other in the balance sheet, in the group's currency.

    Debts and loans, and the share in one against the capital of the other.
    """

    first: Company
    second: Company
    first_amount: Decimal
    second_amount: Decimal

    @property
    def difference(self) -> Decimal:
        return self.first_amount + self.second_amount


@dataclass(frozen=True, slots=True)
class GroupBalance:
    """``differences``: of translation by member. ``minorities``: what others hold, by member, of
    its equity and result (a credit below zero). ``profits``: unrealised, in stock, at the end;
    ``profit_before``: the same when the year began. All columns of the group sum to zero."""

    members: list[GroupMember]
    rows: list[GroupRow]
    differences: dict[int, Decimal]
    minorities: dict[int, Decimal]
    dealings: list[Dealing]
    profits: list[StockProfit]
    profit_before: Decimal

    @property
    def profit(self) -> Decimal:
        """Unrealised profit taken off stock."""
        return total_of(self.profits)

    @property
    def unmatched(self) -> Decimal:
        """What eliminations leave, because two sides do not agree or a rate lies between."""
        return -sum((row.eliminated for row in self.rows), ZERO) - self.profit

    @property
    def total(self) -> Decimal:
        rows = sum((row.group for row in self.rows), ZERO)
        return rows + sum(self.differences.values(), ZERO) + self.unmatched + self.profit


def group_balance(group: ConsolidationGroup, *, at: Date) -> GroupBalance:
    """The trial balance of a group at the end of a day. Some statements per member.

    Raises ``BusinessError`` naming the currency and days of a rate that is missing, or accounts
    with amounts that the group has no name for.
    """
    members = group_members(group)
    ids = [one.member_id for one in members]
    rows: dict[str, GroupRow] = {}
    sides: dict[tuple[int, int], Decimal] = {}
    differences, minorities = {}, {}
    for one in members:
        held = _member_rows(group.company, one, ids, at, rows, sides)
        differences[one.member_id] = -held.translated
        others = (Decimal(100) - one.share) / 100
        worth = held.equity - held.translated
        minorities[one.member_id] = round_money(worth * others, _places(group.company))
    profits = stock_profits(group, members, at=at)
    begins = _Rates(group.company, group.company, at).year_start
    before = stock_profits(group, members, at=begins - timedelta(days=1))
    _take_off(profits, members, rows, minorities)
    return GroupBalance(
        members,
        sorted((row for row in rows.values() if _says(row)), key=lambda row: row.code),
        differences,
        minorities,
        _dealings(members, sides),
        profits,
        total_of(before),
    )


def group_members(group: ConsolidationGroup) -> list[GroupMember]:
    """Its members with their companies and currencies."""
    rows = group.members.filter(is_active=True).order_by("pk")
    return list(rows.select_related("member__currency", "company__currency"))


def _take_off(
    profits: Sequence[StockProfit],
    members: Sequence[GroupMember],
    rows: dict[str, GroupRow],
    minorities: dict[int, Decimal],
) -> None:
    """Unrealised profit off the buyers' stock; who else holds the seller bears his part of it."""
    shares = {one.member_id: one.share for one in members}
    of_seller: dict[int, Decimal] = {}
    for one in profits:
        row = rows.setdefault(one.code, GroupRow(one.code, "", Kind.ASSET))
        row.members.setdefault(one.buyer.pk, MemberAmount()).between += one.profit
        of_seller[one.seller.pk] = of_seller.get(one.seller.pk, ZERO) + one.profit
    for key, profit in of_seller.items():
        others = (Decimal(100) - shares[key]) / 100
        minorities[key] += round_money(profit * others, _places(members[0].company))


@dataclass(slots=True)
class _Held:
    """Sums of a member in the group's currency: of all accounts, and of equity and result."""

    translated: Decimal = ZERO
    equity: Decimal = ZERO


def _member_rows(
    parent: Company,
    one: GroupMember,
    ids: Sequence[int],
    at: Date,
    rows: dict[str, GroupRow],
    sides: dict[tuple[int, int], Decimal],
) -> _Held:
    member, names = one.member, group_names(one)
    rates = _Rates(parent, member, at)
    held, places = _Held(), _places(parent)
    sums: dict[str, list[Decimal]] = {}
    lines = fetch_dicts(_LINES, {"company": member.pk, "at": at, "members": list(ids)})
    own = {line["code"] for line in lines if line["amount"] and not rates.is_past(line)}
    require_mapped(one, names, own)
    for line in lines:
        called = _called(line, names, is_past=rates.is_past(line))
        code = called.code
        row = rows.setdefault(code, GroupRow(code, called.name, called.kind))
        exact = line["amount"] * rates.of(line)
        amounts = row.members.setdefault(member.pk, MemberAmount())
        amounts.own += line["amount"]
        total = sums.setdefault(code, [ZERO, ZERO])
        total[0] += exact
        counterpart = line["counterpart_id"]
        if counterpart and counterpart != member.pk and line["control"] not in _KEPT:
            total[1] += exact
            if line["kind"] in (Kind.ASSET, Kind.LIABILITY, Kind.EQUITY):
                key = (member.pk, counterpart)
                sides[key] = sides.get(key, ZERO) + exact
    for code, (exact, between) in sums.items():
        amounts = rows[code].members[member.pk]
        amounts.translated = round_money(exact, places)
        amounts.between = round_money(between, places)
        held.translated += amounts.translated
        if rows[code].kind in (Kind.EQUITY, Kind.INCOME, Kind.EXPENSE):
            held.equity += amounts.translated
    for key, exact in sides.items():
        sides[key] = round_money(exact, places)
    return held


def _called(
    line: dict[str, Any], names: dict[str, GroupName] | None, *, is_past: bool
) -> GroupName:
    """What the group calls the account of a line; results of earlier years are one row."""
    if is_past:
        return GroupName("", _("Results of earlier years"), Kind.EQUITY)
    own = GroupName(line["code"], line["name"], line["kind"])
    return own if names is None else names.get(own.code, own)


class _Rates:
    """What a member's amounts are worth in the currency of the group."""

    def __init__(self, parent: Company, member: Company, at: Date) -> None:
        self.parent, self.at, self.currency = parent, at, member.currency_id
        year = FiscalYear.objects.filter(company=member, starts_on__lte=at).order_by("-starts_on")
        first = year.values_list("starts_on", flat=True).first()
        self.year_start: Date = first or at
        self._known: dict[tuple[bool, Date, Date], Decimal] = {}

    def is_past(self, line: dict[str, Any]) -> bool:
        """Income or cost of a year before."""
        is_result = line["kind"] in (Kind.INCOME, Kind.EXPENSE)
        return bool(is_result and line["ends_on"] < self.year_start)

    def of(self, line: dict[str, Any]) -> Decimal:
        """Of a line of ``_LINES``."""
        if self.currency == self.parent.currency_id:
            return ONE
        is_average = False
        first = last = self.at
        if line["kind"] == Kind.EQUITY and not line["is_closing"]:
            first = last = line["date"]
        elif line["kind"] not in (Kind.ASSET, Kind.LIABILITY):
            is_average = True
            first, last = line["starts_on"], min(line["ends_on"], self.at)
        key = (is_average, first, last)
        if key not in self._known:
            self._known[key] = (
                self._average(first, last)
                if is_average
                else exchange_rate(self.parent, self.currency, last)
            )
        return self._known[key]

    def _average(self, first: Date, last: Date) -> Decimal:
        """Of the year up to a day: the newest that is given."""
        rate = (
            AverageRate.objects.filter(
                company=self.parent, currency=self.currency, starts_on=first, ends_on__lte=last
            )
            .order_by("-ends_on")
            .values_list("rate", flat=True)
            .first()
        )
        if rate is None:
            raise BusinessError(
                "no_average_rate",
                _("There is no average rate of {currency} from {first} to {last}.").format(
                    currency=self.currency, first=first, last=last
                ),
                field="currency",
            )
        return Decimal(rate)


def _dealings(
    members: Sequence[GroupMember], sides: dict[tuple[int, int], Decimal]
) -> list[Dealing]:
    by_id = {one.member_id: one.member for one in members}
    return [
        Dealing(by_id[a], by_id[b], sides.get((a, b), ZERO), sides.get((b, a), ZERO))
        for place, a in enumerate(by_id)
        for b in list(by_id)[place + 1 :]
        if sides.get((a, b)) or sides.get((b, a))
    ]


def _says(row: GroupRow) -> bool:
    return any(one.own or one.translated or one.between for one in row.members.values())


def _places(company: Company) -> int:
    return company.currency.decimal_places
