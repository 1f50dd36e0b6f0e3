from __future__ import annotations

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Index
from django.utils.translation import gettext_lazy as _

from apps.core.models.base import CompanyBound


class Attachment(CompanyBound):
    """A file on any row. Its stored name is our own; the user's name is only shown."""

    target_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    target_id = models.BigIntegerField()
    target = GenericForeignKey("target_type", "target_id")
    file = models.FileField(_("file"), upload_to="attachments/%Y/%m/")
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(_("content type"), max_length=100)
    size = models.PositiveBigIntegerField(_("size"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        indexes = [Index(fields=["target_type", "target_id"], name="core_attachment_target")]

    def __str__(self) -> str:
        return self.name


class Comment(CompanyBound):
    """A remark on any row."""

    target_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    target_id = models.BigIntegerField()
    target = GenericForeignKey("target_type", "target_id")
    text = models.TextField(_("text"), max_length=5000)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("comment")
        verbose_name_plural = _("comments")
        indexes = [Index(fields=["target_type", "target_id"], name="core_comment_target")]

    def __str__(self) -> str:
        return self.text[:60]
