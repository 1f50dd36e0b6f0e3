"""Routings: written, released, replaced."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.transactions import unit_of_work
from apps.engineering.models import (
    EngineeringChange,
    Routing,
    RoutingOperation,
    WorkInstruction,
)
from apps.engineering.services.freezing import require_free
from apps.engineering.services.releasing import put_in_force, require_span, set_span
from apps.masterdata.models import Item, Tool, WorkCentre

Status = Routing.Status


@dataclass(frozen=True, slots=True)
class Operation:
    """A step: minutes of set-up per order and of run per stock unit, at a work centre."""

    sequence: int
    name: str
    work_centre: WorkCentre
    setup_minutes: Decimal = ZERO
    run_minutes: Decimal = ZERO
    labour_factor: Decimal = Decimal(1)
    is_counted: bool = False
    instructions: str = ""
    inspection: str = ""
    instruction: WorkInstruction | None = None
    tool: Tool | None = None


def create_routing(
    company: Company,
    *,
    item: Item,
    operations: Sequence[Operation],
    by: User,
    revision: str = "A",
    note: str = "",
    effective_from: Date | None = None,
    effective_until: Date | None = None,
) -> Routing:
    """Write a routing down as a draft. Raises ``InvalidInput`` naming the row of a bad step."""
    require_company(company, item=item)
    require_span(effective_from, effective_until)
    _check_operations(company, operations)
    if not revision.strip() or len(revision) > 10:
        raise InvalidInput(
            "bad_revision", _("A revision has 1 to 10 characters."), field="revision"
        )
    with unit_of_work():
        if Routing.objects.filter(item=item, revision=revision).exists():
            raise BusinessError(
                "revision_taken",
                _("There is a revision {revision} already.").format(revision=revision),
                field="revision",
            )
        routing = Routing(
            company=company,
            item=item,
            revision=revision,
            note=note,
            effective_from=effective_from,
            effective_until=effective_until,
            created_by=by,
        ).save_by(by)
        _insert_operations(routing, operations)
    return routing


def change_routing(
    routing: Routing,
    *,
    by: User,
    version: int | None = None,
    operations: Sequence[Operation] | None = None,
    note: str | None = None,
    reason: str = "",
    **span: Date | None,
) -> Routing:
    """Change a draft; ``operations`` replace all of its steps, ``span`` its days.

    Raises ``BusinessError`` for a routing that an engineering change holds as it was reviewed.
    """
    with unit_of_work():
        routing = lock(routing, version=version)
        require_status(routing, Status.DRAFT)
        require_free([routing])
        set_span(routing, span)
        routing.note = routing.note if note is None else note
        if operations is not None:
            _check_operations(routing.company, operations)
            routing.operations.all().delete()
            _insert_operations(routing, operations)
        return routing.save_by(by, reason=reason)


def release_routing(routing: Routing, *, by: User, reason: str = "") -> Routing:
    """Make a routing the one that orders are made by, from its first day on."""
    return release_routings([routing], by=by, reason=reason)[0]


def release_routings(
    routings: Sequence[Routing],
    *,
    by: User,
    reason: str = "",
    change: EngineeringChange | None = None,
    since: Mapping[int, Date] | None = None,
) -> list[Routing]:
    """Release routings as ``release_boms`` does bills."""
    keys = [routing.pk for routing in routings]
    with unit_of_work():
        rows = {
            row.pk: row
            for row in Routing.objects.select_for_update(of=("self",))
            .filter(pk__in=keys)
            .select_related("item")
            .order_by("pk")
        }
        operations = RoutingOperation.objects.filter(routing__in=rows).order_by()
        filled = set(operations.values_list("routing_id", flat=True))
        for place, key in enumerate(keys):
            if key not in filled:
                raise InvalidInput(
                    "no_lines",
                    _("The routing has no operations."),
                    field="operations",
                    row=place if len(keys) > 1 else None,
                )
        require_free([rows[key] for key in keys], change=change)
        for key, day in (since or {}).items():
            rows[key].effective_from = day
        put_in_force(
            [rows[key] for key in keys],
            owner="item",
            by=by,
            reason=reason,
            replaced=_("Replaced by {change}").format(change=change) if change else "",
        )
    return [rows[key] for key in keys]


def obsolete_routing(routing: Routing, *, reason: str, by: User) -> Routing:
    """Nothing is made by this routing any more; orders that have it keep it."""
    reason = require_reason(reason)
    with unit_of_work():
        routing = lock(routing)
        require_free([routing])
        routing.transition_to(Status.OBSOLETE)
        return routing.save_by(by, reason=reason)


def _check_operations(company: Company, operations: Sequence[Operation]) -> None:
    seen: set[int] = set()
    for row, one in enumerate(operations):
        require_company(
            company,
            row=row,
            work_centre=one.work_centre,
            instruction=one.instruction,
            tool=one.tool,
        )
        if one.sequence <= 0 or one.sequence in seen:
            raise InvalidInput(
                "sequence_twice",
                _("Each step has its own sequence number, above zero."),
                field="sequence",
                row=row,
            )
        seen.add(one.sequence)
        if not one.name.strip() or len(one.name) > 100:
            raise InvalidInput(
                "bad_name", _("A step has a name of 1 to 100 characters."), field="name", row=row
            )
        for name in ("setup_minutes", "run_minutes", "labour_factor"):
            value = require_decimal(getattr(one, name), field=name, row=row, positive=False)
            if value < 0:
                raise InvalidInput("negative", _("May not be negative."), field=name, row=row)


def _insert_operations(routing: Routing, operations: Sequence[Operation]) -> None:
    RoutingOperation.objects.bulk_create(
        [
            RoutingOperation(
                company=routing.company,
                routing=routing,
                sequence=one.sequence,
                name=one.name,
                work_centre=one.work_centre,
                setup_minutes=one.setup_minutes,
                run_minutes=one.run_minutes,
                labour_factor=one.labour_factor,
                is_counted=one.is_counted,
                tool=one.tool,
                instruction=one.instruction,
                instructions=one.instructions,
                inspection=one.inspection,
            )
            for one in operations
        ]
    )
