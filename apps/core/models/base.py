"""The four bases: what kind of thing is it?

``AuditedModel`` has history; ``MasterData`` is referred to by code; ``Document`` moves through
statuses; ``LedgerRow`` is written once. A fifth base needs an ADR.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import connection, models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from apps.core.errors import InvalidTransition
from apps.core.sql import audited_columns, insert_audited, update_audited


class ScopedQuerySet(models.QuerySet):
    """Rows that belong to a company, and perhaps to a site."""

    def visible_to(self, user: Any) -> Self:
        """Rows of the companies and sites that ``user`` may see; one company's in a request."""
        if user.sees_everything:
            return self
        scope = user.scope
        rows = self.filter(company_id__in=scope.company_ids)
        if scope.site_ids is not None and any(f.name == "site" for f in self.model._meta.fields):
            rows = rows.filter(Q(site_id__in=scope.site_ids) | Q(site_id__isnull=True))
        return rows


class AuditedModel(models.Model):
    """A row whose changes are kept with who, when and why. ``version`` is the optimistic lock."""

    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True, editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True, editable=False)
    history = HistoricalRecords(
        inherit=True, history_change_reason_field=models.TextField(null=True)
    )

    class Meta:
        abstract = True

    def save_by(self, by: Any, *, reason: str = "") -> Self:
        """Save and write the history row in the name of ``by``: one statement, no signals."""
        row: Any = self
        row._prepare_related_fields_for_save(operation_name="save")
        is_new = self._state.adding or self.pk is None
        if not is_new:
            self.version += 1
        values = [
            column.get_db_prep_save(column.pre_save(self, add=is_new), connection)
            for column in audited_columns(type(self))
        ]
        if is_new:
            [self.pk] = insert_audited(type(self), [values], by_id=by.pk, reason=reason or None)
            self._state.adding, self._state.db = False, connection.alias
        else:
            attributes = [column.attname for column in audited_columns(type(self))]
            rows = [[self.pk, *values]]
            update_audited(type(self), attributes, rows, by_id=by.pk, reason=reason or None)
        return self


class CompanyBound(models.Model):
    """Mixed into every base that belongs to a company; lets children point by (company, id)."""

    company = models.ForeignKey(
        "core.Company",
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        verbose_name=_("company"),
    )

    objects = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints: ClassVar[list[Any]] = [
            UniqueConstraint(fields=["company", "id"], name="%(app_label)s_%(class)s_company_id"),
        ]


class MasterData(CompanyBound, AuditedModel):
    """A noun that others refer to by ``code``, unique in its company."""

    code = models.CharField(_("code"), max_length=60)
    name = models.CharField(_("name"), max_length=200)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(CompanyBound.Meta):
        abstract = True
        ordering: ClassVar[tuple[str, ...]] = ("code",)
        constraints: ClassVar[list[Any]] = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["company", "code"], name="%(app_label)s_%(class)s_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Document(CompanyBound, AuditedModel):
    """A paper of the business with a status. Only services change ``status``."""

    TRANSITIONS: ClassVar[Mapping[Any, Any]] = {}

    number = models.CharField(_("number"), max_length=40, blank=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        editable=False,
        verbose_name=_("created by"),
    )

    class Meta(CompanyBound.Meta):
        abstract = True
        ordering: ClassVar[tuple[str, ...]] = ("-id",)
        constraints: ClassVar[list[Any]] = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["company", "number"],
                condition=~Q(number=""),
                name="%(app_label)s_%(class)s_number",
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"{self._meta.verbose_name} #{self.pk}"

    def can_become(self, status: str) -> bool:
        return status in self.TRANSITIONS.get(self.status, set())

    def transition_to(self, status: str) -> None:
        """Set ``status``; raises ``InvalidTransition`` when the table has no such step."""
        if not self.can_become(status):
            raise InvalidTransition(self, status)
        self.status = status


class LedgerRow(CompanyBound):
    """A row of a register: written once, never changed, with the document or event behind it.

    The database refuses UPDATE, DELETE and TRUNCATE (``apps.core.ledger_guards``). ``source_type``
    and ``created_by`` carry no constraint of their own: each check would lock the same few parent
    rows in every posting.
    """

    IS_REGISTER = True

    source_type = models.ForeignKey(
        ContentType,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("source type"),
    )
    source_id = models.BigIntegerField(_("source id"))
    source = GenericForeignKey("source_type", "source_id")
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("created by"),
    )

    class Meta(CompanyBound.Meta):
        abstract = True
