"""Cost objects that other apps collect cost on: one per work order, project, machine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError
from apps.core.models import Company, User
from apps.core.services.documents import insert_all, update_all
from apps.core.transactions import unit_of_work
from apps.finance.models import CostObject


def open_cost_object(
    company: Company, *, code: str, name: str, kind: CostObject.Kind, by: User
) -> CostObject:
    """A new cost object; the database refuses a ``code`` that the company has already."""
    return open_cost_objects(company, [(code, name)], kind=kind, by=by)[0]


def open_cost_objects(
    company: Company, wanted: Sequence[tuple[str, str]], *, kind: CostObject.Kind, by: User
) -> list[CostObject]:
    """New cost objects of one kind, each a code and a name: one statement."""
    return insert_all(
        [CostObject(company=company, code=code, name=name, kind=kind) for code, name in wanted],
        by=by,
    )


def set_cost_objects_active(
    ids: Iterable[int], *, is_active: bool, by: User, reason: str = ""
) -> list[CostObject]:
    """Let documents name cost objects, or let them no longer; what is posted stays."""
    with unit_of_work():
        rows = list(
            CostObject.objects.select_for_update(of=("self",))
            .filter(pk__in=list(ids))
            .exclude(is_active=is_active)
            .order_by("pk")
        )
        for row in rows:
            row.is_active = is_active
        return update_all(rows, "is_active", by=by, reason=reason)


def require_open(cost_object: CostObject | None, *, row: int | None = None) -> None:
    """Raise ``BusinessError`` for a cost object that takes no more cost."""
    if cost_object is not None and not cost_object.is_active:
        raise BusinessError(
            "cost_object_closed",
            _("{cost_object} is closed and takes no more cost.").format(cost_object=cost_object),
            field="cost_object",
            row=row,
        )
