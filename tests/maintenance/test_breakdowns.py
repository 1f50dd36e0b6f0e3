"""Standstills: told by machines, told by people; requests with a photo that stay with the order."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from apps.core.errors import BusinessError
from apps.core.models import Attachment
from apps.core.queries.attachments import attachments_of
from apps.execution.models import MachineInterval
from apps.execution.services.stop_reasons import classify_stop
from apps.maintenance.models import MaintenanceOrder, MaintenanceRequest
from apps.maintenance.services.breakdowns import end_downtime, open_breakdown
from apps.maintenance.services.orders import cancel_order, close_order, complete_order, start_order
from apps.maintenance.services.requests import (
    approve_request,
    create_request,
    order_request,
    reconsider_request,
    reject_request,
)
from tests.execution.machines import minute
from tests.maintenance.conftest import Workshop
from tests.support.faces import ApiClient, make_member
from tests.support.reconciled import assert_reconciled

pytestmark = pytest.mark.django_db
BACKEND = "apps.core.backends.PermissionBackend"


def photo(name: str = "leak.png") -> ContentFile:
    content = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(content, "PNG")
    return ContentFile(content.getvalue(), name=name)


def test_a_breakdown_follows_its_stop(workshop: Workshop) -> None:
    machine, asset = workshop.machine_asset()
    floor = workshop.floor
    broken, jam = floor.reason("BROKEN", is_breakdown=True), floor.reason("JAM")
    floor.send(floor.state(machine, 0, "running"), floor.state(machine, 60, "stopped", "BROKEN"))
    order = MaintenanceOrder.objects.get()
    assert (order.kind, order.status, order.priority) == ("breakdown", "released", "urgent")
    assert (order.asset, order.title) == (asset, "BROKEN")
    order = complete_order(start_order(order, by=workshop.by), by=workshop.by)
    assert order.downtime_ends_at is None, "the machine has not said that it runs"
    for act, code in ((end_downtime, "told_by_machine"), (close_order, "still_down")):
        with pytest.raises(BusinessError) as refused:
            act(order, by=workshop.by)
        assert refused.value.code == code
    floor.send(floor.state(machine, 150, "running"))
    order.refresh_from_db()
    assert (order.downtime_starts_at, order.downtime_ends_at) == (minute(60), minute(150))
    floor.send(floor.state(machine, 120, "running"))
    order.refresh_from_db()
    assert order.downtime_ends_at == minute(120), "a late event corrects it"

    floor.send(floor.state(machine, 200, "stopped", "JAM"), floor.state(machine, 210, "running"))
    assert MaintenanceOrder.objects.count() == 1, "a jam is no breakdown"
    stop = MachineInterval.objects.get(reason=jam)
    classify_stop(stop, reason=broken, by=workshop.by)
    second = MaintenanceOrder.objects.latest("id")
    assert (second.downtime_starts_at, second.downtime_ends_at) == (minute(200), minute(210))
    classify_stop(stop, reason=jam, by=workshop.by)
    second.refresh_from_db()
    assert second.status == "cancelled", "it was a jam after all, and nothing was done on it"
    assert_reconciled()


def test_one_click_finds_the_first_clicks_order(workshop: Workshop) -> None:
    asset, by = workshop.asset(), workshop.by
    order = open_breakdown(asset, title="Smoke", by=by)
    assert open_breakdown(asset, title="Still smoke", by=by).pk == order.pk
    with pytest.raises(BusinessError) as refused:
        open_breakdown(asset, title="x", at=timezone.now() + timedelta(hours=1), by=by)
    assert refused.value.code == "in_the_future"
    assert end_downtime(order, by=by).downtime_ends_at is not None
    with pytest.raises(BusinessError) as refused:
        end_downtime(order, by=by)
    assert refused.value.code == "not_down"
    third = open_breakdown(asset, title="Again", by=by)
    assert third.pk != order.pk
    done = complete_order(start_order(third, by=by), by=by)
    assert done.downtime_ends_at == done.done_at, "nobody else says when it ran again"


def test_a_call_before_the_stop_has_its_reason_is_the_same_standstill(workshop: Workshop) -> None:
    machine, asset = workshop.machine_asset()
    floor = workshop.floor
    floor.reason("BROKEN", is_breakdown=True)
    called = open_breakdown(asset, title="Smoke", at=minute(61), by=workshop.by)
    floor.send(floor.state(machine, 60, "stopped", "BROKEN"), floor.state(machine, 90, "running"))
    order = MaintenanceOrder.objects.get()
    assert order.pk == called.pk
    assert (order.downtime_starts_at, order.downtime_ends_at) == (minute(60), minute(90))


def test_files_of_a_request_stay_with_its_order(workshop: Workshop) -> None:
    by = workshop.by
    request = create_request(
        workshop.books.company,
        asset=workshop.asset(),
        title="Leaks",
        is_down=True,
        photo=photo(),
        by=by,
    )
    with pytest.raises(BusinessError):
        order_request(request, by=by)
    request = approve_request(request, by=by)
    order = order_request(request, by=by)
    assert (order.kind, order.downtime_starts_at) == ("breakdown", request.noticed_at)
    assert [one.name for one in attachments_of(order)] == ["leak.png"]
    api = ApiClient(by)
    listed = api.get(f"/maintenance/orders/{order.pk}/attachments/").body["results"]
    assert [one["name"] for one in listed] == ["leak.png"]
    cancel_order(order, reason="wrong asset", by=by)
    request.refresh_from_db()
    assert request.status == "approved", "it may be ordered anew"
    order_request(request, by=by)
    with pytest.raises(BusinessError) as refused:
        approve_request(request, by=by)
    assert refused.value.code == "invalid_transition"
    assert_reconciled()


def test_a_request_is_rejected_with_a_reason_and_looked_at_again(workshop: Workshop) -> None:
    by = workshop.by
    request = create_request(workshop.books.company, asset=workshop.asset(), title="Squeaks", by=by)
    with pytest.raises(BusinessError) as refused:
        reject_request(request, reason="", by=by)
    assert refused.value.code == "reason_required"
    request = reject_request(request, reason="it always did", by=by)
    assert reconsider_request(request, by=by).status == "new"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"title": " "}, "title_required"),
        ({"photo": ContentFile(b"MZ...", name="virus.exe")}, "no_photo"),
        ({"photo": ContentFile(b"no picture", name="x.png")}, "file_mismatch"),
        ({"noticed_at": timezone.now() + timedelta(days=1)}, "in_the_future"),
    ],
)
def test_a_bad_request_leaves_nothing(workshop: Workshop, given: dict[str, Any], code: str) -> None:
    with pytest.raises(BusinessError) as refused:
        create_request(
            workshop.books.company,
            asset=workshop.asset(),
            by=workshop.by,
            **({"title": "Leaks"} | given),
        )
    assert refused.value.code == code
    assert not Attachment.objects.exists()
    if code != "file_mismatch":
        assert not MaintenanceRequest.objects.exists()


def test_the_terminal_calls_maintenance_once(workshop: Workshop) -> None:
    machine, asset = workshop.machine_asset()
    permissions = ("maintenance.add_maintenancerequest", "maintenance.view_asset")
    operator = make_member("op", workshop.books.company, permissions=permissions)
    browser = Client()
    browser.force_login(operator, BACKEND)
    page = reverse("maintenance-request")
    assert asset.name in browser.get(page).content.decode()
    assert asset.name in browser.get(f"{page}?machine={machine.code}").content.decode()
    assert "NOWHERE" in browser.get(f"{page}?asset=NOWHERE").content.decode()
    form = {"asset": asset.code, "key": uuid.uuid4().hex, "title": "Leaks oil", "is_down": "on"}
    for _n in range(2):
        answer = browser.post(page, form | {"photo": photo()})
        assert answer.status_code == 302, answer.content
    request = MaintenanceRequest.objects.get()
    assert (request.asset, request.is_down, request.created_by) == (asset, True, operator)
    assert Attachment.objects.count() == 1
    empty = browser.post(page, form | {"key": uuid.uuid4().hex, "title": ""})
    assert "Say what is wrong." in [str(one) for one in get_messages(empty.wsgi_request)]
    no_key = browser.post(page, form | {"key": ""})
    assert no_key.status_code == 200 and MaintenanceRequest.objects.count() == 1
    stranger = Client()
    assert stranger.get(page).status_code == 302
    stranger.force_login(make_member("stranger", workshop.books.company), BACKEND)
    assert stranger.get(page).status_code == 403
