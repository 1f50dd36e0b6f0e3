from __future__ import annotations

import zoneinfo
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references
from apps.core.fields import CompanyForeignKey
from apps.core.models.base import AuditedModel, LedgerRow


def validate_time_zone(value: str) -> None:
    if value not in zoneinfo.available_timezones():
        raise ValidationError(_("%(value)s is no time zone."), params={"value": value})


class CompanyQuerySet(models.QuerySet):
    def open_to(self, user: Any) -> Self:
        """The companies that ``user`` may enter, whichever one is entered."""
        if user.is_superuser:
            return self
        return self.filter(pk__in=[entrance.company_id for entrance in user.reach])

    def visible_to(self, user: Any) -> Self:
        return self if user.sees_everything else self.filter(pk__in=user.scope.company_ids)


class Company(AuditedModel):
    """A legal entity that keeps books in one functional currency."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=200)
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    address = models.TextField(_("address"), blank=True)
    tax_number = models.CharField(_("tax number"), max_length=40, blank=True)
    registration_number = models.CharField(_("registration number"), max_length=40, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    electronic_address = models.CharField(_("electronic address"), max_length=100, blank=True)
    electronic_address_scheme = models.CharField(
        _("scheme of the electronic address"),
        max_length=4,
        blank=True,
        help_text=_("Code of the EAS list, 0088 for a GLN, EM for e-mail."),
    )
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    bank_details = models.TextField(_("bank details"), blank=True)
    iban = models.CharField(_("IBAN"), max_length=34, blank=True)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)

    objects = CompanyQuerySet.as_manager()

    class Meta:
        ordering = ("code",)
        verbose_name = _("company")
        verbose_name_plural = _("companies")

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class SiteQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> Self:
        if user.sees_everything:
            return self
        rows = self.filter(company_id__in=user.scope.company_ids)
        site_ids = user.scope.site_ids
        return rows if site_ids is None else rows.filter(pk__in=site_ids)


class Site(AuditedModel):
    """A plant or warehouse: ISA-95's *site*, the root of the equipment hierarchy."""

    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, related_name="sites", verbose_name=_("company")
    )
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=200)
    time_zone = models.CharField(
        _("time zone"), max_length=60, default="UTC", validators=[validate_time_zone]
    )
    address = models.TextField(_("address"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)

    objects = SiteQuerySet.as_manager()

    class Meta:
        ordering = ("code",)
        verbose_name = _("site")
        verbose_name_plural = _("sites")
        constraints = [
            UniqueConstraint(fields=["company", "id"], name="core_site_company_id"),
            UniqueConstraint(fields=["company", "code"], name="core_site_code"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)


class Membership(models.Model):
    """Lets a user see a company: all of its sites, or those listed."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships"
    )
    company = models.ForeignKey(Company, on_delete=models.CASCADE, related_name="memberships")
    sites = models.ManyToManyField(
        Site, blank=True, related_name="+", help_text=_("Empty: every site of the company.")
    )
    is_default = models.BooleanField(
        _("to begin with"),
        default=False,
        help_text=_("Where requests act that name no company; else the company known longest."),
    )

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            UniqueConstraint(fields=["user", "company"], name="core_membership_user_company"),
            UniqueConstraint(
                fields=["user"], condition=Q(is_default=True), name="core_membership_default"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.company}"


class CompanySwitch(LedgerRow):
    """Somebody went to act in ``company``, in all sites open to him or in one; source: it."""

    left = models.ForeignKey(
        Company,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_constraint=False,
        db_index=False,
        verbose_name=_("before that"),
    )
    site = CompanyForeignKey(
        Site, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("site")
    )

    class Meta(LedgerRow.Meta):
        verbose_name = _("company switch")
        verbose_name_plural = _("company switches")
        ordering = ("-id",)
        constraints = [
            *LedgerRow.Meta.constraints,
            *company_references("core_companyswitch", "site"),
        ]
        indexes = [models.Index(fields=["created_by", "-id"], name="core_companyswitch_who")]

    def __str__(self) -> str:
        return f"{self.created_by} → {self.company.code}"
