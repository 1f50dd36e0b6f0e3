"""What happens here when an app below says that something happened there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from apps.core.models import Company, User
from apps.execution.services.genealogy import Edge, link_converted
from apps.inventory.signals import lots_converted


@receiver(lots_converted, dispatch_uid="execution.link_converted")
def link_converted_lots(
    sender: Any, *, company: Company, source: Any, pairs: Sequence[Edge], by: User, **_more: Any
) -> None:
    """What was made without a work order is traced like what was made with one."""
    link_converted(company.pk, pairs, source=source, by=by)
