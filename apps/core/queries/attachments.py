"""Files and comments of a row, and whether somebody may read them."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet

from apps.core.models import Attachment, Comment


def attachments_of(row: Model) -> QuerySet[Attachment]:
    return Attachment.objects.filter(
        target_type=ContentType.objects.get_for_model(row), target_id=row.pk
    ).select_related("created_by")


def comments_of(row: Model) -> QuerySet[Comment]:
    return Comment.objects.filter(
        target_type=ContentType.objects.get_for_model(row), target_id=row.pk
    ).select_related("created_by")


def may_read(attachment: Attachment, user: Any) -> bool:
    """Whoever may see the row that a file belongs to may read the file."""
    model = attachment.target_type.model_class()
    if model is None:
        return False
    permission = f"{model._meta.app_label}.view_{model._meta.model_name}"
    if not user.has_perm(permission):
        return False
    rows: Any = model._default_manager.filter(pk=attachment.target_id)
    return bool(rows.visible_to(user).exists())
