"""Groups, and the accounts of their members, as tables."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.line_resources import LineResource
from apps.core.models import Company
from apps.core.resources import Resource
from apps.core.tables import Table, restored
from apps.finance.models import ConsolidationGroup, GroupAccount
from apps.finance.services.group_terms import GroupAccountRow, set_group_accounts


class ConsolidationGroupResource(Resource):
    model = ConsolidationGroup
    columns = ("code", "name", "is_active")


class GroupAccountResource(LineResource):
    """An account of a member (by code) and what it is called in the group; named ones change."""

    model = GroupAccount
    columns = ("group", "member", "account_code", "account")
    required = columns

    def label(self, row: dict[str, Any]) -> str:
        return f"{row['member'].code} {row['account_code']}"

    def _read_references(
        self, table: Table, name: str, company: Company, by: Any
    ) -> dict[str, Any]:
        if name != "member":
            return super()._read_references(table, name, company, by)
        codes = {restored(row.cells[name].strip()) for row in table.rows} - {""}
        within = [one.company_id for one in by.reach]
        return {one.code: one for one in Company.objects.filter(pk__in=within, code__in=codes)}

    def write_rows(
        self, rows: list[dict[str, Any]], *, company: Company, by: Any, reason: str
    ) -> None:
        set_group_accounts(
            [GroupAccountRow(**row) for row in rows], by=by, reason=reason or _("Import")
        )
