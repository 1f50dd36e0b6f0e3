"""Senders and receivers of cost: what each needs to be shared by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.services.documents import lock, require_company
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.finance.models import Account, AllocationCycle, AllocationReceiver, AllocationSender

Basis = AllocationSender.Basis


def create_cycle(*, by: Any, reason: str = "", **values: Any) -> AllocationCycle:
    """A new cycle. Raises ``InvalidInput`` for an account that takes no cost."""
    with unit_of_work():
        cycle = create_row(AllocationCycle, values=values, by=by, reason=reason)
        check_cycles([cycle])
    return cycle


def update_cycle(
    cycle: AllocationCycle,
    *,
    by: Any,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> AllocationCycle:
    """Change a cycle; runs that were proposed keep what they say."""
    with unit_of_work():
        cycle = update_row(cycle, values=values, by=by, version=version, reason=reason)
        check_cycles([cycle])
    return cycle


def check_cycles(cycles: Sequence[AllocationCycle]) -> None:
    """Raise ``InvalidInput`` naming the row whose account is none of cost."""
    for row, cycle in enumerate(cycles):
        if cycle.account.kind != Account.Kind.EXPENSE or not cycle.account.takes_manual_lines:
            raise InvalidInput(
                "no_cost_account",
                _("{account} is no account of cost.").format(account=cycle.account),
                field="account",
                row=row,
            )


def create_sender(*, by: Any, reason: str = "", **values: Any) -> AllocationSender:
    """A new sender. Raises ``InvalidInput`` naming what its basis lacks."""
    with unit_of_work():
        sender = AllocationSender(**values)
        _check_sender(sender)
        return sender.save_by(by, reason=reason)


def update_sender(
    sender: AllocationSender,
    *,
    by: Any,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> AllocationSender:
    """Change a sender; runs that were proposed keep what they say."""
    with unit_of_work():
        sender = lock(sender, version=version)
        for name, value in values.items():
            setattr(sender, name, value)
        _check_sender(sender)
        return sender.save_by(by, reason=reason)


def create_receiver(*, by: Any, reason: str = "", **values: Any) -> AllocationReceiver:
    """A new receiver. Raises ``InvalidInput`` where it would be its own sender."""
    with unit_of_work():
        receiver = AllocationReceiver(**values)
        _check_receiver(receiver)
        return receiver.save_by(by, reason=reason)


def update_receiver(
    receiver: AllocationReceiver,
    *,
    by: Any,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> AllocationReceiver:
    """Change a receiver or its share."""
    with unit_of_work():
        receiver = lock(receiver, version=version)
        for name, value in values.items():
            setattr(receiver, name, value)
        _check_receiver(receiver)
        return receiver.save_by(by, reason=reason)


def _check_sender(sender: AllocationSender) -> None:
    require_company(
        sender.company,
        cycle=sender.cycle,
        cost_object=sender.cost_object,
        account=sender.account,
        key=sender.key,
        basis_account=sender.basis_account,
    )
    for basis, field in ((Basis.KEY, "key"), (Basis.POSTED, "basis_account")):
        if sender.basis == basis and getattr(sender, field) is None:
            raise InvalidInput("required", _("This way of sharing needs it."), field=field)


def _check_receiver(receiver: AllocationReceiver) -> None:
    require_company(receiver.company, sender=receiver.sender, cost_object=receiver.cost_object)
    if receiver.cost_object_id == receiver.sender.cost_object_id:
        raise InvalidInput("own_sender", _("Nobody sends cost to itself."), field="cost_object")
