"""Signals of machines as a table: a plant has thousands."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.resources import Resource
from apps.integration.models import MachineTag
from apps.integration.services.machine_connections import check_tags


class MachineTagResource(Resource):
    model = MachineTag
    columns = (
        "connection",
        "path",
        "machine",
        "role",
        "states",
        "per_count",
        "rolls_over_at",
        "scrap_reason",
    )

    def check(self, rows: list[Any], *, company: Company) -> None:
        check_tags(rows, company=company)
        _check_targets(rows)


def _check_targets(rows: list[Any]) -> None:
    """What may be written is not pointed elsewhere by a table; the form asks for the right."""
    kept = {
        pk: tuple(target)
        for pk, *target in MachineTag.objects.filter(
            pk__in=[row.pk for row in rows if row.pk], is_writable=True
        ).values_list("pk", "connection_id", "path", "machine_id")
    }
    for place, row in enumerate(rows):
        target = (row.connection_id, row.path, row.machine_id)
        if kept.get(row.pk, target) != target:
            raise InvalidInput(
                "may_not_allow_writing",
                _("Which signals may be written is said by those who have the right to."),
                field="machine",
                row=place,
            )
