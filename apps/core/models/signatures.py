from __future__ import annotations

import hashlib
import json

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Index, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.models.base import AuditedModel, CompanyBound, LedgerRow


class Meaning(models.TextChoices):
    """What a signature says (21 CFR 11.50 (a)(3))."""

    PERFORMED = "performed", _("Performed")
    REVIEWED = "reviewed", _("Reviewed")
    APPROVED = "approved", _("Approved")
    RESPONSIBLE = "responsible", _("Takes responsibility")


class SignatureRule(CompanyBound, AuditedModel):
    """A step that asks for a signature: without it no document of its kind takes ``status``.

    ``document`` is a model's label (``execution.workorder``). The database keeps the rule
    (``apps.core.services.signable``), so no service has to think of it.
    """

    document = models.CharField(_("document"), max_length=80)
    status = models.CharField(_("before it becomes"), max_length=20)
    meaning = models.CharField(_("meaning"), max_length=12, choices=Meaning)
    role = models.ForeignKey(
        Group,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("signed by the role"),
        help_text=_("Empty: by anybody who may see the document."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(CompanyBound.Meta):
        ordering = ("document", "status", "id")
        verbose_name = _("signature rule")
        verbose_name_plural = _("signature rules")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["company", "document", "status", "meaning"],
                name="core_signaturerule_document_status_meaning",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document} → {self.status}: {self.get_meaning_display()}"


class Signature(LedgerRow):
    """Who signed which version of a document, when, as what, and what it said then.

    ``created_by`` signed at ``created_at`` (UTC); ``source`` is the document. ``binding_hash``
    ties content, document, person, time and meaning together, so that a row copied to another
    record, or changed, no longer verifies (21 CFR 11.70).
    """

    status = models.CharField(_("before it becomes"), max_length=20)
    meaning = models.CharField(_("meaning"), max_length=12, choices=Meaning)
    signer_name = models.CharField(_("signed by"), max_length=200)
    signed_at = models.DateTimeField(_("signed at (UTC)"))
    reason = models.TextField(_("reason"), blank=True, max_length=500)
    document_version = models.PositiveIntegerField(_("version of the document"))
    content = models.JSONField(_("signed content"))
    binding_hash = models.BinaryField(_("hash"), max_length=32)

    class Meta(LedgerRow.Meta):
        ordering = ("id",)
        verbose_name = _("signature")
        verbose_name_plural = _("signatures")
        indexes = [Index(fields=["source_type", "source_id"], name="core_signature_source")]

    def __str__(self) -> str:
        moment = f"{self.signed_at:%Y-%m-%d %H:%M:%S} UTC"
        return f"{self.get_meaning_display()}: {self.signer_name}, {moment}"

    def binding(self) -> bytes:
        """SHA-256 over all that the signature ties together."""
        bound = [
            self.company_id,
            self.source_type_id,
            self.source_id,
            self.document_version,
            self.status,
            self.meaning,
            self.created_by_id,
            self.signer_name,
            self.signed_at.isoformat(),
            self.reason,
            self.content,
        ]
        text = json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).digest()
