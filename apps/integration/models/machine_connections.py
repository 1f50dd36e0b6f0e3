from __future__ import annotations

from django.db import models
from django.db.models import Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound


class MachineConnection(MasterData):
    """A way to machines: a broker, or an agent, and who acts for what it says."""

    class Protocol(models.TextChoices):
        SPARKPLUG = "sparkplug", _("MQTT, Sparkplug B")
        MQTT_JSON = "mqtt_json", _("MQTT, plain JSON")
        MTCONNECT = "mtconnect", _("MTConnect agent")
        OPCUA = "opcua", _("OPC UA server")
        HTTP_JSON = "http_json", _("HTTP, plain JSON: devices send to us")

    protocol = models.CharField(_("protocol"), max_length=10, choices=Protocol)
    address = models.CharField(
        _("address"),
        max_length=300,
        blank=True,
        help_text=_(
            "mqtt://broker:1883, mqtts://broker:8883, http://agent:5000, opc.tcp://server:4840;"
            " empty where devices send to us."
        ),
    )
    topic = models.CharField(
        _("topic or device"),
        max_length=200,
        blank=True,
        help_text=_(
            "The topics to listen to, # for all below; of an agent the device, empty for all; of an"
            " OPC UA server the SHA-256 fingerprint that its certificate must have, empty for any."
        ),
    )
    username = models.CharField(_("user name"), max_length=100, blank=True)
    account = CompanyForeignKey(
        "integration.ServiceAccount",
        related_name="connections",
        verbose_name=_("service account"),
        help_text=_("What machines say is recorded in the name of this account."),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("connection to machines")
        verbose_name_plural = _("connections to machines")
        constraints = [
            *MasterData.Meta.constraints,
            *company_references("integration_machineconnection", "account"),
        ]


class ConnectionState(CompanyBound):
    """How a connection stands, and where reading goes on after a restart; its sealed password,
    which no history keeps and no export takes along.
    """

    connection = models.OneToOneField(
        MachineConnection, on_delete=models.CASCADE, related_name="state"
    )
    is_online = models.BooleanField(_("online"), default=False)
    changed_at = models.DateTimeField(_("changed at"))
    last_heard_at = models.DateTimeField(_("last heard at"), null=True)
    detail = models.CharField(_("detail"), max_length=300, blank=True)
    instance_id = models.CharField(_("instance"), max_length=60, blank=True)
    next_sequence = models.BigIntegerField(_("next sequence"), null=True)
    session = models.JSONField(_("session"), default=list)
    sealed_password = models.TextField(_("sealed password"), blank=True)
    batches = models.BigIntegerField(_("batches taken"), db_default=0, editable=False)

    class Meta(CompanyBound.Meta):
        verbose_name = _("state of a connection")
        verbose_name_plural = _("states of connections")
        constraints = [
            *CompanyBound.Meta.constraints,
            *company_references("integration_connectionstate", "connection"),
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {self.is_online}"


class MachineTag(CompanyBound, AuditedModel):
    """What a signal of a machine means: its state, a counter, a measurement, or an alarm."""

    class Role(models.TextChoices):
        STATE = "state", _("State of the machine")
        GOOD = "good", _("Counter of good pieces")
        SCRAP = "scrap", _("Counter of scrap")
        MEASURED = "measured", _("Measurement")
        ALARM = "alarm", _("Alarm")
        IGNORED = "ignored", _("Not used")

    class Kind(models.TextChoices):
        NUMBER = "number", _("Number")
        WHOLE = "whole", _("Whole number")
        TRUTH = "truth", _("true or false")
        TEXT = "text", _("Text")

    connection = CompanyForeignKey(
        MachineConnection, related_name="tags", verbose_name=_("connection")
    )
    path = models.CharField(
        _("signal"),
        max_length=300,
        help_text=_(
            "As the connection names it: group/node/device/metric, device/data item,"
            " ns=2;s=Press1.State."
        ),
    )
    machine = CompanyForeignKey(
        "masterdata.Machine", related_name="tags", null=True, blank=True, verbose_name=_("machine")
    )
    role = models.CharField(_("meaning"), max_length=8, choices=Role)
    states = models.TextField(
        _("states"),
        max_length=2000,
        blank=True,
        help_text=_(
            "One value per line and what it means: ACTIVE=running, ALARM=stopped:JAM with the code"
            " of a reason. States are running, setup, stopped, idle, off. Of an alarm the value"
            " and the reason of the stop that it causes: E21=JAM."
        ),
    )
    per_count = QuantityField(
        _("pieces per count"), default=1, help_text=_("Cavities of a tool, nests of a plate.")
    )
    rolls_over_at = QuantityField(
        _("rolls over at"),
        null=True,
        blank=True,
        help_text=_("How many values the counter has: 65536. Empty: falling means it was reset."),
    )
    scrap_reason = CompanyForeignKey(
        "masterdata.ReasonCode",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("reason of the scrap"),
    )
    is_writable = models.BooleanField(
        _("may be written"),
        default=False,
        help_text=_("Values may be sent to the machine by those who have the right to."),
    )
    written_as = models.CharField(
        _("kind of value"),
        max_length=6,
        choices=Kind,
        blank=True,
        help_text=_("Of what is written to it."),
    )
    lowest = QuantityField(_("lowest value"), null=True, blank=True)
    highest = QuantityField(_("highest value"), null=True, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("connection", "path")
        verbose_name = _("signal of a machine")
        verbose_name_plural = _("signals of machines")
        permissions = [
            ("whitelist_machinetag", "Can say which signals may be written, within what bounds"),
            ("write_machinetag", "Can write values to machines"),
        ]
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["connection", "path"], name="integration_machinetag_path"),
            models.CheckConstraint(
                condition=Q(role="ignored") | Q(machine__isnull=False),
                name="integration_machinetag_machine",
            ),
            *positive("integration_machinetag", "per_count"),
            models.CheckConstraint(
                condition=Q(is_writable=False) | ~Q(written_as=""),
                name="integration_machinetag_written_as",
            ),
            *company_references("integration_machinetag", "connection", "machine", "scrap_reason"),
        ]

    def __str__(self) -> str:
        return self.path


class TagState(CompanyBound):
    """The newest reading of a signal: what the next one is held against, under its lock.

    Readings themselves are no model: they lie in a table per day (``services.reading_days``).
    """

    tag = models.OneToOneField(MachineTag, on_delete=models.CASCADE, related_name="state")
    last_at = models.DateTimeField(_("last reading"), null=True)
    last_value = models.CharField(_("value"), max_length=200, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("tag",)
        verbose_name = _("present value of a signal")
        verbose_name_plural = _("present values of signals")
        constraints = [
            *CompanyBound.Meta.constraints,
            *company_references("integration_tagstate", "tag"),
        ]

    def __str__(self) -> str:
        return f"{self.tag} {self.last_value}"


class QuarantinedReading(CompanyBound, AuditedModel):
    """What machines said and nobody could use: kept, with its reason, to be played again."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        REPLAYED = "replayed", _("Played again")
        DISMISSED = "dismissed", _("Dismissed")

    status = models.CharField(
        _("status"), max_length=9, choices=Status, default=Status.WAITING, editable=False
    )
    connection = CompanyForeignKey(
        MachineConnection, related_name="quarantined", verbose_name=_("connection")
    )
    path = models.CharField(_("signal"), max_length=300, blank=True)
    code = models.CharField(_("reason"), max_length=40)
    detail = models.CharField(_("detail"), max_length=500, blank=True)
    payload = models.JSONField(_("what was said"))
    occurred_at = models.DateTimeField(_("occurred at"), null=True)
    times = models.PositiveIntegerField(_("times"), default=1)

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("quarantined reading")
        verbose_name_plural = _("quarantined readings")
        permissions = [("replay_quarantinedreading", "Can replay or dismiss quarantined readings")]
        constraints = [
            *CompanyBound.Meta.constraints,
            *company_references("integration_quarantinedreading", "connection"),
        ]
        indexes = [
            Index(
                fields=["connection", "path", "code"],
                condition=Q(status="waiting"),
                name="integration_quarantine_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.code}"
