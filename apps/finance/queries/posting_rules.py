"""Which account plays a role: posting rules are data, read once per posting."""

from __future__ import annotations

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company
from apps.core.sql import fetch_all
from apps.finance.models import PostingRole

_RULES = """
SELECT role, category_id, reason_id, account_id FROM finance_postingrule WHERE company_id = %s
"""


class AccountResolver:
    """The posting rules of a company at this moment."""

    def __init__(self, company: Company) -> None:
        self._rules = {
            (role, category_id, reason_id): account_id
            for role, category_id, reason_id, account_id in fetch_all(_RULES, [company.pk])
        }

    def account_id(
        self,
        role: str,
        *,
        category_id: int | None = None,
        reason_id: int | None = None,
        otherwise: str | None = None,
    ) -> int:
        """The account for ``role``; the most exact rule wins; without any, that of ``otherwise``.

        Raises ``BusinessError`` when no rule names one.
        """
        for key in (
            (role, category_id, reason_id),
            (role, None, reason_id),
            (role, category_id, None),
            (role, None, None),
        ):
            if key in self._rules:
                return self._rules[key]
        if otherwise is not None and otherwise != role:
            return self.account_id(otherwise, category_id=category_id, reason_id=reason_id)
        raise BusinessError(
            "no_posting_rule",
            _("No posting rule says which account is used for {role}.").format(
                role=PostingRole(role).label
            ),
        )
