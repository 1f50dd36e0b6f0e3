"""Machines that speak for themselves: connections by each protocol, and what signals mean."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import Any

from apps.core.models import User
from apps.integration.models import MachineConnection, ServiceAccount
from apps.integration.services.machine_connections import (
    WRITABLE,
    create_machine_connection,
    create_machine_tag,
)
from apps.integration.services.service_accounts import create_service_account
from mes_erp.demo.company import FOLDER
from mes_erp.demo.play.plant import Plant

Story = dict[str, Any]


def read_connections() -> Story:
    return tomllib.loads((FOLDER / "connections.toml").read_text(encoding="utf-8"))


def set_up_connections(plant: Plant, by: User) -> None:
    """One connection by each protocol; two machines behind each, with state, counters and speed."""
    story = read_connections()
    account = create_service_account(plant.company, by=by, **story["account"])
    for row in story["connections"]:
        connection = _connect(plant, row, account, by)
        for machine in row["machines"]:
            _map(plant, connection, row, machine, story["speed"], by)


def _connect(plant: Plant, row: Story, account: ServiceAccount, by: User) -> MachineConnection:
    return create_machine_connection(
        company=plant.company,
        code=row["code"],
        name=row["name"],
        protocol=row["protocol"],
        address=row["address"],
        topic=row.get("topic", ""),
        account=account,
        by=by,
    )


def _map(
    plant: Plant, connection: MachineConnection, row: Story, machine: str, speed: Story, by: User
) -> None:
    signals: Story = {
        "state": {"role": "state", "states": _states(plant, row["states"])},
        "good": {"role": "good"},
        "scrap": {"role": "scrap"},
    }
    if connection.protocol in WRITABLE:
        signals[speed["signal"]] = {
            "role": "ignored",
            "is_writable": True,
            "written_as": speed["written_as"],
            "lowest": Decimal(speed["lowest"]),
            "highest": Decimal(speed["highest"]),
        }
    for signal, values in signals.items():
        create_machine_tag(
            company=plant.company,
            connection=connection,
            path=row["path"].format(machine=machine, signal=signal),
            machine=plant.machines[machine],
            by=by,
            **values,
        )


def _states(plant: Plant, words: dict[str, str]) -> str:
    """The controllers' words; a stop of which the reason is known has its code in the word."""
    lines = [f"{word}={state}" for word, state in words.items()]
    stop = next(word for word, state in words.items() if state == "stopped")
    lines += [
        f"{stop} {code}=stopped:{code}"
        for code, reason in sorted(plant.reasons.items())
        if reason.kind == "downtime" and not reason.is_planned
    ]
    return "\n".join(lines)
