from __future__ import annotations

import hashlib
import json

from django.conf import settings
from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models import Document
from apps.core.models.base import CompanyBound


class ShiftHandover(Document):
    """What a shift of a work centre leaves to the next one.

    ``content`` is the snapshot that both sign; numbers in it are text, times ISO 8601. Signed, the
    shift is closed: nothing is reported into it any more.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        HANDED_OVER = "handed_over", _("Handed over")
        SIGNED = "signed", _("Signed")

    TRANSITIONS = {
        Status.DRAFT: {Status.HANDED_OVER},
        Status.HANDED_OVER: {Status.SIGNED, Status.DRAFT},
        Status.SIGNED: {Status.DRAFT},
    }

    status = models.CharField(
        _("status"), max_length=11, choices=Status, default=Status.DRAFT, editable=False
    )
    site = CompanyForeignKey("core.Site", related_name="+", editable=False, verbose_name=_("site"))
    work_centre = CompanyForeignKey(
        "masterdata.WorkCentre", related_name="+", verbose_name=_("work centre")
    )
    shift = CompanyForeignKey("masterdata.Shift", related_name="+", verbose_name=_("shift"))
    day = models.DateField(_("day"))
    starts_at = models.DateTimeField(_("starts at"), editable=False)
    ends_at = models.DateTimeField(_("ends at"), editable=False)
    note = models.TextField(_("note"), max_length=4000, blank=True)
    content = models.JSONField(_("content"), default=dict, editable=False)
    outgoing_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("handed over by"),
    )
    outgoing_name = models.CharField(
        _("handed over by"), max_length=200, blank=True, editable=False
    )
    outgoing_at = models.DateTimeField(_("handed over at"), null=True, editable=False)
    incoming_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("taken over by"),
    )
    incoming_name = models.CharField(_("taken over by"), max_length=200, blank=True, editable=False)
    incoming_at = models.DateTimeField(_("taken over at"), null=True, editable=False)
    binding_hash = models.BinaryField(_("hash"), max_length=32, null=True, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("shift hand-over")
        verbose_name_plural = _("shift hand-overs")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["work_centre", "shift", "day"], name="execution_shifthandover_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="execution_shifthandover_span"
            ),
            models.CheckConstraint(
                condition=~Q(status="signed")
                | Q(outgoing_by__isnull=False, incoming_by__isnull=False)
                & Q(binding_hash__isnull=False),
                name="execution_shifthandover_signed_by_both",
            ),
            *company_references("execution_shifthandover", "site", "work_centre", "shift"),
        ]
        indexes = [
            Index(
                fields=["work_centre", "starts_at", "ends_at"],
                condition=Q(status="signed"),
                name="execution_shifthandover_closed",
            )
        ]
        permissions = [
            ("sign_shifthandover", "Can sign shift hand-overs"),
            ("reopen_shifthandover", "Can reopen signed shift hand-overs"),
        ]

    def binding(self) -> bytes:
        """SHA-256 over all that the two signatures tie together."""
        bound = [
            self.company_id,
            self.work_centre_id,
            self.shift_id,
            self.day.isoformat(),
            self.starts_at.isoformat(),
            self.ends_at.isoformat(),
            self.content,
            *_signer(self.outgoing_by_id, self.outgoing_name, self.outgoing_at),
            *_signer(self.incoming_by_id, self.incoming_name, self.incoming_at),
        ]
        text = json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).digest()

    @property
    def is_intact(self) -> bool:
        """Whether what was signed still says what it said; false while it is not signed."""
        return self.binding_hash is not None and bytes(self.binding_hash) == self.binding()


def _signer(key: int | None, name: str, at: object) -> list[object]:
    return [key, name, at.isoformat() if hasattr(at, "isoformat") else None]


class ShiftHandoverNote(CompanyBound):
    """What the next shift should know of a machine."""

    handover = CompanyForeignKey(ShiftHandover, on_delete=models.CASCADE, related_name="notes")
    machine = CompanyForeignKey("masterdata.Machine", related_name="+", verbose_name=_("machine"))
    text = models.CharField(_("note"), max_length=1000)

    class Meta(CompanyBound.Meta):
        ordering = ("handover", "machine__code")
        verbose_name = _("note of a machine")
        verbose_name_plural = _("notes of machines")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["handover", "machine"], name="execution_shifthandovernote_machine"
            ),
            *company_references("execution_shifthandovernote", "handover", "machine"),
        ]

    def __str__(self) -> str:
        return f"{self.machine}: {self.text}"
