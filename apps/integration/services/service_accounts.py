"""Service accounts: a user of one company for a program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Site, User
from apps.core.services.documents import require_company
from apps.core.services.master_data import update_row
from apps.core.services.users import create_service_user, set_active, set_roles
from apps.core.transactions import unit_of_work
from apps.integration.models import ServiceAccount


def create_service_account(
    company: Company,
    *,
    code: str,
    by: User,
    name: str = "",
    roles: Iterable[str] = (),
    sites: Sequence[Site] = (),
    is_active: bool = True,
    reason: str = "",
) -> ServiceAccount:
    """An account and its user, who holds ``roles`` in ``company`` (all of its sites, or some).

    Raises ``BusinessError`` when ``by`` lacks what a role allows.
    """
    for site in sites:
        require_company(company, sites=site)
    with unit_of_work():
        user = create_service_user(
            username_of(company, code),
            name=name or code,
            company=company,
            sites=sites,
            roles=roles,
            by=by,
        )
        set_active(user, is_active=is_active)
        account = ServiceAccount(
            company=company, code=code, name=name or code, user=user, is_active=is_active
        )
        return account.save_by(by, reason=reason)


def update_service_account(
    account: ServiceAccount,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    roles: Iterable[str] | None = None,
    **values: Any,
) -> ServiceAccount:
    """Change an account and its roles. Switched off, none of its keys works any more."""
    if "sites" in values:
        raise InvalidInput(
            "read_only", _("Sites are given when the account is made."), field="sites"
        )
    with unit_of_work():
        row = update_row(account, values=values, by=by, version=version, reason=reason)
        user: Any = row.user
        set_active(user, is_active=row.is_active)
        if roles is not None:
            set_roles(user, roles=roles, by=by)
            names = ", ".join(sorted(roles)) or "–"
            row.save_by(by, reason=reason or f"Roles: {names}")
    return row


def require_no_more_rights(
    account: ServiceAccount, *, by: User, may: Callable[[str], bool]
) -> None:
    """Raise ``BusinessError`` when ``account`` has a right that ``may`` be used and ``by`` lacks.

    Who hands out a key or an address acts through the account; that must not raise him.
    """
    if by.is_superuser:
        return
    user: Any = account.user
    missing = sorted(p for p in user.get_all_permissions() - by.get_all_permissions() if may(p))
    if missing:
        raise BusinessError(
            "account_exceeds_own",
            _("{account} has a right that you lack: {right}.").format(
                account=account, right=missing[0]
            ),
            field="account",
        )


def username_of(company: Company, code: str) -> str:
    """What history calls the account."""
    return f"{code}@{company.code}".lower()[:150]
