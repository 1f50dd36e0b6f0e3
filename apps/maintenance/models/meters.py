from __future__ import annotations

from django.db import models
from django.db.models import F, Index, Q
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, not_negative, positive
from apps.core.fields import CompanyForeignKey, LedgerAmountField, QuantityField
from apps.core.models import LedgerRow, MasterData
from apps.core.models.base import CompanyBound


class Meter(MasterData):
    """What an asset has done so far. Read by hand, or told by a machine.

    ``machine_cycles`` adds ``per_count`` for each piece the machine counts, good or not;
    ``machine_hours`` adds the hours it was running.
    """

    class Kind(models.TextChoices):
        HOURS = "hours", _("Hours")
        CYCLES = "cycles", _("Cycles")
        KILOMETRES = "km", _("Kilometres")

    class Source(models.TextChoices):
        MANUAL = "manual", _("Read by hand")
        MACHINE_CYCLES = "machine_cycles", _("Counts of the machine")
        MACHINE_HOURS = "machine_hours", _("Running hours of the machine")

    asset = CompanyForeignKey("maintenance.Asset", related_name="meters", verbose_name=_("asset"))
    kind = models.CharField(_("kind"), max_length=8, choices=Kind, default=Kind.HOURS)
    source = models.CharField(_("source"), max_length=14, choices=Source, default=Source.MANUAL)
    machine = CompanyForeignKey(
        "masterdata.Machine",
        related_name="meters",
        null=True,
        blank=True,
        verbose_name=_("machine"),
        help_text=_("Empty: the machine that the asset is, or is part of."),
    )
    per_count = QuantityField(_("per count"), default=1)
    rolls_over_at = QuantityField(
        _("rolls over at"),
        null=True,
        blank=True,
        help_text=_("After this reading the display starts at zero again."),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("meter")
        verbose_name_plural = _("meters")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=Q(source="manual") | Q(machine__isnull=False),
                name="maintenance_meter_machine_told",
            ),
            *positive("maintenance_meter", "per_count", "rolls_over_at"),
            *company_references("maintenance_meter", "asset", "machine"),
        ]


class MeterTotal(CompanyBound):
    """Where a meter stands now: one row for each, changed with every reading.

    ``total`` never falls; ``reading`` is what the display shows. ``told`` is the sum of what the
    machine said, ``told_most`` the most it ever was: a late event may take running time back, and
    the total then waits until the machine has caught up.
    """

    meter = CompanyForeignKey(
        Meter, on_delete=models.CASCADE, related_name="totals", verbose_name=_("meter")
    )
    total = LedgerAmountField(_("total"), default=0)
    reading = LedgerAmountField(_("reading"), default=0)
    added = LedgerAmountField(_("added last"), default=0)
    told = LedgerAmountField(_("told by the machine"), default=0)
    told_most = LedgerAmountField(_("most told by the machine"), default=0)
    read_at = models.DateTimeField(_("read at"), null=True)

    class Meta(CompanyBound.Meta):
        verbose_name = _("meter total")
        verbose_name_plural = _("meter totals")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.UniqueConstraint(fields=["meter"], name="maintenance_metertotal_meter"),
            *not_negative("maintenance_metertotal", "total", "reading", "added"),
            models.CheckConstraint(
                condition=Q(told_most__gte=F("told")), name="maintenance_metertotal_told_most"
            ),
            *company_references("maintenance_metertotal", "meter"),
        ]

    def __str__(self) -> str:
        return f"{self.meter}: {self.total}"


class MeterReading(LedgerRow):
    """One step of a meter: what was read, what it added, and the total since the asset began."""

    class Kind(models.TextChoices):
        READING = "reading", _("Reading")
        ROLL_OVER = "roll_over", _("Roll-over")
        RESET = "reset", _("Reset or exchange")
        MACHINE = "machine", _("Told by the machine")

    meter = CompanyForeignKey(Meter, related_name="readings", verbose_name=_("meter"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    read_at = models.DateTimeField(_("read at"))
    reading = LedgerAmountField(_("reading"))
    increment = LedgerAmountField(_("added"))
    total = LedgerAmountField(_("total"))
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta(LedgerRow.Meta):
        ordering = ("-id",)
        verbose_name = _("meter reading")
        verbose_name_plural = _("meter readings")
        constraints = [
            *LedgerRow.Meta.constraints,
            *not_negative("maintenance_meterreading", "reading", "increment", "total"),
            *company_references("maintenance_meterreading", "meter"),
        ]
        indexes = [Index(fields=["meter", "read_at"], name="maintenance_meterreading_time")]

    def __str__(self) -> str:
        return f"{self.reading.normalize():f}"
