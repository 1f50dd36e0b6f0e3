"""Connections, signals and quarantine in the back office and through the API."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from apps.core.models import Site
from apps.integration.models import (
    MachineConnection,
    MachineTag,
    QuarantinedReading,
    ServiceAccount,
)
from apps.integration.protocols.readings import Refused
from apps.integration.services.machine_connections import password_of
from tests.execution.machines import Shopfloor
from tests.integration.test_readings import account, connection, shopfloor, tag, tags, take
from tests.support.faces import ApiClient, make_member

__all__ = ["account", "connection", "shopfloor", "tags"]


def test_devices_send_to_us(
    connection: MachineConnection, tags: dict[str, MachineTag], shopfloor: Shopfloor
) -> None:
    client = ApiClient(shopfloor.books.by)
    url = f"/integration/machine-connections/{connection.pk}/readings/"
    at = timezone.now().isoformat()
    body = {
        "readings": [
            {"signal": "m/state", "value": "ACTIVE", "at": at}, {"signal": "m/state"},
            {"signal": "m/lost", "value": 4, "at": at}, "nonsense",
            {"signal": "m/good", "value": [1]}, {"signal": "m/good", "value": 1, "at": "today"},
        ]
    }  # fmt: skip
    answer = client.post(url, body)
    assert (answer.status_code, answer.data) == (200, {"events": 1, "known": 0, "quarantined": 5})
    again = client.post(url, body)
    assert again.data == {"events": 0, "known": 1, "quarantined": 5}
    connection.is_active = False
    connection.save_by(shopfloor.books.by)
    assert client.post(url, body).status_code == 422


def test_a_connection_is_made_in_the_back_office(
    shopfloor: Shopfloor, account: ServiceAccount, client: Any
) -> None:
    client.force_login(shopfloor.books.by)
    body = {
        "code": "MQTT-1", "name": "Broker", "protocol": "sparkplug", "is_active": "on",
        "address": "http://broker", "topic": "", "username": "mes", "password": "hush",
        "account": account.pk,
    }  # fmt: skip
    url = "/admin/integration/machineconnection/add/"
    assert "begins with mqtt://" in client.post(url, body).content.decode()
    assert client.post(url, body | {"address": "mqtt://broker"}).status_code == 302
    row = MachineConnection.objects.get(code="MQTT-1")
    assert password_of(row) == "hush"
    page = client.get(f"/admin/integration/machineconnection/{row.pk}/change/").content.decode()
    assert "hush" not in page
    assert row.state.sealed_password not in page
    assert "Offline" in page


def test_quarantine_is_emptied_in_the_back_office(
    connection: MachineConnection, tags: dict[str, MachineTag], shopfloor: Shopfloor, client: Any
) -> None:
    client.force_login(shopfloor.books.by)
    take(connection, ("new", 0, 5), Refused("G/N", "sequence_gap", "expected 4", ""))
    first, second = QuarantinedReading.objects.order_by("pk")
    base = "/admin/integration/quarantinedreading/"
    assert "sequence_gap" in client.get(base).content.decode()
    client.post(f"{base}{second.pk}/verb/dismiss/", {"reason": "Restarted"})
    tag(connection, shopfloor, "m/new", machine=tags["good"].machine)
    client.post(f"{base}{first.pk}/verb/replay/")
    assert list(QuarantinedReading.objects.order_by("pk").values_list("status", flat=True)) == [
        "replayed", "dismissed",
    ]  # fmt: skip


def test_who_sends_records_within_his_own_sites(
    connection: MachineConnection, tags: dict[str, MachineTag], shopfloor: Shopfloor
) -> None:
    books = shopfloor.books
    other = Site(company=books.company, code="FAR", name="Far", time_zone="UTC").save_by(books.by)
    rights = ("execution.add_machineevent", "integration.view_machineconnection")
    member = make_member("far", books.company, permissions=rights)
    member.memberships.get().sites.add(other)
    at = timezone.now().isoformat()
    answer = ApiClient(member).post(
        f"/integration/machine-connections/{connection.pk}/readings/",
        {"readings": [{"signal": "m/state", "value": "ACTIVE", "at": at}]},
    )
    assert answer.data == {"events": 0, "known": 0, "quarantined": 1}
    assert QuarantinedReading.objects.get().code == "unknown_machine"
