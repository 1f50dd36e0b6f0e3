"""Bills of materials: written, released, replaced. None ever contains itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date as Date
from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import require_decimal
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    require_status,
)
from apps.core.sql import fetch_all
from apps.core.transactions import unit_of_work
from apps.engineering.models import BillOfMaterials, BomLine, EngineeringChange
from apps.engineering.services.freezing import require_free
from apps.engineering.services.releasing import put_in_force, require_span, set_span
from apps.engineering.structure import find_cycle
from apps.masterdata.models import Item, Unit
from apps.masterdata.services.units import conversion_ratio

Status = BillOfMaterials.Status
STEP = 10
_ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('engineering_boms', %s))"
# All that the items come down to, drafts included: each edge once, however many paths there are.
_EDGES_BELOW = """
WITH RECURSIVE below AS (
  SELECT unnest(%s::bigint[]) AS item_id
  UNION
  SELECT l.item_id FROM below
    JOIN engineering_billofmaterials b ON b.item_id = below.item_id AND b.status <> 'obsolete'
    JOIN engineering_bomline l ON l.bom_id = b.id)
SELECT DISTINCT b.item_id, l.item_id FROM below
  JOIN engineering_billofmaterials b ON b.item_id = below.item_id AND b.status <> 'obsolete'
  JOIN engineering_bomline l ON l.bom_id = b.id
"""


@dataclass(frozen=True, slots=True)
class Component:
    """A line: ``quantity`` in ``unit`` (the stock unit when None) for all that the bill makes."""

    item: Item
    quantity: Decimal
    unit: Unit | None = None
    scrap_percent: Decimal = Decimal(0)
    position: int | None = None
    operation_sequence: int | None = None
    issue_method: str = BomLine.IssueMethod.BACKFLUSH


@dataclass(frozen=True, slots=True)
class NewBom:
    """A bill to write: its lines make ``quantity`` stock units of ``item``."""

    item: Item
    components: Sequence[Component]
    revision: str = "A"
    quantity: Decimal = Decimal(1)
    note: str = ""
    effective_from: Date | None = None
    effective_until: Date | None = None


def create_bom(
    company: Company,
    *,
    item: Item,
    components: Sequence[Component],
    by: User,
    revision: str = "A",
    quantity: Decimal = Decimal(1),
    note: str = "",
    effective_from: Date | None = None,
    effective_until: Date | None = None,
) -> BillOfMaterials:
    """Write a bill down as a draft. Raises ``InvalidInput`` naming the row of a bad line."""
    new = NewBom(item, components, revision, quantity, note, effective_from, effective_until)
    return create_boms(company, [new], by=by)[0]


def create_boms(company: Company, wanted: Sequence[NewBom], *, by: User) -> list[BillOfMaterials]:
    """Write bills down, in order; rows of errors count through the lines of all of them.

    Raises ``BusinessError`` when an item would contain itself, naming the way round. The number
    of statements does not depend on how many there are.
    """
    first = 0
    for new in wanted:
        require_company(company, row=first, item=new.item)
        require_decimal(new.quantity, field="quantity", row=first)
        require_span(new.effective_from, new.effective_until, row=first)
        _check_components(company, new.item, new.components, first)
        first += len(new.components)
    _check_revisions(wanted)
    with unit_of_work():
        fetch_all(_ONE_AT_A_TIME, [company.pk])
        boms = insert_all(
            [
                BillOfMaterials(
                    company=company,
                    item=new.item,
                    revision=new.revision,
                    quantity=new.quantity,
                    note=new.note,
                    effective_from=new.effective_from,
                    effective_until=new.effective_until,
                    created_by=by,
                )
                for new in wanted
            ],
            by=by,
        )
        _insert_lines(
            company,
            [
                (bom, row, component)
                for bom, new in zip(boms, wanted, strict=True)
                for row, component in enumerate(new.components)
            ],
        )
        _require_no_cycle(new.item for new in wanted)
    return boms


def change_bom(
    bom: BillOfMaterials,
    *,
    by: User,
    version: int | None = None,
    components: Sequence[Component] | None = None,
    quantity: Decimal | None = None,
    note: str | None = None,
    reason: str = "",
    **span: Date | None,
) -> BillOfMaterials:
    """Change a draft; ``components`` replace all of its lines. A released bill is replaced.

    ``span`` are ``effective_from`` and ``effective_until`` where they change. Raises
    ``BusinessError`` for a bill that an engineering change holds as it was reviewed.
    """
    with unit_of_work():
        bom = lock(bom, version=version)
        require_status(bom, Status.DRAFT)
        require_free([bom])
        set_span(bom, span)
        bom.quantity = require_decimal(
            bom.quantity if quantity is None else quantity, field="quantity"
        )
        bom.note = bom.note if note is None else note
        if components is not None:
            _check_components(bom.company, bom.item, components, 0)
            fetch_all(_ONE_AT_A_TIME, [bom.company_id])
            bom.lines.all().delete()
            _insert_lines(bom.company, [(bom, row, one) for row, one in enumerate(components)])
            _require_no_cycle([bom.item])
        return bom.save_by(by, reason=reason)


def release_bom(bom: BillOfMaterials, *, by: User, reason: str = "") -> BillOfMaterials:
    """Make a bill the one that orders are made by, from its first day on."""
    return release_boms([bom], by=by, reason=reason)[0]


def release_boms(
    boms: Sequence[BillOfMaterials],
    *,
    by: User,
    reason: str = "",
    change: EngineeringChange | None = None,
    since: Mapping[int, Date] | None = None,
) -> list[BillOfMaterials]:
    """Release bills, each in place of the one of its item that was in force before.

    ``since`` sets first days by key of the bill, for the engineering ``change`` that releases
    them. Raises like ``put_in_force``, and for a bill under another change.
    """
    with unit_of_work():
        rows = {
            row.pk: row
            for row in BillOfMaterials.objects.select_for_update(of=("self",))
            .filter(pk__in=[bom.pk for bom in boms])
            .select_related("item")
            .order_by("pk")
        }
        filled = set(
            BomLine.objects.filter(bom__in=rows).order_by().values_list("bom_id", flat=True)
        )
        for place, bom in enumerate(boms):
            if bom.pk not in filled:
                raise InvalidInput(
                    "no_lines",
                    _("{bom} has no components.").format(bom=rows[bom.pk]),
                    field="lines",
                    row=place if len(boms) > 1 else None,
                )
        require_free([rows[bom.pk] for bom in boms], change=change)
        for key, day in (since or {}).items():
            rows[key].effective_from = day
        put_in_force(
            [rows[bom.pk] for bom in boms],
            owner="item",
            by=by,
            reason=reason,
            replaced=_("Replaced by {change}").format(change=change) if change else "",
        )
    return [rows[bom.pk] for bom in boms]


def obsolete_bom(bom: BillOfMaterials, *, reason: str, by: User) -> BillOfMaterials:
    """Nothing is made by this bill any more; orders that have it keep it."""
    reason = require_reason(reason)
    with unit_of_work():
        bom = lock(bom)
        require_free([bom])
        bom.transition_to(Status.OBSOLETE)
        return bom.save_by(by, reason=reason)


def _check_revisions(wanted: Sequence[NewBom]) -> None:
    seen: dict[tuple[int, str], int] = {}
    first = 0
    for new in wanted:
        if not new.revision.strip() or len(new.revision) > 10:
            raise InvalidInput(
                "bad_revision",
                _("A revision has 1 to 10 characters."),
                field="revision",
                row=first,
            )
        if (new.item.pk, new.revision) in seen:
            raise InvalidInput(
                "bom_twice", _("This revision is here twice."), field="revision", row=first
            )
        seen[new.item.pk, new.revision] = first
        first += len(new.components)
    taken = BillOfMaterials.objects.filter(item__in={item_id for item_id, _revision in seen})
    for item_id, revision in taken.values_list("item_id", "revision"):
        if (item_id, revision) in seen:
            raise BusinessError(
                "revision_taken",
                _("There is a revision {revision} already.").format(revision=revision),
                field="revision",
                row=seen[item_id, revision],
            )


def _check_components(
    company: Company, parent: Item, components: Sequence[Component], first: int
) -> None:
    for row, one in enumerate(components, start=first):
        require_company(company, row=row, component=one.item, unit=one.unit)
        require_decimal(one.quantity, field="quantity", row=row)
        scrap = require_decimal(
            one.scrap_percent, field="scrap_percent", row=row, decimal_places=4, positive=False
        )
        if not 0 <= scrap < 100:
            raise InvalidInput(
                "bad_scrap",
                _("Scrap is from 0 to below 100 percent."),
                field="scrap_percent",
                row=row,
            )
        if one.item.pk == parent.pk:
            raise InvalidInput(
                "contains_itself",
                _("{item} can't be a component of itself.").format(item=parent.code),
                field="component",
                row=row,
            )
        if one.item.kind == Item.Kind.SERVICE:
            raise InvalidInput(
                "not_stocked",
                _("{item} is not kept in stock.").format(item=one.item.code),
                field="component",
                row=row,
            )
        if one.unit is not None:
            _require_unit(one.item, one.unit, row)


def _require_unit(item: Item, unit: Unit, row: int) -> None:
    try:
        conversion_ratio(item, unit)
    except InvalidInput as error:
        error.row = row
        raise


def _insert_lines(company: Company, rows: Sequence[tuple[BillOfMaterials, int, Component]]) -> None:
    BomLine.objects.bulk_create(
        [
            BomLine(
                company=company,
                bom=bom,
                position=(row + 1) * STEP if one.position is None else one.position,
                item=one.item,
                quantity=one.quantity,
                unit=one.unit,
                scrap_percent=one.scrap_percent,
                operation_sequence=one.operation_sequence,
                issue_method=one.issue_method,
            )
            for bom, row, one in rows
        ]
    )


def _require_no_cycle(items: Iterable[Item]) -> None:
    """Called with the company's lock held, after writing: what others wrote is seen."""
    circle = find_cycle(fetch_all(_EDGES_BELOW, [sorted({item.pk for item in items})]))
    if circle is None:
        return
    codes = dict(Item.objects.filter(pk__in=circle).values_list("pk", "code"))
    raise BusinessError(
        "circular_bom",
        _("An item would contain itself: {way}.").format(
            way=" → ".join(codes[item_id] for item_id in circle)
        ),
        field="component",
        details={"items": [codes[item_id] for item_id in circle]},
    )
