"""What a group agrees on: accounts of members under its own names, margins between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import insert_all, lock, require_company, update_all
from apps.core.services.master_data import update_row
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Account,
    ConsolidationGroup,
    GroupAccount,
    GroupMargin,
    GroupMember,
)
from apps.finance.services.intercompany import require_reach


@dataclass(frozen=True, slots=True)
class GroupAccountRow:
    """``account_code`` of ``member`` is ``account`` of the group's owner."""

    group: ConsolidationGroup
    member: Company
    account_code: str
    account: Account

    @property
    def key(self) -> tuple[int, int, str]:
        return self.group.pk, self.member.pk, self.account_code


def set_group_accounts(
    rows: Sequence[GroupAccountRow], *, by: User, reason: str = ""
) -> list[GroupAccount]:
    """Name accounts of members; one that has another name gets this one.

    Raises ``InvalidInput`` or ``BusinessError`` naming row and field: no member, an account that
    it does not have or of another kind than the group's, a company that ``by`` may not enter.
    """
    with unit_of_work():
        check_group_accounts(rows, by=by)
        known = {
            (one.group_id, one.member_id, one.account_code): one
            for one in GroupAccount.objects.select_for_update()
            .filter(group__in={row.group.pk for row in rows})
            .order_by("pk")
        }
        new, changed, result = [], [], []
        for row in rows:
            there = known.get(row.key)
            if there is None:
                there = GroupAccount(
                    company_id=row.group.company_id,
                    group=row.group,
                    member=row.member,
                    account_code=row.account_code,
                    account=row.account,
                )
                new.append(there)
            elif there.account_id != row.account.pk:
                there.account = row.account
                changed.append(there)
            result.append(there)
        insert_all(new, by=by, reason=reason)
        update_all(changed, "account", by=by, reason=reason)
    return result


def check_group_accounts(rows: Sequence[GroupAccountRow], *, by: User) -> None:
    """Raise the first of what ``set_group_accounts`` would refuse."""
    members = set(
        GroupMember.objects.filter(
            group__in={row.group.pk for row in rows}, is_active=True
        ).values_list("group_id", "member_id")
    )
    kinds: dict[tuple[int, str], str] = {
        (company_id, code): kind
        for company_id, code, kind in Account.objects.filter(
            company__in={row.member.pk for row in rows},
            code__in={row.account_code for row in rows},
        ).values_list("company_id", "code", "kind")
    }
    seen: dict[tuple[int, int, str], int] = {}
    reachable = {one.company_id for one in by.reach if one.site_ids is None}
    for place, row in enumerate(rows):
        require_company(row.group.company, row=place, account=row.account)
        if (row.group.pk, row.member.pk) not in members or row.member.pk not in reachable:
            text = _("{company} is no member of {group} that you may enter.").format(
                company=row.member.code, group=row.group.code
            )
            raise InvalidInput("no_member", text, field="member", row=place)
        kind = kinds.get((row.member.pk, row.account_code))
        if kind is None:
            text = _("{company} has no account {code}.").format(
                company=row.member.code, code=row.account_code
            )
            raise InvalidInput("no_account", text, field="account_code", row=place)
        if kind != row.account.kind:
            text = _("{code} of {company} is of another kind than {account}.").format(
                code=row.account_code, company=row.member.code, account=row.account
            )
            raise InvalidInput("other_kind", text, field="account", row=place)
        if seen.setdefault(row.key, place) != place:
            text = _("{code} of {company} is named twice.").format(
                code=row.account_code, company=row.member.code
            )
            raise InvalidInput("named_twice", text, field="account_code", row=place)


def add_group_account(
    *,
    company: Company,
    group: ConsolidationGroup,
    member: Company,
    account_code: str,
    account: Account,
    by: User,
    reason: str = "",
) -> GroupAccount:
    """Name one account of a member; one that is named gets the new name."""
    require_company(company, group=group, account=account)
    rows = [GroupAccountRow(group, member, account_code, account)]
    [made] = _one(lambda: set_group_accounts(rows, by=by, reason=reason))
    return made


def change_group_account(
    row: GroupAccount,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> GroupAccount:
    """Give an account of a member another name in the group."""
    with unit_of_work():
        current = lock(row, version=version, related=("group", "member", "account"))
        wanted = {
            name: values.get(name, getattr(current, name))
            for name in ("group", "member", "account_code", "account")
        }
        _one(lambda: check_group_accounts([GroupAccountRow(**wanted)], by=by))
        return update_row(current, values=values, by=by, reason=reason)


def add_margin(
    *,
    company: Company,
    group: ConsolidationGroup,
    seller: Company,
    buyer: Company,
    margin: Decimal,
    by: User,
    reason: str = "",
) -> GroupMargin:
    """What ``seller`` earns on what it sells to ``buyer``, in percent of the price."""
    require_company(company, group=group)
    row = GroupMargin(company=company, group=group, seller=seller, buyer=buyer, margin=margin)
    with unit_of_work():
        _check_margin(row, by)
        return row.save_by(by, reason=reason)


def change_margin(
    row: GroupMargin, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> GroupMargin:
    """Another margin, or of other members."""
    with unit_of_work():
        wanted = lock(row, version=version, related=("group", "seller", "buyer"))
        for name, value in values.items():
            setattr(wanted, name, value)
        _check_margin(wanted, by)
        return update_row(row, values=values, by=by, version=version, reason=reason)


def _check_margin(row: GroupMargin, by: User) -> None:
    if row.seller_id == row.buyer_id:
        text = _("Nobody sells to himself.")
        raise InvalidInput("same_company", text, field="buyer")
    if not 0 <= row.margin <= 100:
        raise InvalidInput("not_a_percentage", _("Give 0 to 100 percent."), field="margin")
    members = set(row.group.members.filter(is_active=True).values_list("member_id", flat=True))
    for field in ("seller", "buyer"):
        company = getattr(row, field)
        require_reach(by, company, field=field)
        if company.pk not in members:
            text = _("{company} is no member of {group} that you may enter.").format(
                company=company.code, group=row.group.code
            )
            raise InvalidInput("no_member", text, field=field)


def _one(act: Any) -> Any:
    """What an act on one row refuses names no row."""
    try:
        return act()
    except InvalidInput as error:
        error.row = None
        raise
