"""What connections and signals of machines can't be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from apps.core.errors import InvalidInput
from apps.integration.models import ConnectionState, MachineConnection, ServiceAccount
from apps.integration.services.machine_connections import (
    create_machine_connection,
    password_of,
    update_machine_connection,
)
from apps.integration.services.service_accounts import create_service_account
from apps.integration.tag_rules import MeantState, as_count, as_text, meaning, read_states
from tests.execution.machines import Shopfloor
from tests.integration.test_readings import account, connection, shopfloor, tag

__all__ = ["account", "connection", "shopfloor"]  # fixtures
D = Decimal


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"role": "good"}, "machine"),
        ({"role": "good", "states": "A=running"}, "states"),
        ({"role": "state", "states": "A=dancing"}, "states"),
        ({"role": "state", "states": "A=running:JAM"}, "states"),
        ({"role": "state", "states": "A=stopped:NONE"}, "states"),
        ({"role": "state", "states": "running"}, "states"),
        ({"role": "good", "per_count": D(0)}, "per_count"),
        ({"role": "good", "scrap_reason": "JAM"}, "scrap_reason"),
        ({"role": "good", "rolls_over_at": D(0)}, "rolls_over_at"),
    ],
)
def test_a_meaning_that_cant_be_is_refused(
    connection: MachineConnection, shopfloor: Shopfloor, values: dict[str, Any], field: str
) -> None:
    machine = None if field == "machine" else shopfloor.machine()
    if "scrap_reason" in values:
        values = values | {"scrap_reason": shopfloor.reason(values["scrap_reason"])}
    with pytest.raises(InvalidInput) as refusal:
        tag(connection, shopfloor, "m/x", machine=machine, **values)
    assert refusal.value.field == field


@pytest.mark.parametrize(
    ("protocol", "address", "code"),
    [
        ("sparkplug", "http://broker", "bad_address"),
        ("sparkplug", "", "bad_address"),
        ("mqtt_json", "mqtt://", "bad_address"),
        ("mtconnect", "mqtt://agent", "bad_address"),
        ("mtconnect", "http://agent:99999", "bad_address"),
        ("mtconnect", "http://ann:secret@agent", "password_in_address"),
        ("http_json", "http://us", "not_wanted"),
    ],
)
def test_an_address_that_cant_be_is_refused(
    shopfloor: Shopfloor, account: ServiceAccount, protocol: str, address: str, code: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        create_machine_connection(
            company=shopfloor.books.company, code="X", name="X", protocol=protocol,
            address=address, account=account, by=shopfloor.books.by,
        )  # fmt: skip
    assert (refusal.value.code, refusal.value.field) == (code, "address")


def test_a_password_is_sealed_and_goes_to_no_other_address(
    shopfloor: Shopfloor, account: ServiceAccount
) -> None:
    by = shopfloor.books.by
    row = create_machine_connection(
        company=shopfloor.books.company, code="B", name="B", protocol="mqtt_json",
        address="mqtt://broker", account=account, password="hush", by=by,
    )  # fmt: skip
    assert "hush" not in ConnectionState.objects.get().sealed_password
    row = update_machine_connection(row, name="Broker", by=by)
    assert password_of(row) == "hush"
    with pytest.raises(InvalidInput) as refusal:
        update_machine_connection(row, address="mqtt://elsewhere", by=by)
    assert (refusal.value.code, refusal.value.field) == ("required", "password")
    row.refresh_from_db()
    assert row.address == "mqtt://broker"
    row = update_machine_connection(row, address="mqtt://new", password="other", by=by)
    assert password_of(row) == "other"
    assert "sealed_password" not in {field.name for field in row.history.model._meta.fields}


def test_who_may_not_record_is_no_recorder(shopfloor: Shopfloor) -> None:
    by = shopfloor.books.by
    reader = create_service_account(shopfloor.books.company, code="r", roles=("auditor",), by=by)
    with pytest.raises(InvalidInput) as refusal:
        create_machine_connection(
            company=shopfloor.books.company, code="X", name="X", protocol="http_json",
            account=reader, by=by,
        )  # fmt: skip
    assert (refusal.value.code, refusal.value.field) == ("may_not_record", "account")


def test_values_as_they_are_kept() -> None:
    assert [as_text(v) for v in (1, 1.0, D("1.50"), True, None, " A ", float("inf"))] == [
        "1", "1", "1.5", "true", "", "A", "inf",
    ]  # fmt: skip
    assert [as_count(v) for v in ("7", 7.5, "x", True, None, -1, 10**13)] == [
        7, D("7.5"), None, None, None, None, None,
    ]  # fmt: skip
    table = read_states("1=running\n\n 2 = stopped : JAM \n*=idle")
    assert [meaning(v, table) for v in (1, "2", 3, None)] == [
        MeantState("running"), MeantState("stopped", "JAM"), MeantState("idle"), MeantState("off"),
    ]  # fmt: skip
    assert meaning("RUNNING", {}) == MeantState("running")
