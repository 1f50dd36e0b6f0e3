"""Values that people ask machines to take: on the white list, within bounds, sent once, answered.

Whoever asks writes a row. The process that holds the connection marks it as sent, commits that,
and only then sends it: a process that dies in between leaves a row that times out, and never sends
it again. What was not sent in time is not sent at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.documents import insert_all, lock, update_all
from apps.core.transactions import unit_of_work
from apps.execution.services.event_rows import CLOCK_TOLERANCE
from apps.integration.models import MachineConnection, MachineTag, TagWrite
from apps.integration.protocols.readings import Reading, Value, is_same
from apps.integration.services.machine_connections import WRITABLE, acting_user
from apps.integration.tag_rules import as_text

Kind = MachineTag.Kind
Status = TagWrite.Status
#: How long a value may take to be sent, and then to be answered.
TIME_OUT = timedelta(seconds=30)
LONGEST_VALUE, LONGEST_WHY = 200, 500
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_LARGEST = Decimal(2) ** 63


@dataclass(frozen=True, slots=True)
class Asked:
    """A value to send: once, to the signal ``path``."""

    id: int
    path: str
    value: Value
    kind: str
    sent_at: datetime


def ask_tag_write(tag: MachineTag, *, value: str, why: str, by: User) -> TagWrite:
    """Ask that ``value`` be written to ``tag``; the row that tells what comes of it.

    Raises ``InvalidInput`` for a signal off the white list or of a machine on another site, a value
    of the wrong kind or out of bounds; ``BusinessError`` while another value is on its way.
    """
    text, why = value.strip(), why.strip()
    with unit_of_work():
        tag = lock(tag, related=("connection__company", "machine"))
        _require_writable(tag, by)
        if not why or len(why) > LONGEST_WHY:
            raise InvalidInput(
                "required",
                _("Say why, in at most {most} characters.").format(most=LONGEST_WHY),
                field="why",
            )
        plain = typed(text, tag.written_as)
        _require_in_bounds(tag, plain)
        if TagWrite.objects.filter(tag=tag, status__in=TagWrite.OPEN).exists():
            raise BusinessError(
                "write_under_way", _("Another value is on its way to this signal."), field="tag"
            )
        row = TagWrite(
            company_id=tag.company_id,
            tag=tag,
            value=as_text(plain),
            why=why,
            due_at=timezone.now() + TIME_OUT,
            created_by=by,
        )
        insert_all([row], by=by, reason=why)
    return row


def typed(text: str, kind: str) -> Value:
    """``text`` as the kind of value that a signal takes. Raises ``InvalidInput``."""
    if kind == Kind.TEXT:
        if text and len(text) <= LONGEST_VALUE and text.isprintable():
            return text
        raise _wrong_kind(_("Up to {most} printable characters.").format(most=LONGEST_VALUE))
    if kind == Kind.TRUTH:
        if text.lower() in _TRUTHS:
            return _TRUTHS[text.lower()]
        raise _wrong_kind(_("true or false."))
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise _wrong_kind(_("A number.")) from None
    if not number.is_finite() or abs(number) >= _LARGEST or len(text) > LONGEST_VALUE:
        raise _wrong_kind(_("A number."))
    if kind == Kind.WHOLE:
        if number != number.to_integral_value():
            raise _wrong_kind(_("A whole number."))
        return int(number)
    return float(number)


def _wrong_kind(message: str) -> InvalidInput:
    return InvalidInput("wrong_kind", message, field="value")


def _require_writable(tag: MachineTag, by: User) -> None:
    sites = None if by.sees_everything else by.scope.site_ids
    machine = tag.machine
    if sites is not None and (machine is None or machine.site_id not in sites):
        raise InvalidInput("other_site", _("Its machine is on another site."), field="tag")
    if not tag.is_writable:
        raise InvalidInput("not_writable", _("This signal may not be written."), field="tag")
    if tag.connection.protocol not in WRITABLE:
        raise InvalidInput(
            "not_writable",
            _("Nothing can be written by {protocol}.").format(
                protocol=tag.connection.get_protocol_display()
            ),
            field="tag",
        )
    if not tag.connection.is_active:
        raise InvalidInput("inactive", _("This connection is retired."), field="tag")


def _require_in_bounds(tag: MachineTag, value: Value) -> None:
    if isinstance(value, bool | str) or value is None:
        return
    number = Decimal(str(value))
    is_low = tag.lowest is not None and number < tag.lowest
    if is_low or (tag.highest is not None and number > tag.highest):
        raise InvalidInput(
            "out_of_bounds",
            _("From {lowest} to {highest}.").format(
                lowest="−∞" if tag.lowest is None else as_text(tag.lowest),
                highest="∞" if tag.highest is None else as_text(tag.highest),
            ),
            field="value",
        )


# --- by the process that holds the connection ----------------------------------------------------


def take_writes(connection: MachineConnection, *, now: datetime | None = None) -> list[Asked]:
    """What is to be sent now, marked as sent: whoever gets it sends it, and nobody else."""
    now = now or timezone.now()
    with unit_of_work():
        rows = list(_open(connection).filter(status=Status.ASKED))
        for row in rows:
            if row.due_at <= now:
                row.answer = _("Nobody sent it in time.")
                row.status, row.answered_at = Status.TIMED_OUT, now
            elif not _may_still(row):
                row.answer = _("This signal may not be written any more.")
                row.status, row.answered_at = Status.TIMED_OUT, now
            else:
                row.status, row.sent_at, row.due_at = Status.SENT, now, now + TIME_OUT
        _keep(rows, connection)
    return [_asked(row) for row in rows if row.status == Status.SENT]


def open_writes(connection: MachineConnection) -> list[Asked]:
    """What was sent and is not answered yet."""
    rows = TagWrite.objects.filter(tag__connection=connection, status=Status.SENT)
    return [_asked(row) for row in rows.select_related("tag__connection") if _may_still(row)]


def answer_write(
    connection: MachineConnection,
    write: Asked,
    *,
    status: str,
    answer: str = "",
    now: datetime | None = None,
) -> None:
    """What came of a value that was sent; one that has timed out meanwhile stays so."""
    with unit_of_work():
        rows = list(_open(connection, wait=True).filter(pk=write.id, status=Status.SENT))
        for row in rows:
            row.status, row.answer = status, answer[:300]
            row.answered_at = now or timezone.now()
        _keep(rows, connection)


def confirm_writes(
    connection: MachineConnection, waiting: Iterable[Asked], said: Iterable[Reading]
) -> set[int]:
    """Acknowledge what machines have said back, in readings that came after it was sent.

    One that the device dates before the sending, beyond what clocks may differ, is an old one.
    """
    by_path = {write.path: write for write in waiting}
    confirmed = set[int]()
    for reading in said:
        write = by_path.get(reading.path)
        if write is None or not reading.is_known or write.id in confirmed:
            continue
        is_later = reading.at >= write.sent_at - CLOCK_TOLERANCE
        if is_later and is_same(reading.value, write.value):
            answer_write(
                connection,
                write,
                status=Status.ACKNOWLEDGED,
                answer=_("The machine says {value}.").format(value=as_text(reading.value)),
            )
            confirmed.add(write.id)
    return confirmed


def expire_writes(*, now: datetime | None = None) -> int:
    """What nobody sent, or nobody answered, in time; how many. Run every minute, for all."""
    now = now or timezone.now()
    with unit_of_work():
        late = TagWrite.objects.filter(status__in=TagWrite.OPEN, due_at__lte=now)
        rows = list(
            late.select_for_update(of=("self",), skip_locked=True)
            .select_related("tag__connection__account__user")
            .order_by("pk")[:1000]
        )
        for row in rows:
            was_sent = row.status == Status.SENT
            row.answer = _("No answer in time.") if was_sent else _("Nobody sent it in time.")
            row.status, row.answered_at = Status.TIMED_OUT, now
        for connection in {row.tag.connection for row in rows}:
            _keep([row for row in rows if row.tag.connection == connection], connection)
    return len(rows)


def _may_still(row: TagWrite) -> bool:
    """Whether it may be sent as things are now: the white list may have changed since."""
    if not row.tag.is_writable or not row.tag.connection.is_active:
        return False
    try:
        _require_in_bounds(row.tag, typed(row.value, row.tag.written_as))
    except InvalidInput:
        return False
    return True


def _open(connection: MachineConnection, *, wait: bool = False) -> Any:
    rows = TagWrite.objects.filter(tag__connection=connection, status__in=TagWrite.OPEN)
    rows = rows.select_for_update(of=("self",), skip_locked=not wait)
    return rows.select_related("tag__connection").order_by("pk")


def _asked(row: TagWrite) -> Asked:
    sent_at = row.sent_at or row.created_at
    kind = row.tag.written_as
    return Asked(row.pk, row.tag.path, typed(row.value, kind), kind, sent_at)


def _keep(rows: list[TagWrite], connection: MachineConnection) -> None:
    update_all(
        rows,
        "status",
        "due_at",
        "sent_at",
        "answered_at",
        "answer",
        by=acting_user(connection.account),
    )
