"""Values written to machines: on the white list, within bounds, once; and what they answered."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Site
from apps.core.services.master_data import update_row
from apps.integration.listeners.writing import Refusal, Unanswered, Writer
from apps.integration.machine_resources import MachineTagResource
from apps.integration.models import MachineConnection, MachineTag, ServiceAccount, TagWrite
from apps.integration.protocols.readings import Reading
from apps.integration.services.machine_connections import (
    create_machine_connection,
    create_machine_tag,
    update_machine_tag,
)
from apps.integration.services.tag_writes import (
    TIME_OUT,
    Asked,
    answer_write,
    ask_tag_write,
    confirm_writes,
    expire_writes,
    take_writes,
)
from tests.execution.machines import Shopfloor
from tests.integration.test_readings import account, shopfloor
from tests.support.faces import ApiClient, make_member

__all__ = ["account", "shopfloor"]
D = Decimal


@pytest.fixture
def connection(shopfloor: Shopfloor, account: ServiceAccount) -> MachineConnection:
    return create_machine_connection(
        company=shopfloor.books.company, code="OVEN", name="Oven", protocol="mqtt_json",
        address="mqtt://broker", account=account, by=shopfloor.books.by,
    )  # fmt: skip


@pytest.fixture
def tag(connection: MachineConnection, shopfloor: Shopfloor) -> MachineTag:
    return create_machine_tag(
        company=connection.company, connection=connection, path="oven/set-point", role="ignored",
        machine=shopfloor.machine(), is_writable=True, written_as="number",
        lowest=D(20), highest=D(250), by=shopfloor.books.by,
    )  # fmt: skip


def ask(tag: MachineTag, shopfloor: Shopfloor, value: str = "180", **values: Any) -> TagWrite:
    values.setdefault("why", "Batch 7")
    return ask_tag_write(tag, value=value, by=values.pop("by", shopfloor.books.by), **values)


def statuses() -> list[str]:
    return list(TagWrite.objects.order_by("pk").values_list("status", flat=True))


def test_asked_sent_acknowledged(
    tag: MachineTag, connection: MachineConnection, shopfloor: Shopfloor
) -> None:
    row = ask(tag, shopfloor, " 180.50 ")
    assert (row.value, row.why, row.created_by) == ("180.5", "Batch 7", shopfloor.books.by)
    [asked] = take_writes(connection)
    assert (asked.path, asked.value) == ("oven/set-point", 180.5)
    assert take_writes(connection) == []  # nobody gets it a second time
    old = asked.sent_at - timedelta(hours=1)
    for reading in (
        Reading("oven/set-point", 179, timezone.now()),
        Reading("oven/set-point", 180.5, old),
        Reading("oven/set-point", 180.5, timezone.now(), False),
        Reading("oven/other", 180.5, timezone.now()),
    ):
        assert confirm_writes(connection, [asked], [reading]) == set()
    said = Reading("oven/set-point", "180.5", timezone.now())
    assert confirm_writes(connection, [asked], [said]) == {row.pk}
    row.refresh_from_db()
    assert (row.status, row.answer) == ("acknowledged", "The machine says 180.5.")
    assert [one.status for one in row.history.order_by("history_id")] == [
        "asked", "sent", "acknowledged",
    ]  # fmt: skip
    first, *others = row.history.order_by("history_id")
    assert first.history_user == shopfloor.books.by
    assert {one.history_user for one in others} == {connection.account.user}


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        ("number", "19.9", "out_of_bounds"),
        ("number", "250.1", "out_of_bounds"),
        ("number", "NaN", "wrong_kind"),
        ("number", "Infinity", "wrong_kind"),
        ("number", "warm", "wrong_kind"),
        ("number", "", "wrong_kind"),
        ("number", "true", "wrong_kind"),
        ("number", "1e99", "wrong_kind"),
        ("whole", "20.5", "wrong_kind"),
        ("truth", "2", "wrong_kind"),
        ("truth", "on", "wrong_kind"),
        ("text", "a\x00b", "wrong_kind"),
        ("text", "x" * 201, "wrong_kind"),
        ("text", " ", "wrong_kind"),
    ],
)
def test_wrong_values_are_refused(
    tag: MachineTag, shopfloor: Shopfloor, kind: str, value: str, code: str
) -> None:
    bounds: dict[str, Any] = (
        {} if kind in ("number", "whole") else {"lowest": None, "highest": None}
    )
    update_machine_tag(tag, written_as=kind, by=shopfloor.books.by, **bounds)
    with pytest.raises(InvalidInput) as refused:
        ask(tag, shopfloor, value)
    assert (refused.value.code, refused.value.field) == (code, "value")
    assert not TagWrite.objects.exists()


def test_what_may_not_be_written_is_refused(
    tag: MachineTag, connection: MachineConnection, shopfloor: Shopfloor
) -> None:
    by = shopfloor.books.by

    def refusal(**values: Any) -> str:
        with pytest.raises(BusinessError) as refused:
            ask(tag, shopfloor, **values)
        return refused.value.code

    assert refusal(why=" ") == "required"
    assert refusal(why="x" * 501) == "required"
    update_row(connection, values={"is_active": False}, by=by)
    assert refusal() == "inactive"
    update_row(connection, values={"is_active": True}, by=by)
    update_machine_tag(tag, is_writable=False, by=by)
    assert refusal() == "not_writable"
    update_row(tag, values={"is_writable": True}, by=by)
    update_row(connection, values={"protocol": "mtconnect"}, by=by)
    assert refusal() == "not_writable"
    update_row(connection, values={"protocol": "mqtt_json"}, by=by)
    other = Site(company=tag.company, code="FAR", name="Far", time_zone="UTC").save_by(by)
    member = make_member("far", tag.company, permissions=("integration.write_machinetag",))
    member.memberships.get().sites.add(other)
    assert refusal(by=member) == "other_site"
    assert not TagWrite.objects.exists()
    ask(tag, shopfloor)
    assert refusal(value="190") == "write_under_way"
    assert statuses() == ["asked"]


def test_the_white_list_has_a_right_of_its_own(
    tag: MachineTag, connection: MachineConnection, shopfloor: Shopfloor
) -> None:
    """Who maps signals can neither allow writing nor point what is allowed somewhere else."""
    rights = ("integration.change_machinetag", "integration.add_machinetag")
    member = make_member("mapper", tag.company, permissions=rights)
    other = create_machine_tag(
        company=tag.company, connection=connection, path="oven/door", role="ignored", by=member
    )
    changes: list[tuple[MachineTag, dict[str, Any]]] = [
        (other, {"is_writable": True, "written_as": "truth"}),
        (tag, {"highest": D(400)}),
        (tag, {"path": "oven/gas"}),
        (tag, {"machine": None}),
        (tag, {"is_writable": False}),
    ]
    for row, values in changes:
        with pytest.raises(InvalidInput) as refused:
            update_machine_tag(row, by=member, **values)
        assert refused.value.code == "may_not_allow_writing"
    with pytest.raises(InvalidInput):
        create_machine_tag(
            company=tag.company, connection=connection, path="oven/new", role="ignored",
            is_writable=True, written_as="text", by=member,
        )  # fmt: skip
    assert update_machine_tag(other, path="oven/flap", by=member).path == "oven/flap"
    tag.refresh_from_db()
    assert (tag.path, tag.highest, tag.is_writable) == ("oven/set-point", D(250), True)


def test_a_table_does_not_point_it_elsewhere(tag: MachineTag, shopfloor: Shopfloor) -> None:
    tag.machine = shopfloor.machine("M2")
    with pytest.raises(InvalidInput) as refused:
        MachineTagResource().check([tag], company=tag.company)
    assert (refused.value.code, refused.value.row) == ("may_not_allow_writing", 0)
    tag.refresh_from_db()
    tag.per_count = D(2)
    MachineTagResource().check([tag], company=tag.company)


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"written_as": "", "lowest": None, "highest": None}, "required", "written_as"),
        ({"lowest": D(300)}, "wrong_order", "lowest"),
        ({"written_as": "text"}, "not_wanted", "lowest"),
    ],
)
def test_a_white_list_that_can_not_be(
    tag: MachineTag, shopfloor: Shopfloor, values: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        update_machine_tag(tag, by=shopfloor.books.by, **values)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_agents_take_nothing(
    shopfloor: Shopfloor, account: ServiceAccount, tag: MachineTag
) -> None:
    agent = create_machine_connection(
        company=tag.company, code="AGENT", name="Agent", protocol="mtconnect",
        address="http://agent", account=account, by=shopfloor.books.by,
    )  # fmt: skip
    with pytest.raises(InvalidInput) as refused:
        create_machine_tag(
            company=tag.company, connection=agent, path="p", role="ignored", is_writable=True,
            written_as="text", by=shopfloor.books.by,
        )  # fmt: skip
    assert refused.value.code == "not_writable"


def test_nothing_is_sent_late_or_twice(
    tag: MachineTag, connection: MachineConnection, shopfloor: Shopfloor
) -> None:
    """Nobody listens for a while; a listener dies between sending and the answer."""
    ask(tag, shopfloor)
    later = timezone.now() + TIME_OUT
    assert take_writes(connection, now=later) == []
    assert statuses() == ["timed_out"]
    second = ask(tag, shopfloor)
    [asked] = take_writes(connection)  # and then the process is gone
    assert Writer(connection, _never).waiting == {second.pk: asked}
    assert expire_writes() == 0
    assert expire_writes(now=timezone.now() + TIME_OUT) == 1
    assert statuses() == ["timed_out", "timed_out"]
    second.refresh_from_db()
    assert second.answer == "No answer in time."
    answer_write(connection, asked, status="acknowledged")  # too late to change what was told
    assert statuses() == ["timed_out", "timed_out"]
    ask(tag, shopfloor)
    assert expire_writes(now=timezone.now() + TIME_OUT) == 1
    assert TagWrite.objects.latest("pk").answer == "Nobody sent it in time."
    ask(tag, shopfloor)
    update_machine_tag(tag, is_writable=False, by=shopfloor.books.by)
    assert take_writes(connection) == []
    assert TagWrite.objects.latest("pk").answer == "This signal may not be written any more."


@pytest.mark.parametrize(
    "values", [{"highest": D(100)}, {"written_as": "truth", "lowest": None, "highest": None}]
)
def test_a_white_list_that_changed_meanwhile_holds(
    tag: MachineTag, connection: MachineConnection, shopfloor: Shopfloor, values: dict[str, Any]
) -> None:
    ask(tag, shopfloor)
    update_machine_tag(tag, by=shopfloor.books.by, **values)
    assert take_writes(connection) == []
    assert TagWrite.objects.get().answer == "This signal may not be written any more."


def _never(write: Asked) -> str:
    raise AssertionError(f"sent: {write}")


@pytest.mark.parametrize(
    ("outcome", "status", "answer"),
    [
        ("The machine says 180.", "acknowledged", "The machine says 180."),
        (Refusal("BadUserAccessDenied"), "refused", "BadUserAccessDenied"),
        (Unanswered("No answer"), "timed_out", "No answer"),
        (None, "sent", ""),
    ],
)
def test_what_comes_of_it_is_kept(
    tag: MachineTag, connection: MachineConnection, shopfloor: Shopfloor, outcome: Any,
    status: str, answer: str,
) -> None:  # fmt: skip
    sent = list[Asked]()

    def send(write: Asked) -> str | None:
        sent.append(write)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    row = ask(tag, shopfloor)
    writer = Writer(connection, send)
    writer.deliver()
    writer.next_look = 0
    writer.deliver()
    row.refresh_from_db()
    assert (len(sent), row.status, row.answer) == (1, status, answer)


def test_through_the_api(tag: MachineTag, shopfloor: Shopfloor) -> None:
    client = ApiClient(shopfloor.books.by)
    body = {"tag": tag.pk, "value": "180", "why": "Batch 7"}
    answer = client.post("/integration/tag-writes/", body)
    assert answer.status_code == 201
    assert (answer.data["status"], answer.data["value"]) == ("asked", "180")
    assert client.post("/integration/tag-writes/", body).status_code == 409
    wrong = client.post("/integration/tag-writes/", body | {"value": "999"})
    assert wrong.status_code == 422
    listed = client.get("/integration/tag-writes/?status=asked").data["results"]
    assert [row["why"] for row in listed] == ["Batch 7"]
    rights = ("integration.view_tagwrite", "integration.view_machinetag")
    reader = ApiClient(make_member("reader", tag.company, permissions=rights))
    assert reader.post("/integration/tag-writes/", body).status_code == 403
    assert statuses() == ["asked"]
    shown = client.get(f"/integration/machine-tags/{tag.pk}/").data
    assert (shown["is_writable"], shown["highest"]) == (True, "250.000000")


def test_in_the_back_office(tag: MachineTag, shopfloor: Shopfloor, client: Any) -> None:
    client.force_login(shopfloor.books.by)
    page = client.get(f"/admin/integration/machinetag/{tag.pk}/change/").content.decode()
    assert "Write value" in page
    url = f"/admin/integration/machinetag/{tag.pk}/write/"
    assert "oven/set-point" in client.get(url).content.decode()
    assert not TagWrite.objects.exists()
    said = client.post(url, {"value": "999", "why": "Too hot"}, follow=True).content.decode()
    assert "From 20 to 250." in said
    client.post(url, {"value": "200", "why": "Batch 8"})
    row = TagWrite.objects.get()
    assert (row.value, row.why) == ("200", "Batch 8")
    assert "Batch 8" in client.get("/admin/integration/tagwrite/").content.decode()
    page = client.get(f"/admin/integration/tagwrite/{row.pk}/change/").content.decode()
    assert "Batch 8" in page
    rights = ("integration.view_machinetag", "integration.change_machinetag")
    client.force_login(make_member("mapper", tag.company, permissions=rights))
    page = client.get(f"/admin/integration/machinetag/{tag.pk}/change/").content.decode()
    assert "Write value" not in page
    assert 'name="highest"' not in page
    assert client.post(url, {"value": "210", "why": "?"}).status_code == 403
    assert TagWrite.objects.count() == 1
