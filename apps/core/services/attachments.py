"""Files on any row: kept only when the content is what the name says, and harmless to show."""

from __future__ import annotations

import hashlib
import re
import unicodedata
import uuid
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import File
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Attachment
from apps.core.transactions import unit_of_work

LARGEST_FILE = 20 * 1024 * 1024
LONGEST_NAME = 200
HEAD = 4096
# Split, so that a virus scanner does not take this module for the test file itself.
_TEST_VIRUS = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!"
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\:*?"<>|]')


@dataclass(frozen=True, slots=True)
class FileType:
    content_type: str
    matches: Callable[[bytes, Any], bool]


def _starts(*magics: bytes) -> Callable[[bytes, Any], bool]:
    return lambda head, file: head.startswith(magics)


def _text(head: bytes, file: Any) -> bool:
    # a multi-byte character may be cut at the end of the head
    try:
        head[: HEAD - 4].decode("utf-8-sig")
    except UnicodeDecodeError:
        return len(head) == HEAD and _decodes_but_for_the_end(head)
    return b"\0" not in head


def _xml(head: bytes, file: Any) -> bool:
    return head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<") and b"\0" not in head


def _decodes_but_for_the_end(head: bytes) -> bool:
    try:
        head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return error.start >= len(head) - 4 and b"\0" not in head
    return b"\0" not in head


def _office(folder: str) -> Callable[[bytes, Any], bool]:
    def matches(head: bytes, file: Any) -> bool:
        if not head.startswith(b"PK\x03\x04"):
            return False
        try:
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, ValueError):
            return False
        finally:
            file.seek(0)
        has_macros = any(name.lower().endswith("vbaproject.bin") for name in names)
        return (
            "[Content_Types].xml" in names
            and any(name.startswith(folder) for name in names)
            and not has_macros
        )

    return matches


_OFFICE = "application/vnd.openxmlformats-officedocument."
TYPES: dict[str, FileType] = {
    ".pdf": FileType("application/pdf", _starts(b"%PDF-")),
    ".png": FileType("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    ".jpg": FileType("image/jpeg", _starts(b"\xff\xd8\xff")),
    ".jpeg": FileType("image/jpeg", _starts(b"\xff\xd8\xff")),
    ".gif": FileType("image/gif", _starts(b"GIF87a", b"GIF89a")),
    ".webp": FileType("image/webp", lambda h, f: h[:4] == b"RIFF" and h[8:12] == b"WEBP"),
    ".tif": FileType("image/tiff", _starts(b"II*\0", b"MM\0*")),
    ".tiff": FileType("image/tiff", _starts(b"II*\0", b"MM\0*")),
    ".txt": FileType("text/plain", _text),
    ".csv": FileType("text/csv", _text),
    ".xml": FileType("application/xml", _xml),
    ".dxf": FileType("image/vnd.dxf", _text),
    ".stp": FileType("model/step", _starts(b"ISO-10303-21")),
    ".step": FileType("model/step", _starts(b"ISO-10303-21")),
    ".dwg": FileType("image/vnd.dwg", _starts(b"AC10")),
    ".xlsx": FileType(_OFFICE + "spreadsheetml.sheet", _office("xl/")),
    ".docx": FileType(_OFFICE + "wordprocessingml.document", _office("word/")),
    ".pptx": FileType(_OFFICE + "presentationml.presentation", _office("ppt/")),
}


def safe_name(name: str) -> str:
    """The name as it is shown: no path, no control or direction marks, at most 200 characters."""
    base = unicodedata.normalize("NFC", name.replace("\\", "/").rpartition("/")[2])
    clean = _UNSAFE.sub("_", base).strip(" .")
    suffix = PurePosixPath(clean).suffix[:10]
    stem = clean[: len(clean) - len(suffix)] if suffix else clean
    return f"{stem[: LONGEST_NAME - len(suffix)] or 'file'}{suffix}"


def add_attachment(target: Any, *, name: str, file: File, by: Any) -> Attachment:
    """Keep ``file`` with ``target``. Raises ``InvalidInput`` (422) for what may not come in."""
    limit = getattr(settings, "ATTACHMENT_LIMIT", LARGEST_FILE)
    if not file.size or file.size > limit:
        raise InvalidInput(
            "file_size",
            _("A file has 1 byte to {limit} MB.").format(limit=limit // 1024 // 1024),
            field="file",
        )
    shown = safe_name(name)
    suffix = PurePosixPath(shown).suffix.lower()
    kind = TYPES.get(suffix)
    if kind is None:
        raise InvalidInput(
            "file_type",
            _("Files of this type are not kept. Allowed: {types}.").format(types=", ".join(TYPES)),
            field="file",
        )
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    if not kind.matches(head, file):
        raise InvalidInput(
            "file_mismatch",
            _("The content is not what the name {name} says.").format(name=shown),
            field="file",
        )
    digest = _scan(file)
    with unit_of_work():
        attachment = Attachment(
            company_id=target.company_id,
            target_type=ContentType.objects.get_for_model(target),
            target_id=target.pk,
            name=shown,
            content_type=kind.content_type,
            size=file.size,
            sha256=digest,
            created_by=by,
        )
        attachment.file.save(f"{uuid.uuid4().hex}{suffix}", file, save=False)
        attachment.save()
    return attachment


def _scan(file: File) -> str:
    """SHA-256 of the content; refuses the anti-virus test file."""
    digest = hashlib.sha256()
    tail = b""
    for chunk in file.chunks():
        if _TEST_VIRUS in tail + chunk:
            raise InvalidInput("malware", _("This file is not safe."), field="file")
        tail = chunk[-len(_TEST_VIRUS) :]
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def remove_attachment(attachment: Attachment, *, by: Any) -> None:
    """Take a file away from its row, and from the disk."""
    with unit_of_work():
        attachment.delete()
        attachment.file.delete(save=False)
