"""Connections to machines and what their signals mean."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import require_company
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.integration.models import (
    ConnectionState,
    MachineConnection,
    MachineTag,
    ServiceAccount,
)
from apps.integration.services.secrets import opened, sealed
from apps.integration.services.service_accounts import require_no_more_rights
from apps.integration.tag_rules import read_alarms, read_states
from apps.masterdata.models import ReasonCode

Protocol = MachineConnection.Protocol
Role = MachineTag.Role
SCHEMES = {
    Protocol.SPARKPLUG: ("mqtt", "mqtts"),
    Protocol.MQTT_JSON: ("mqtt", "mqtts"),
    Protocol.MTCONNECT: ("http", "https"),
    Protocol.OPCUA: ("opc.tcp",),
    Protocol.HTTP_JSON: (),
}
LONGEST_PASSWORD = 200
#: SHA-256 in hexadecimal digits, by colons or not.
FINGERPRINT = re.compile(r"[0-9a-fA-F]{2}(:?[0-9a-fA-F]{2}){31}")
RECORDS = "execution.add_machineevent"
ALLOWS_WRITING = "integration.whitelist_machinetag"
#: Protocols by which a value can be sent to a machine.
WRITABLE = (Protocol.SPARKPLUG, Protocol.MQTT_JSON, Protocol.OPCUA)
#: What says which signal is written, and how; of one that may be written only those change it who
#: may say so.
_OF_WRITING = ("is_writable", "written_as", "lowest", "highest")
_TARGET = ("connection", "path", "machine")


def create_machine_connection(
    *, by: User, reason: str = "", password: str = "", **values: Any
) -> MachineConnection:
    """A new connection; its password is sealed, and never told again."""
    with unit_of_work():
        _require_recorder(values["account"], by)
        row = create_row(MachineConnection, values=values, by=by, reason=reason)
        check_connections([row], company=row.company)
        _keep_password(row, password)
    return row


def update_machine_connection(
    row: MachineConnection,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    password: str = "",
    **values: Any,
) -> MachineConnection:
    """Change a connection; without a password the present one stays, but goes to no new address."""
    with unit_of_work():
        if {"account", "address", "topic"} & values.keys():
            _require_recorder(values.get("account", row.account), by)
        is_moved = values.get("address", row.address) != row.address
        if is_moved and not password and password_of(row):
            raise InvalidInput(
                "required",
                _("Another address: give the password again, it is not sent there by itself."),
                field="password",
            )
        changed = update_row(row, values=values, by=by, version=version, reason=reason)
        check_connections([changed], company=changed.company)
        _keep_password(changed, password)
    return changed


def password_of(connection: MachineConnection) -> str:
    """The password of a connection, empty where it has none."""
    kept = ConnectionState.objects.filter(connection=connection).first()
    return opened(kept.sealed_password) if kept is not None and kept.sealed_password else ""


def _keep_password(connection: MachineConnection, password: str) -> None:
    if not password:
        return
    if len(password) > LONGEST_PASSWORD or not password.isprintable():
        raise InvalidInput(
            "bad_password",
            _("At most {most} printable characters.").format(most=LONGEST_PASSWORD),
            field="password",
        )
    ConnectionState.objects.update_or_create(
        connection=connection,
        defaults={"sealed_password": sealed(password)},
        create_defaults={
            "company_id": connection.company_id,
            "changed_at": timezone.now(),
            "sealed_password": sealed(password),
        },
    )


def check_connections(rows: list[MachineConnection], *, company: Company) -> None:
    """Raise ``InvalidInput`` naming the row for an address that its protocol can't have."""
    for place, row in enumerate(rows):
        require_company(company, row=place, account=row.account)
        schemes = SCHEMES[Protocol(row.protocol)]
        if not schemes:
            if row.address:
                raise InvalidInput(
                    "not_wanted", _("They send to us: leave it empty."), field="address", row=place
                )
            continue
        _check_address(row.address, schemes, place)
        if row.protocol == Protocol.OPCUA and row.topic and not FINGERPRINT.fullmatch(row.topic):
            raise InvalidInput(
                "bad_fingerprint",
                _("A fingerprint has 64 digits from 0 to f, or it is left empty."),
                field="topic",
                row=place,
            )


def _check_address(address: str, schemes: tuple[str, ...], place: int) -> None:
    try:
        parts = urlsplit(address)
        is_good = bool(parts.hostname) and parts.scheme in schemes and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or not address.isprintable():
        raise InvalidInput(
            "bad_address",
            _("An address begins with {schemes} and names a host.").format(
                schemes=", ".join(f"{one}://" for one in schemes)
            ),
            field="address",
            row=place,
        )
    if parts.username or parts.password:
        raise InvalidInput(
            "password_in_address",
            _("Name and password have fields of their own."),
            field="address",
            row=place,
        )


def _require_recorder(account: ServiceAccount, by: User) -> None:
    """Whoever connects machines acts through the account: it may record, and no more than he."""
    if not account.user.has_perm(RECORDS):
        raise InvalidInput(
            "may_not_record",
            _("{account} may not record what machines say: give it such a role.").format(
                account=account
            ),
            field="account",
        )
    require_no_more_rights(account, by=by, may=lambda right: right.startswith("execution."))


def create_machine_tag(*, by: User, reason: str = "", **values: Any) -> MachineTag:
    """Say what a signal means. Raises ``InvalidInput`` for a meaning that can't be."""
    made = MachineTag(**values)
    check_tags([made], company=values["company"])
    _require_may_allow(MachineTag(), made, by)
    with unit_of_work():
        return create_row(MachineTag, values=values, by=by, reason=reason)


def update_machine_tag(
    row: MachineTag, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> MachineTag:
    """Change what a signal means from now on; what was recorded stays."""
    kept = {field.name: getattr(row, field.name) for field in MachineTag._meta.concrete_fields}
    made = MachineTag(**kept | values)
    check_tags([made], company=row.company)
    _require_may_allow(row, made, by)
    with unit_of_work():
        return update_row(row, values=values, by=by, version=version, reason=reason)


def check_tags(rows: list[MachineTag], *, company: Company) -> None:
    """Raise ``InvalidInput`` naming field and row for a meaning that can't be."""
    for place, row in enumerate(rows):
        require_company(company, row=place, connection=row.connection, machine=row.machine)
        if row.role != Role.IGNORED and row.machine is None:
            raise InvalidInput(
                "required", _("Say which machine it is of."), field="machine", row=place
            )
        _check_writing(row, place)
        if row.role in (Role.STATE, Role.ALARM):
            _check_reasons(row, company, place)
        elif row.states:
            raise InvalidInput(
                "not_wanted",
                _("Only a state or an alarm has a table of values."),
                field="states",
                row=place,
            )
        scrap_reason = row.scrap_reason
        if scrap_reason is not None and (
            row.role != Role.SCRAP or scrap_reason.kind != ReasonCode.Kind.SCRAP
        ):
            raise InvalidInput(
                "wrong_reason", _("This is no reason for scrap."), field="scrap_reason", row=place
            )
        if row.per_count <= 0 or (row.rolls_over_at is not None and row.rolls_over_at <= 0):
            field = "per_count" if row.per_count <= 0 else "rolls_over_at"
            raise InvalidInput(
                "not_positive", _("Must be greater than zero."), field=field, row=place
            )


def _require_may_allow(before: MachineTag, after: MachineTag, by: User) -> None:
    """What may be written is said by those who may; what may be is not pointed elsewhere either."""
    watched = _OF_WRITING if not before.is_writable else (*_OF_WRITING, *_TARGET)
    changed = [name for name in watched if _stored(before, name) != _stored(after, name)]
    if changed and not by.has_perm(ALLOWS_WRITING):
        raise InvalidInput(
            "may_not_allow_writing",
            _("Which signals may be written is said by those who have the right to."),
            field=changed[0],
        )


def _stored(row: MachineTag, name: str) -> Any:
    field: Any = MachineTag._meta.get_field(name)
    return getattr(row, field.attname)


def _check_writing(row: MachineTag, place: int) -> None:
    """Raise ``InvalidInput`` for a signal that is to be written and can't be."""
    is_number = row.written_as in (MachineTag.Kind.NUMBER, MachineTag.Kind.WHOLE)
    bounds = [name for name in ("lowest", "highest") if getattr(row, name) is not None]
    if bounds and not is_number:
        raise InvalidInput("not_wanted", _("Only a number has bounds."), field=bounds[0], row=place)
    if row.lowest is not None and row.highest is not None and row.lowest > row.highest:
        raise InvalidInput(
            "wrong_order", _("The lowest is above the highest."), field="lowest", row=place
        )
    if not row.is_writable:
        return
    if not row.written_as:
        raise InvalidInput(
            "required", _("Say what kind of value it takes."), field="written_as", row=place
        )
    if row.connection.protocol not in WRITABLE:
        raise InvalidInput(
            "not_writable",
            _("Nothing can be written by {protocol}.").format(
                protocol=row.connection.get_protocol_display()
            ),
            field="is_writable",
            row=place,
        )


def _check_reasons(row: MachineTag, company: Company, place: int) -> None:
    if row.role == Role.ALARM:
        wanted = set(read_alarms(row.states, row=place).values())
    else:
        meant = read_states(row.states, row=place).values()
        wanted = {one.reason for one in meant if one.reason}
    known = ReasonCode.objects.filter(
        company=company, code__in=wanted, kind=ReasonCode.Kind.DOWNTIME
    ).values_list("code", flat=True)
    for code in sorted(wanted - set(known)):
        raise InvalidInput(
            "unknown_reason",
            _("There is no reason of a stop with the code {code}.").format(code=code[:60]),
            field="states",
            row=place,
        )


def acting_user(account: ServiceAccount) -> User:
    """Who records what machines say."""
    user: User = account.user
    return user
