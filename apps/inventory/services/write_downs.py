"""Write-downs: stock at the lower of cost and net realisable value, taken back when that rises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date as Date
from decimal import Decimal

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO
from apps.core.services.documents import lock, require_company, require_reason, require_status
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.finance.models import PostingRole
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.journal import Entry, post_entry
from apps.inventory.costing import AVERAGE
from apps.inventory.late_cost import Place
from apps.inventory.models import ValuationAdjustment, WriteDown, WriteDownLine
from apps.inventory.net_realisable import Held, change_to, still_borne, whole_cents
from apps.inventory.queries.write_downs import (
    ChangedLayer,
    average_borne,
    changed_layers,
    held_layers,
)
from apps.inventory.services.layers import write_pools
from apps.inventory.services.locking import LockedItem, lock_items
from apps.inventory.services.value_changes import (
    ValueChange,
    add_to_layers,
    adjustment_line,
    write_adjustments,
)
from apps.inventory.services.write_down_lines import (
    Assessed,
    check_costing,
    proposed_lines,
    write_lines,
)
from apps.masterdata.models import ReasonCode

JOURNAL = "INV"
Status = WriteDown.Status
KIND = ValuationAdjustment.Kind.WRITE_DOWN


def draft_write_down(
    company: Company,
    *,
    date: Date,
    lines: Sequence[Assessed],
    by: User,
    reason: ReasonCode | None = None,
    note: str = "",
) -> WriteDown:
    """Write down what items bring; nothing changes yet.

    Raises ``InvalidInput`` naming the row: ``standard_cost`` (a new standard revalues those),
    ``lot_not_valued``, ``line_twice``.
    """
    with unit_of_work():
        _check_reason(company, reason)
        write_down = WriteDown(
            company=company,
            number=next_number("inventory_writedown_series", "WD"),
            date=date,
            reason=reason,
            note=note,
            created_by=by,
        ).save_by(by)
        write_lines(write_down, lines)
    return write_down


def propose_write_down(
    company: Company,
    *,
    date: Date,
    by: User,
    selling_cost_percent: Decimal = ZERO,
    reason: ReasonCode | None = None,
    note: str = "",
) -> WriteDown:
    """A draft of all items with a sales price that are carried above it, or were before.

    The net value of a unit is its price less ``selling_cost_percent`` of it. Items without a
    price, as materials of goods that sell above cost (IAS 2 ¶32), are left alone. Raises
    ``BusinessError`` (``nothing_found``) when there is none.
    """
    lines = proposed_lines(company, selling_cost_percent)
    return draft_write_down(company, date=date, lines=lines, by=by, reason=reason, note=note)


def fill_write_down(
    write_down: WriteDown,
    *,
    by: User,
    selling_cost_percent: Decimal = ZERO,
    version: int | None = None,
) -> WriteDown:
    """Give a draft the lines that would be proposed, instead of those it has."""
    lines = proposed_lines(write_down.company, selling_cost_percent)
    return change_write_down(write_down, lines=lines, version=version, by=by)


def change_write_down(
    write_down: WriteDown,
    *,
    by: User,
    version: int | None = None,
    lines: Sequence[Assessed] | None = None,
    date: Date | None = None,
    reason: ReasonCode | None = None,
    note: str | None = None,
) -> WriteDown:
    """Change a draft; ``lines`` replace all of its lines."""
    with unit_of_work():
        write_down = lock(write_down, version=version, related=("company",))
        require_status(write_down, Status.DRAFT)
        _check_reason(write_down.company, reason)
        write_down.date = date or write_down.date
        write_down.reason = reason or write_down.reason
        write_down.note = write_down.note if note is None else note
        if lines is not None:
            write_down.lines.all().delete()
            write_lines(write_down, lines)
        return write_down.save_by(by)


def post_write_down(write_down: WriteDown, *, by: User, version: int | None = None) -> WriteDown:
    """Change what stock is carried at, and post it; the same statements for any number of lines.

    A line whose item is carried below its net value and bears no earlier write-down changes
    nothing, and says so.
    """
    with unit_of_work():
        write_down = lock(write_down, version=version, related=("company",))
        write_down.transition_to(Status.POSTED)
        lines = list(write_down.lines.select_related("item", "lot"))
        if not lines:
            raise InvalidInput("no_lines", _("The document has no lines."), field="lines")
        company = write_down.company
        items = lock_items(company, [line.item_id for line in lines])
        held = held_layers(company, items)
        most = average_borne(company, _averages(items))
        changes: list[ValueChange] = []
        for row, line in enumerate(lines):
            check_costing(items[line.item_id].pool.costing, line.item, line.lot, row)
            changes += _assess(
                line, items[line.item_id], held.get(line.item_id, ()), most.get(line.item_id)
            )
        _post(write_down, changes, items, write_down.date, "", str(write_down), by)
        WriteDownLine.objects.bulk_update(lines, ["quantity", "carried", "amount"])
        return write_down.save_by(by)


def reverse_write_down(
    write_down: WriteDown, *, reason: str, by: User, date: Date | None = None
) -> WriteDown:
    """Take a write-down back as if it had not been, for the units that are still there.

    What was used since left at the lower cost and stays so. Raises ``BusinessError``
    (``later_write_down``) when one of its items was looked at again since: take that back first.
    """
    reason = require_reason(reason)
    with unit_of_work():
        write_down = lock(write_down, related=("company",))
        write_down.transition_to(Status.REVERSED)
        type_id = ContentType.objects.get_for_model(WriteDown).pk
        done = changed_layers(type_id, write_down.pk)
        items = lock_items(write_down.company, {one.item_id for one in done}) if done else {}
        done = changed_layers(type_id, write_down.pk)  # as it stands now that they are held
        _require_last(write_down, items)
        most = average_borne(write_down.company, _averages(items), source_id=write_down.pk)
        changes = _given_back(done, items, most)
        text = _("Reversal of {document}: {reason}").format(
            document=write_down.number, reason=reason
        )
        _post(write_down, changes, items, date or timezone.localdate(), "reversal", text, by)
        return write_down.save_by(by, reason=reason)


def _given_back(
    done: Sequence[ChangedLayer], items: Mapping[int, LockedItem], most: Mapping[int, Decimal]
) -> list[ValueChange]:
    """What units still there get back of a write-down, layer by layer; the pools follow."""
    changes = []
    room = dict(most)
    for one in done:
        pool = items[one.item_id].pool
        back = -still_borne(one.amount, one.quantity, one.quantity_left, pool.decimal_places)
        if back > 0 and one.item_id in room:
            back = min(back, whole_cents(max(room[one.item_id], ZERO), pool.decimal_places))
            room[one.item_id] -= back
        worth = one.value_left if pool.layers_hold_value else pool.value
        back = max(back, -worth)
        if back:
            changes.append(ValueChange(one.item_id, one.layer_id, back, one.quantity_left))
            pool.value += back
    return changes


def cancel_write_down(write_down: WriteDown, *, by: User, reason: str = "") -> WriteDown:
    """Give up a draft."""
    with unit_of_work():
        write_down = lock(write_down)
        write_down.transition_to(Status.CANCELLED)
        return write_down.save_by(by, reason=reason)


def _check_reason(company: Company, reason: ReasonCode | None) -> None:
    require_company(company, reason=reason)
    wanted = ReasonCode.Kind.ADJUSTMENT
    if reason is not None and reason.kind != wanted:
        raise InvalidInput(
            "wrong_reason",
            _("{reason} is no reason of the kind “{kind}”.").format(
                reason=reason.code, kind=wanted.label
            ),
            field="reason",
        )


def _averages(items: Mapping[int, LockedItem]) -> dict[int, Decimal]:
    """Items carried at one average → how much there is of them."""
    return {key: item.pool.quantity for key, item in items.items() if item.pool.costing == AVERAGE}


def _assess(
    line: WriteDownLine,
    item: LockedItem,
    held: Sequence[tuple[int | None, Held]],
    most: Decimal | None,
) -> list[ValueChange]:
    """What the line changes, layer by layer; the pool and the line follow."""
    pool = item.pool
    own = [one for lot_id, one in held if line.lot_id in (None, lot_id)]
    if pool.layers_hold_value:
        carried = sum((one.value or ZERO for one in own), ZERO)
    else:
        carried = pool.value
        own = [Held(one.layer_id, one.quantity, None, one.written_down) for one in own]
    parts = change_to(line.net_value, carried, own, pool.decimal_places, most)
    line.quantity = sum((one.quantity for one in own), ZERO)
    line.carried = carried
    line.amount = sum((part for _one, part in parts), ZERO)
    pool.value += line.amount
    return [ValueChange(item.id, one.layer_id, part, one.quantity) for one, part in parts]


def _require_last(write_down: WriteDown, items: dict[int, LockedItem]) -> None:
    type_id = ContentType.objects.get_for_model(WriteDown).pk
    rows = ValuationAdjustment.objects.filter(kind=KIND, source_type=type_id, item__in=list(items))
    own = rows.filter(source_id=write_down.pk).order_by("-pk").first()
    if own is None:
        return
    posted = WriteDown.objects.filter(company=write_down.company_id, status=Status.POSTED)
    later = (
        rows.filter(pk__gt=own.pk, source_id__in=posted.values("pk"))
        .exclude(source_id=write_down.pk)
        .select_related("item")
        .first()
    )
    if later is not None:
        raise BusinessError(
            "later_write_down",
            _("{item} was looked at again by {document}: reverse that first.").format(
                item=later.item.code, document=WriteDown.objects.get(pk=later.source_id).number
            ),
            field="status",
        )


def _post(
    write_down: WriteDown,
    changes: Sequence[ValueChange],
    items: dict[int, LockedItem],
    date: Date,
    purpose: str,
    description: str,
    by: User,
) -> None:
    """Write what changed: values, layers, the entry, the register. Nothing without a change."""
    if not changes:
        return
    company = write_down.company
    totals: dict[tuple[int, bool], Decimal] = {}  # what goes down and what comes back, apart
    for one in changes:
        key = (one.item_id, one.amount < 0)
        totals[key] = totals.get(key, ZERO) + one.amount
    resolver = AccountResolver(company)
    lines = []
    for (item_id, _is_down), amount in totals.items():
        stock = Place(str(PostingRole.INVENTORY), item_id)
        against = Place(str(PostingRole.REVALUATION), item_id, reason_id=write_down.reason_id)
        lines.append(adjustment_line(stock, amount, items, resolver))
        lines.append(adjustment_line(against, -amount, items, resolver))
    write_pools(items[item_id] for item_id in sorted({item_id for item_id, _down in totals}))
    add_to_layers(
        [(one.layer_id, one.amount) for one in changes if items[one.item_id].pool.layers_hold_value]
    )
    entry = Entry(
        journal=JOURNAL,
        date=date,
        source=write_down,
        lines=lines,
        description=description,
        purpose=purpose,
    )
    entry_id = post_entry(company, entry, by=by)
    write_adjustments(company, KIND, changes, write_down, date, entry_id, by)
