"""Files and comments of a row, and whether somebody may read them."""

from __future__ import annotations

from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet

from apps.core.models import Attachment, Comment


def attachments_of(row: Model) -> QuerySet[Attachment]:
    """Files of ``row``, and of the rows that it says it ``shares_files_of``."""
    return Attachment.objects.filter(_targets(row)).select_related("created_by")


def comments_of(row: Model) -> QuerySet[Comment]:
    """Comments on ``row``, and on the rows that it says it ``shares_files_of``."""
    return Comment.objects.filter(_targets(row)).select_related("created_by")


def _targets(row: Any) -> Q:
    shared = row.shares_files_of() if hasattr(row, "shares_files_of") else []
    condition = Q()
    for one in (row, *shared):
        kind = ContentType.objects.get_for_model(one)
        condition |= Q(target_type=kind, target_id=one.pk)
    return condition


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
