"""Accounts of a member under the names of its group."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.finance.models import GroupAccount, GroupMember

SHOWN = 20


@dataclass(frozen=True, slots=True)
class GroupName:
    code: str
    name: str
    kind: str


def group_names(member: GroupMember) -> dict[str, GroupName] | None:
    """Account of the group by the member's own code; None where the chart is the group's."""
    if not member.has_own_chart:
        return None
    rows = GroupAccount.objects.filter(group=member.group_id, member=member.member_id)
    columns = ("account_code", "account__code", "account__name", "account__kind")
    return {own: GroupName(*theirs) for own, *theirs in rows.values_list(*columns)}


def require_mapped(
    member: GroupMember, names: dict[str, GroupName] | None, codes: Collection[str]
) -> None:
    """Raise ``BusinessError`` naming those of ``codes`` that the group has no name for."""
    missing = [] if names is None else sorted(set(codes) - set(names))
    if missing:
        more = "" if len(missing) <= SHOWN else ", …"
        raise BusinessError(
            "unmapped_accounts",
            _("{company} has amounts on accounts that the group does not know: {codes}.").format(
                company=member.member.code, codes=", ".join(missing[:SHOWN]) + more
            ),
            field="group",
            details={"company": member.member.code, "accounts": missing},
        )
