"""Controlled work instructions: revisions, pictures, release by another, read and understood."""

from __future__ import annotations

import io
from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.test import Client
from PIL import Image

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.services.attachments import add_attachment
from apps.core.services.signatures import create_signature_rule
from apps.engineering.models import Acknowledgement, InstructionRevision, WorkInstruction
from apps.engineering.services.instructions import (
    Step,
    acknowledge_revision,
    change_instruction_revision,
    create_instruction_revision,
    obsolete_instruction_revision,
    release_instruction_revision,
)
from apps.hr.models import Employee
from tests.engineering.conftest import Office
from tests.factories import make_user
from tests.support.faces import ApiClient, codes, make_member
from tests.support.reconciled import assert_reconciled

MAY = date(2026, 5, 1)
PLACE = "/engineering/instruction-revisions/"


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "#0a559f").save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def boss(office: Office) -> User:
    return make_user("boss", company=office.books.company)


@pytest.fixture
def sheet(office: Office) -> WorkInstruction:
    return WorkInstruction(
        company=office.books.company, code="WI-01", name="Gluing", must_acknowledge=True
    ).save_by(office.books.by)


def draft(office: Office, sheet: WorkInstruction, **values: Any) -> InstructionRevision:
    steps = values.pop("steps", [Step("Clean", "With alcohol."), Step("Glue", is_critical=True)])
    return create_instruction_revision(
        office.books.company, instruction=sheet, steps=steps, by=office.books.by, **values
    )


def employee(office: Office, code: str, user: User | None = None) -> Employee:
    return Employee(
        company=office.books.company, code=code, name=code, site=office.books.site, user=user
    ).save_by(office.books.by)


def refused(act: Any) -> tuple[str, str | None]:
    with pytest.raises(BusinessError) as caught, transaction.atomic():
        act()
    return caught.value.code, caught.value.field


def test_revisions_follow_each_other(office: Office, sheet: WorkInstruction, boss: User) -> None:
    first = release_instruction_revision(draft(office, sheet), by=boss)
    second = draft(office, sheet, revision="B", effective_from=MAY, changed="Gloves")
    release_instruction_revision(second, by=boss)
    first.refresh_from_db()
    assert (first.status, first.effective_until) == ("released", MAY - timedelta(days=1))
    assert refused(lambda: draft(office, sheet, revision="B"))[0] == "revision_taken"
    third = draft(office, sheet, revision="C")
    assert refused(lambda: release_instruction_revision(third, by=boss)) == (
        "overlapping_effectivity",
        "effective_until",
    )
    old = obsolete_instruction_revision(second, reason="wrong glue", by=boss)
    assert old.status == "obsolete"
    assert_reconciled()


def test_its_author_does_not_release_it(office: Office, sheet: WorkInstruction, boss: User) -> None:
    made = draft(office, sheet)
    act = lambda: release_instruction_revision(made, by=office.books.by)  # noqa: E731
    assert refused(act) == ("self_approval", "status")
    empty = draft(office, sheet, steps=[], revision="B")
    assert refused(lambda: release_instruction_revision(empty, by=boss)) == ("no_lines", "steps")
    made.refresh_from_db()
    assert made.status == "draft"


def test_bad_steps_name_their_row_and_field(office: Office, sheet: WorkInstruction) -> None:
    other = draft(office, sheet, revision="X")
    foreign = add_attachment(
        other, name="a.png", file=ContentFile(picture(), "a.png"), by=office.books.by
    )
    for step, field in (
        (Step(" "), "title"),
        (Step("Glue", "x" * 5001), "text"),
        (Step("Glue", position=10), "position"),
        (Step("Glue", picture=foreign), "picture"),
    ):
        with pytest.raises(InvalidInput) as caught, transaction.atomic():
            draft(office, sheet, steps=[Step("Clean", position=10), step])
        assert (caught.value.field, caught.value.row) == (field, 1)
    assert InstructionRevision.objects.count() == 1


def test_a_picture_is_a_file_of_the_revision(office: Office, sheet: WorkInstruction) -> None:
    by = office.books.by
    made = draft(office, sheet)
    shown = add_attachment(made, name="a.png", file=ContentFile(picture(), "a.png"), by=by)
    made = change_instruction_revision(made, steps=[Step("Glue", picture=shown)], by=by)
    assert made.steps.get().picture == shown
    text = add_attachment(made, name="a.txt", file=ContentFile(b"words", "a.txt"), by=by)
    act = lambda: change_instruction_revision(  # noqa: E731
        made, steps=[Step("Glue", picture=text)], by=by
    )
    assert refused(act) == ("bad_picture", "picture")


def test_read_and_understood_once_by_oneself(
    office: Office, sheet: WorkInstruction, boss: User
) -> None:
    company = office.books.company
    ann_user = make_user("ann", company=company)
    ann, bob = employee(office, "ANN", ann_user), employee(office, "BOB")
    made = draft(office, sheet)
    assert refused(lambda: acknowledge_revision(made, by=ann_user))[0] == "wrong_status"
    release_instruction_revision(made, by=boss)
    first = acknowledge_revision(made, by=ann_user)
    assert (first.employee, first.revision, first.created_by) == (ann, made, ann_user)
    assert acknowledge_revision(made, by=ann_user) == first
    assert acknowledge_revision(made, employee=bob, by=boss).employee == bob  # at a terminal
    act = lambda: acknowledge_revision(made, employee=ann, by=boss)  # noqa: E731
    assert refused(act) == ("own_account", "employee")
    assert refused(lambda: acknowledge_revision(made, by=boss)) == (
        "employee_required",
        "employee",
    )
    assert Acknowledgement.objects.count() == 2
    with pytest.raises(DatabaseError), transaction.atomic():
        Acknowledgement.objects.filter(pk=first.pk).delete()


def test_an_instruction_lives_through_the_api(office: Office) -> None:
    company = office.books.company
    users = {}
    for name, role in (("pia", "planner"), ("qia", "quality"), ("ola", "operator")):
        user = make_member(name, company)
        user.groups.add(Group.objects.get(name=role))
        user.set_password("tube of copper 9")
        user.save()
        users[name] = user
    ola = employee(office, "OLA", users["ola"])
    create_signature_rule(
        company=company,
        document="engineering.instructionrevision",
        status="released",
        meaning="approved",
        by=office.books.by,
    )
    planner, quality, operator = (ApiClient(users[name]) for name in ("pia", "qia", "ola"))
    body = {"code": "WI-7", "name": "Pressing", "must_acknowledge": True}
    assert planner.post("/engineering/instructions/", body).status_code == 201
    steps = [{"title": "Press", "text": "2 bar", "is_critical": True}]
    made = planner.post(PLACE, {"instruction": "WI-7", "steps": steps})
    assert made.status_code == 201, made.body
    place = f"{PLACE}{made.body['id']}/"
    file = SimpleUploadedFile("press.png", picture(), content_type="image/png")
    shown = planner.upload(f"{place}attachments/", file=file)
    assert shown.status_code == 201, shown.body
    steps[0]["picture"] = shown.body["id"]
    changed = planner.patch(place, {"steps": steps}, version=1)
    assert changed.body["steps"][0]["picture"] == shown.body["id"], changed.body
    assert planner.post(f"{place}release/").status_code == 403
    unsigned = quality.post(f"{place}release/")
    assert codes(unsigned)[0][1] == "signature_required"
    signature = {
        "document": "engineering.instructionrevision",
        "document_id": made.body["id"],
        "status": "released",
        "meaning": "approved",
        "password": "tube of copper 9",
    }
    assert quality.post("/core/signatures/", signature).status_code == 201
    assert quality.post(f"{place}release/").body["status"] == "released"
    read = operator.post(f"{place}acknowledge/", {})
    assert (read.status_code, read.body["employee"]) == (201, ola.pk), read.body
    found = quality.get(f"/engineering/acknowledgements/?revision={made.body['id']}")
    assert [row["employee"] for row in found.body["results"]] == [ola.pk]


def test_the_admin_writes_an_instruction(office: Office, sheet: WorkInstruction) -> None:
    desk = Client()
    desk.force_login(office.books.by, "apps.core.backends.PermissionBackend")
    page = "/admin/engineering/instructionrevision/"
    form = {
        "company": office.books.company.pk,
        "instruction": sheet.pk,
        "revision": "A",
        "effective_from": "",
        "effective_until": "",
        "changed": "",
        "steps-TOTAL_FORMS": 1,
        "steps-INITIAL_FORMS": 0,
        "steps-0-position": "10",
        "steps-0-title": "Clean",
        "steps-0-text": "With alcohol.",
        "steps-0-picture": "",
    }
    answer = desk.post(f"{page}add/", form)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    made = InstructionRevision.objects.get()
    shown = desk.get(f"{page}{made.pk}/change/").content.decode()
    assert "Clean" in shown and "/verb/release/" in shown
    desk.post(f"{page}{made.pk}/verb/release/")
    made.refresh_from_db()
    assert made.status == "draft", "its author can't"
