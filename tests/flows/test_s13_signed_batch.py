"""S13: a release wants two signatures, each with its password; what is signed stays provable."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from apps.core.models import Signature, User
from apps.core.queries.signatures import signable_models, signatures_of
from apps.core.services.signatures import create_signature_rule
from apps.execution.models import WorkOrder
from apps.execution.printouts import traveler_pdf
from tests.execution.conftest import Factory, make_factory
from tests.factories import Books, make_books
from tests.support.faces import ApiClient, make_member
from tests.support.reconciled import assert_reconciled

DOCUMENT = "execution.workorder"
PASSWORD = "tube of copper 9"
BACKEND = "apps.core.backends.PermissionBackend"


@pytest.fixture
def factory(books: Books) -> Factory:
    return make_factory(books)


def draft(factory: Factory, code: str) -> WorkOrder:
    item = factory.made(code)
    factory.bom(item, (factory.item(f"{code}-1"), "2"))
    factory.routing(item, (factory.work_centre(f"WC-{code}"), "3"))
    return factory.order(item, "10", release=False)


@pytest.fixture
def order(factory: Factory) -> WorkOrder:
    """Released only when one has signed that it is done, and another that it is right."""
    order = draft(factory, "TUBE")
    for meaning in ("performed", "reviewed"):
        create_signature_rule(
            company=order.company,
            document=DOCUMENT,
            status="released",
            meaning=meaning,
            by=factory.books.by,
        )
    return order


@pytest.fixture
def people(order: WorkOrder) -> dict[str, User]:
    people = {}
    for name, full in (("vera", "Vera Doe"), ("ravi", "Ravi Rao")):
        user = make_member(name, order.company)
        user.groups.add(Group.objects.get(name="planner"))
        user.first_name, _space, user.last_name = full.partition(" ")
        user.set_password(PASSWORD)
        user.save()
        people[name] = user
    return people


def sign(user: User, order: WorkOrder, meaning: str, password: str = PASSWORD, **more: Any) -> Any:
    body = {"document": DOCUMENT, "document_id": order.pk, "status": "released"}
    body |= {"meaning": meaning, "password": password, **more}
    return ApiClient(user).post("/core/signatures/", body)


def release(user: User, order: WorkOrder) -> Any:
    return ApiClient(user).post(f"/execution/work-orders/{order.pk}/release/", {})


def code(answer: Any) -> str:
    return answer.body["errors"][0]["code"]


def test_a_batch_is_released_by_two_signatures(order: WorkOrder, people: dict[str, User]) -> None:
    vera, ravi = people["vera"], people["ravi"]
    refused = release(vera, order)
    assert (refused.status_code, code(refused)) == (409, "signature_required")
    assert refused.body["errors"][0]["details"] == {"missing": ["performed", "reviewed"]}
    order.refresh_from_db()
    assert order.status == "draft"

    wrong = sign(vera, order, "performed", "not mine at all")
    assert (wrong.status_code, code(wrong)) == (401, "wrong_password")
    assert not Signature.objects.exists()
    assert sign(vera, order, "performed", reason="Set up and checked").status_code == 201
    assert code(sign(vera, order, "reviewed")) == "same_signer"
    assert code(release(vera, order)) == "signature_required"
    assert sign(ravi, order, "reviewed").status_code == 201
    assert release(vera, order).status_code == 200
    order.refresh_from_db()

    text = "\n".join(page.extract_text() for page in PdfReader(BytesIO(traveler_pdf(order))).pages)
    for signature in Signature.objects.all():
        for printed in (
            signature.signer_name,
            signature.get_meaning_display(),
            f"{signature.signed_at:%Y-%m-%d %H:%M:%S}",
        ):
            assert printed in text
    assert "Time (UTC)" in text
    assert [one.state for one in signatures_of(order)] == ["valid", "valid"]
    assert_reconciled()


def test_a_changed_value_is_a_new_version_that_nobody_signed(
    order: WorkOrder, people: dict[str, User]
) -> None:
    vera, ravi = people["vera"], people["ravi"]
    assert sign(vera, order, "performed").status_code == 201
    assert sign(ravi, order, "reviewed").status_code == 201
    api = ApiClient(vera)
    place = f"/execution/work-orders/{order.pk}/"
    refused = api.patch(place, {"quantity": "12"}, version=1)
    assert (refused.status_code, code(refused)) == (409, "reason_required")
    changed = api.patch(place, {"quantity": "12"}, version=1, **{"Change-Reason": "Two more asked"})
    assert changed.status_code == 200, changed.body
    assert code(release(vera, order)) == "signature_required"
    order.refresh_from_db()
    assert [one.state for one in signatures_of(order)] == ["superseded", "superseded"]
    first, last = order.history.order_by("history_id")
    assert (first.quantity, last.quantity) == (10, 12)
    assert last.history_change_reason == "Two more asked"
    for user, meaning in ((ravi, "performed"), (vera, "reviewed")):
        assert sign(user, order, meaning).status_code == 201
    assert release(vera, order).status_code == 200


def test_a_signature_cannot_be_moved_or_changed(
    order: WorkOrder, people: dict[str, User], factory: Factory
) -> None:
    other = draft(factory, "PIPE")
    assert sign(people["vera"], order, "performed").status_code == 201
    signature = Signature.objects.get()
    with pytest.raises(Exception, match=r"append-only|permission"), transaction.atomic():
        Signature.objects.update(source_id=other.pk)
    copy = Signature.objects.get()
    copy.pk, copy.source_id, copy.document_version = None, other.pk, other.version
    copy.save(force_insert=True)
    assert [one.state for one in signatures_of(other)] == ["broken"]
    assert [one.state for one in signatures_of(order)] == ["valid"]
    for field in ("signer_name", "meaning", "reason", "content"):
        changed = Signature.objects.get(pk=signature.pk)
        setattr(changed, field, {} if field == "content" else "other")
        assert bytes(changed.binding_hash) != changed.binding(), field


def test_guessing_passwords_locks_out(order: WorkOrder, people: dict[str, User]) -> None:
    answers = [sign(people["vera"], order, "performed", "guess") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]
    assert [code(answer) for answer in answers] == ["wrong_password"] * 4 + ["locked_out"]
    assert answers[-1].headers["Retry-After"] == "900"
    assert sign(people["vera"], order, "performed").status_code in (401, 429)
    assert not Signature.objects.exists()


def test_only_the_role_signs(order: WorkOrder, people: dict[str, User], by: User) -> None:
    create_signature_rule(
        company=order.company,
        document=DOCUMENT,
        status="released",
        meaning="approved",
        role=Group.objects.get(name="quality"),
        by=by,
    )
    assert code(sign(people["vera"], order, "approved")) == "wrong_signer"
    people["vera"].groups.add(Group.objects.get(name="quality"))
    assert sign(people["vera"], order, "approved").status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"document": "core.user"}, "document"),
        ({"document_id": 10**9}, "document_id"),
        ({"status": "closed"}, "status"),
        ({"meaning": "approved"}, "meaning"),
        ({"meaning": "waved through"}, "meaning"),
    ],
)
def test_bad_input_names_its_field(
    change: dict[str, Any], field: str, order: WorkOrder, people: dict[str, User]
) -> None:
    body = {"document": DOCUMENT, "document_id": order.pk, "status": "released"}
    body |= {"meaning": "performed", "password": PASSWORD, **change}
    answer = ApiClient(people["vera"]).post("/core/signatures/", body)
    assert answer.status_code in (400, 409, 422)
    assert answer.body["errors"][0]["attr"] == field
    assert not Signature.objects.exists()


def test_another_companys_document_is_not_there(order: WorkOrder, by: User) -> None:
    stranger = make_member("stranger", make_books("OTHER", by=by).company)
    stranger.groups.add(Group.objects.get(name="planner"))
    stranger.set_password(PASSWORD)
    stranger.save()
    assert sign(stranger, order, "performed").body["errors"][0]["attr"] == "document_id"


def test_the_admin_asks_on_the_documents_page(order: WorkOrder, people: dict[str, User]) -> None:
    client = Client()
    client.force_login(people["vera"], BACKEND)
    page = client.get(reverse("admin:execution_workorder_change", args=[order.pk]))
    assert "Waits for signatures: Performed, Reviewed" in page.content.decode()
    url = reverse("admin:execution_workorder_sign", args=[order.pk])
    form = {"wanted": "released:performed", "password": "wrong", "reason": ""}
    assert "This is not your password" in client.post(url, form).content.decode()
    assert client.post(url, form | {"password": PASSWORD}).status_code == 302
    page = client.get(reverse("admin:execution_workorder_change", args=[order.pk]))
    assert "Performed: Vera Doe" in page.content.decode()


def test_no_script_gets_past_the_rule(order: WorkOrder) -> None:
    with pytest.raises(Exception, match="signatures missing"), transaction.atomic():
        WorkOrder.objects.filter(pk=order.pk).update(status="released")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgname = 'core_signatures' AND tgenabled = 'O'"
        )
        assert cursor.fetchone()[0] == len(signable_models())
