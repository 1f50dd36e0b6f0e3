"""Files: only what they say they are, under names that are ours."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile as Upload

from apps.core.errors import InvalidInput
from apps.core.models import Attachment, Company, User
from apps.core.services.attachments import add_attachment, remove_attachment, safe_name
from apps.core.services.comments import add_comment
from apps.masterdata.models import Unit


@pytest.fixture
def row(acme: Company, by: User) -> Unit:
    return Unit(company=acme, code="EA", name="Each", dimension="count").save_by(by)


def office(folder: str, *more: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", f"{folder}document.xml", *more):
            archive.writestr(name, "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("a.pdf", b"%PDF-1.7 x", "application/pdf"),
        ("A.PNG", b"\x89PNG\r\n\x1a\n..", "image/png"),
        ("a.jpeg", b"\xff\xd8\xff\xe0..", "image/jpeg"),
        ("a.csv", "größe;1\n".encode(), "text/csv"),
        ("a.docx", office("word/"), None),
        ("a.step", b"ISO-10303-21;\nHEADER;", "model/step"),
        ("long.txt", b"a" * 4095 + "ü".encode() * 50, "text/plain"),
    ],
)
def test_honest_files_are_kept(
    row: Unit, by: User, name: str, content: bytes, kind: str | None
) -> None:
    kept = add_attachment(row, name=name, file=Upload(name, content), by=by)
    assert kept.size == len(content) and len(kept.sha256) == 64
    assert len(kept.file.name.rpartition("/")[2].partition(".")[0]) == 32
    assert kind is None or kept.content_type == kind
    with kept.file.open("rb") as stored:
        assert stored.read() == content
    remove_attachment(kept, by=by)
    assert not Attachment.objects.exists()


VIRUS = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("invoice.pdf", b"<html><script>alert(1)</script>", "file_mismatch"),
        ("a.png", b"%PDF-1.7", "file_mismatch"),
        ("a.svg", b"<svg onload=alert(1)>", "file_type"),
        ("a.html", b"<html>", "file_type"),
        ("a.exe", b"MZ..", "file_type"),
        ("a.pdf.exe", b"%PDF-", "file_type"),
        ("noextension", b"%PDF-", "file_type"),
        ("a.txt", b"MZ\0\0", "file_mismatch"),
        ("a.xlsx", b"PK\x03\x04nonsense", "file_mismatch"),
        ("a.xlsx", office("word/"), "file_mismatch"),
        ("a.docx", office("word/", "word/vbaProject.bin"), "file_mismatch"),
        ("a.txt", VIRUS, "malware"),
        ("a.pdf", b"%PDF-" + b"x" * (1 << 16) + VIRUS, "malware"),
        ("a.pdf", b"", "file_size"),
    ],
)
def test_s19_liars_are_refused(row: Unit, by: User, name: str, content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        add_attachment(row, name=name, file=Upload(name, content), by=by)
    assert caught.value.code == code
    assert not Attachment.objects.exists()


def test_files_have_a_limit(row: Unit, by: User, settings: Any) -> None:
    settings.ATTACHMENT_LIMIT = 100
    with pytest.raises(InvalidInput, match="MB"):
        add_attachment(row, name="a.txt", file=Upload("a.txt", b"x" * 101), by=by)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.txt", "boot.txt"),
        ("a\0.pdf", "a_.pdf"),
        ("gnp.\u202etxt.pdf", "gnp._txt.pdf"),
        ('a"\r\nX: y.pdf', "a___X_ y.pdf"),
        ("", "file"),
        ("...", "file"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_names_are_made_harmless(name: str, shown: str) -> None:
    assert safe_name(name) == shown


def test_comments_say_something(row: Unit, by: User) -> None:
    assert add_comment(row, text="  mind the gap ", by=by).text == "mind the gap"
    for text in (" ", "x" * 5001):
        with pytest.raises(InvalidInput):
            add_comment(row, text=text, by=by)
