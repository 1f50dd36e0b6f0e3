"""Letting people of suppliers in, and shutting them out."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import insert_all, require_company
from apps.core.services.master_data import update_row
from apps.core.services.users import let_in
from apps.core.transactions import unit_of_work
from apps.masterdata.models import Partner
from apps.supply_chain.models import SupplierAccess


def grant_supplier_access(
    company: Company,
    *,
    user: User,
    partner: Partner,
    by: User,
    is_active: bool = True,
    reason: str = "",
) -> SupplierAccess:
    """Let ``user`` see the orders to ``partner``, confirm them and announce what is on its way.

    Raises ``InvalidInput`` for a user with rights of his own (staff of ours is no supplier), one
    who has an access here, a partner who is no supplier.
    """
    require_company(company, partner=partner)
    if not partner.is_supplier:
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no supplier.").format(partner=partner),
            field="partner",
        )
    if user.is_staff or user.is_superuser or user.get_all_permissions():
        raise InvalidInput(
            "has_rights",
            _("{user} has rights of our own people: a supplier has none.").format(user=user),
            field="user",
        )
    access = SupplierAccess(company=company, user=user, partner=partner, is_active=is_active)
    with unit_of_work():
        if SupplierAccess.objects.filter(company=company, user=user).exists():
            raise InvalidInput(
                "already_exists",
                _("{user} has an access to this company already.").format(user=user),
                field="user",
            )
        insert_all([access], by=by, reason=reason)
        let_in(user, company=company)
    return access


def update_supplier_access(
    row: SupplierAccess, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> SupplierAccess:
    """Shut an access or open it again; whom it is for stays."""
    fixed = [name for name in ("company", "user", "partner") if _differs(row, values, name)]
    if fixed:
        raise InvalidInput("read_only", _("This field can't be set."), field=fixed[0])
    return update_row(row, values=values, by=by, version=version, reason=reason)


def _differs(row: SupplierAccess, values: dict[str, Any], name: str) -> bool:
    return name in values and getattr(values[name], "pk", None) != getattr(row, f"{name}_id")
