"""A group of companies as reports: its trial balance, and an account of it company by company."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.money import ZERO, round_fraction
from apps.core.reports import Column, Drill, Kind, Report, Row
from apps.finance.models import ConsolidationGroup
from apps.finance.queries.consolidation import GroupBalance, group_balance, group_members
from apps.finance.queries.group_profits import StockProfit, stock_profits
from apps.finance.report_parameters import ReportRequest

NAME, ACCOUNT, DEALINGS = "group-balance", "group-account", "group-dealings"
STOCK = "group-stock"


def group_balance_report(asked: ReportRequest) -> Report:
    """Accounts of all members, translated, less what they have with each other: sums to zero."""
    group = _group(asked)
    if group is None:
        return _report(_("Trial balance of the group"), asked, None, (), [])
    found = group_balance(group, at=asked.chosen.date_to)
    ids = [one.member_id for one in found.members]
    rows = []
    for row in found.rows:
        amounts = [row.members[key].translated if key in row.members else ZERO for key in ids]
        cells = (row.code, row.name, *amounts, row.eliminated, row.group)
        parameters = _parameters(asked, group) | {"group_account": row.code}
        rows.append(Row(cells, drill=Drill(ACCOUNT, parameters) if row.code else None))
    rows += _closing_rows(found, ids, Drill(STOCK, _parameters(asked, group)))
    columns = (
        Column("account", _("Account")),
        Column("name", _("Name")),
        *(Column(f"member_{n}", one.member.code, Kind.MONEY)
          for n, one in enumerate(found.members)),
        Column("eliminated", _("Eliminated"), Kind.MONEY),
        Column("group", _("Group"), Kind.MONEY),
    )  # fmt: skip
    title = _("Trial balance of the group")
    return _report(title, asked, group, columns, rows, _unknown(found.profits))


def _parameters(asked: ReportRequest, group: ConsolidationGroup) -> dict[str, str]:
    day = asked.chosen.date_to.isoformat()
    return {"group": group.code, "date_to": day, "company": asked.company.code}


def _closing_rows(found: GroupBalance, ids: list[int], of_stock: Drill) -> list[Row]:
    differences = [found.differences[key] for key in ids]
    sums = [sum((r.members[key].translated for r in found.rows if key in r.members), ZERO)
            + found.differences[key] for key in ids]  # fmt: skip
    eliminated = sum((row.eliminated for row in found.rows), ZERO) + found.unmatched + found.profit
    blank: list[Decimal | None] = [None] * len(ids)
    minorities = [found.minorities[key] for key in ids]
    held = sum(minorities, ZERO)
    rows = [
        Row(("", _("Translation difference"), *differences, None, sum(differences, ZERO))),
        Row(("", _("Difference of eliminations"), *blank, found.unmatched, found.unmatched)),
    ]
    before, since = found.profit_before, found.profit - found.profit_before
    if before or since:
        texts = (
            (_("Unrealised profit in stock, of earlier years"), before),
            (_("Unrealised profit in stock, change of the year"), since),
        )
        rows += [Row(("", text, *blank, n, n), drill=of_stock) for text, n in texts]
    if held:
        minus = [-amount for amount in minorities]
        rows += [
            Row(("", _("Minority interests"), *minorities, None, held)),
            Row(("", _("of that in equity and result"), *minus, None, -held)),
        ]
    rows.append(Row(("", _("Total"), *sums, eliminated, found.total), is_total=True))
    return rows


def group_account_report(asked: ReportRequest) -> Report:
    """One account of the group, company by company, in its own currency and in the group's."""
    group = _group(asked)
    rows: list[Row] = []
    if group is not None:
        found = group_balance(group, at=asked.chosen.date_to)
        by_id = {one.member_id: one.member for one in found.members}
        totals = [ZERO] * 3
        for row in found.rows:
            if row.code != asked.group_account:
                continue
            for key, one in row.members.items():
                amounts = (one.translated, -one.between, one.translated - one.between)
                totals = [a + b for a, b in zip(totals, amounts, strict=True)]
                member = by_id[key]
                cells = (member.code, member.name, member.currency_id, one.own, *amounts)
                rows.append(Row(cells))
        rows.append(Row((_("Total"), "", "", None, *totals), is_total=True))
    columns = (
        Column("company", _("Company")),
        Column("name", _("Name")),
        Column("currency", _("Currency")),
        Column("own", _("In its own currency"), Kind.MONEY),
        Column("translated", _("Translated"), Kind.MONEY),
        Column("eliminated", _("Eliminated"), Kind.MONEY),
        Column("group", _("Group"), Kind.MONEY),
    )
    title = _("Account {code} of the group").format(code=asked.group_account)
    return _report(title, asked, group, columns, rows)


def group_stock_report(asked: ReportRequest) -> Report:
    """Goods that members still have of each other, and the profit of the seller in them."""
    group = _group(asked)
    found: list[StockProfit] = []
    if group is not None:
        found = stock_profits(group, group_members(group), at=asked.chosen.date_to)
    rows = [
        Row((one.buyer.code, one.seller.code, f"{one.goods.item} {one.goods.name}",
             one.goods.receipt, one.goods.shipment, one.goods.quantity, one.buyer.currency_id,
             one.worth, _percent(one), _origin(one), one.own, one.profit))
        for one in found
    ]  # fmt: skip
    total = sum((one.profit for one in found), ZERO)
    rows.append(Row((_("Total"), *[""] * 4, None, "", None, "", "", None, total), is_total=True))
    columns = (
        Column("buyer", _("Buyer")),
        Column("seller", _("Seller")),
        Column("item", _("Item")),
        Column("receipt", _("Receipt")),
        Column("shipment", _("Shipment")),
        Column("quantity", _("In stock"), Kind.QUANTITY),
        Column("currency", _("Currency")),
        Column("worth", _("At the price paid"), Kind.MONEY),
        Column("margin", _("Margin (%)")),
        Column("origin", _("Margin by")),
        Column("own", _("Unrealised"), Kind.MONEY),
        Column("group", _("Group"), Kind.MONEY),
    )
    title = _("Unrealised profit in stock")
    return _report(title, asked, group, columns, rows, _unknown(found))


def _percent(one: StockProfit) -> str:
    return "" if one.margin is None else f"{round_fraction(one.margin * 100, 4):f}"


def _origin(one: StockProfit) -> str:
    if one.goods.margin is not None:
        return _("Cost and invoice")
    return _("Not known") if one.margin is None else _("Stated")


def _unknown(found: list[StockProfit]) -> str:
    """What is left in, said where the figures stand."""
    number = sum(1 for one in found if one.margin is None)
    if not number:
        return ""
    return _(
        "Receipts whose margin is not known, so that their profit is left in the stock: {n}"
    ).format(n=number)


def group_dealings_report(asked: ReportRequest) -> Report:
    """What members have with each other by the books of both, in the group's currency."""
    group = _group(asked)
    found = group_balance(group, at=asked.chosen.date_to).dealings if group else []
    rows = [
        Row((one.first.code, one.second.code, one.first_amount, one.second_amount, one.difference))
        for one in found
    ]
    sums = [
        sum((getattr(one, name) for one in found), ZERO)
        for name in ("first_amount", "second_amount", "difference")
    ]
    rows.append(Row((_("Total"), "", *sums), is_total=True))
    columns = (
        Column("first", _("Company")),
        Column("second", _("With")),
        Column("first_amount", _("By the first's books"), Kind.MONEY),
        Column("second_amount", _("By the second's books"), Kind.MONEY),
        Column("difference", _("Difference"), Kind.MONEY),
    )
    return _report(_("Dealings in the group"), asked, group, columns, rows)


def _group(asked: ReportRequest) -> ConsolidationGroup | None:
    """The group asked for, else the only one; its reader may enter all of its companies."""
    found = [asked.group] if asked.group else []
    if not found:
        rows = ConsolidationGroup.objects.filter(company=asked.company, is_active=True)
        found = list(rows.order_by("code")[:2])
    if len(found) > 1:
        raise InvalidInput("required", _("Name the group: there are several."), field="group")
    if not found:
        return None
    group = found[0]
    members = set(group.members.filter(is_active=True).values_list("member_id", flat=True))
    if members - asked.open_companies:
        raise BusinessError(
            "closed_company", _("You may not enter all of these companies."), field="group"
        )
    return group


def _report(
    title: str,
    asked: ReportRequest,
    group: ConsolidationGroup | None,
    columns: tuple[Column, ...],
    rows: list[Row],
    remark: str = "",
) -> Report:
    company = asked.company
    about = str(group) if group else _("This company has no group.")
    remarks = (remark,) if remark else ()
    return Report(
        title=title,
        subtitles=(about, f"{asked.chosen.date_to.isoformat()} · {company.currency_id}", *remarks),
        columns=columns,
        rows=rows,
        decimal_places=company.currency.decimal_places,
    )
