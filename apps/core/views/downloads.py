"""Files go out only to those who may see the row they belong to, and only as downloads."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, Http404

from apps.core.models import Attachment
from apps.core.queries.attachments import may_read


def file_response(file: Any, *, name: str, content_type: str) -> FileResponse:
    """``file`` as a download that no browser will run or guess about."""
    response = FileResponse(file, as_attachment=True, filename=name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def attachment_response(attachment_id: int, user: Any) -> FileResponse:
    """The file, or 404 for who may not see its row."""
    attachment = (
        Attachment.objects.visible_to(user)
        .select_related("target_type")
        .filter(pk=attachment_id)
        .first()
    )
    if attachment is None or not may_read(attachment, user):
        raise Http404
    return file_response(
        attachment.file.open("rb"), name=attachment.name, content_type=attachment.content_type
    )
