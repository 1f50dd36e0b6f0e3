"""Control charts as nouns: their kind fits the characteristic, their rules exist."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.services.documents import lock
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.quality.models import ControlChart, ControlLimits
from apps.quality.services.signalling import check_charts

_FIXED = ("kind", "item", "characteristic", "operation_sequence", "subgroup_size")


def create_control_chart(*, by: Any, reason: str = "", **values: Any) -> ControlChart:
    """A new chart. Raises ``InvalidInput`` when its kind does not fit the characteristic."""
    with unit_of_work():
        check_charts([ControlChart(**values)])
        return create_row(ControlChart, values=values, by=by, reason=reason)


def update_control_chart(
    row: ControlChart, *, by: Any, version: int | None = None, reason: str = "", **values: Any
) -> ControlChart:
    """Change a chart; what its points are made of stays once limits are frozen."""
    with unit_of_work():
        wanted = lock(row, version=version)
        changed = [
            name for name in _FIXED if name in values and values[name] != getattr(wanted, name)
        ]
        if changed and ControlLimits.objects.filter(chart=wanted).exists():
            raise BusinessError(
                "limits_frozen",
                _("Its limits are frozen: make another chart."),
                field=changed[0],
            )
        for name, value in values.items():
            setattr(wanted, name, value)
        check_charts([wanted])
        return update_row(row, values=values, by=by, reason=reason)
