"""Which company a person acts in. The switch is written down; nothing of the data changes."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company, CompanySwitch, User
from apps.core.transactions import unit_of_work


class CompanyNotOpen(BusinessError):
    """The company, or its site, is not open to the caller, or does not exist (HTTP 403)."""

    status = 403


def switch_company(company_id: int, *, site_id: int | None = None, by: User) -> CompanySwitch:
    """Let ``by`` act in a company that is open to him, in all of his sites there or in one.

    Raises ``CompanyNotOpen``, and leaves ``by`` where he was, for any other company or site.
    """
    before = by.acting
    was = (before.company_id if before else None, by.acting_site_id)
    is_open = by.enter(company_id, site_id)
    if not is_open or by.acting_site_id != site_id:
        by.enter(*was)
        raise CompanyNotOpen(
            "company_not_open", _("This company or site is not open to you."), field="company"
        )
    with unit_of_work():
        row = CompanySwitch(
            company_id=company_id,
            left_id=was[0],
            site_id=site_id,
            source_type=ContentType.objects.get_for_model(Company),
            source_id=company_id,
            created_by=by,
        )
        row.save(force_insert=True)
    return row
