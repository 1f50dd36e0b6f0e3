"""Remarks on any row."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Comment
from apps.core.transactions import unit_of_work

LONGEST_COMMENT = 5000


def add_comment(target: Any, *, text: str, by: Any) -> Comment:
    """Say something about ``target``. Raises ``InvalidInput`` for nothing, or too much."""
    words = text.strip()
    if not words or len(words) > LONGEST_COMMENT:
        raise InvalidInput(
            "text_length",
            _("Write 1 to {limit} characters.").format(limit=LONGEST_COMMENT),
            field="text",
        )
    with unit_of_work():
        return Comment.objects.create(
            company_id=target.company_id,
            target_type=ContentType.objects.get_for_model(target),
            target_id=target.pk,
            text=words,
            created_by=by,
        )
