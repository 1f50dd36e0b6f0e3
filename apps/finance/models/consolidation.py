"""Groups of companies: their members, who is one of them among partners, average rates."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, QuantityField
from apps.core.models import AuditedModel, MasterData
from apps.core.models.base import CompanyBound


class ConsolidationGroup(MasterData):
    """Companies whose books are shown as one, in the currency of the company that owns it."""

    class Meta(MasterData.Meta):
        verbose_name = _("group of companies")
        verbose_name_plural = _("groups of companies")


class GroupMember(CompanyBound, AuditedModel):
    """A company in a group, wholly consolidated; ``share`` is what the group holds of it.

    Accounts of a member with a chart of its own are called in the group what ``GroupAccount``
    says; those of the others keep their codes.
    """

    group = CompanyForeignKey(
        ConsolidationGroup,
        on_delete=models.CASCADE,
        related_name="members",
        verbose_name=_("group of companies"),
    )
    member = models.ForeignKey(
        "core.Company", on_delete=models.PROTECT, related_name="+", verbose_name=_("member")
    )
    share = QuantityField(_("share (%)"), default=100)
    has_own_chart = models.BooleanField(
        _("has a chart of its own"),
        default=False,
        help_text=_("Each of its accounts is given an account of the group."),
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta(CompanyBound.Meta):
        ordering = ("group", "id")
        verbose_name = _("member of a group")
        verbose_name_plural = _("members of groups")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["group", "member"], name="finance_groupmember_once"),
            models.CheckConstraint(
                condition=Q(share__gt=0, share__lte=100), name="finance_groupmember_share"
            ),
            *company_references("finance_groupmember", "group"),
        ]

    def __str__(self) -> str:
        return f"{self.group.code}: {self.member}"


class GroupAccount(CompanyBound, AuditedModel):
    """What an account of a member is called in the group: an account of the group's owner.

    ``account_code`` is the code in the member's chart; rows refer to no row of another company.
    """

    group = CompanyForeignKey(
        ConsolidationGroup, related_name="accounts", verbose_name=_("group of companies")
    )
    member = models.ForeignKey(
        "core.Company", on_delete=models.PROTECT, related_name="+", verbose_name=_("member")
    )
    account_code = models.CharField(_("account of the member"), max_length=60)
    account = CompanyForeignKey(
        "finance.Account", related_name="+", verbose_name=_("account of the group")
    )

    class Meta(CompanyBound.Meta):
        ordering = ("group", "member", "account_code")
        verbose_name = _("account of a member in the group")
        verbose_name_plural = _("accounts of members in groups")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["group", "member", "account_code"], name="finance_groupaccount_once"
            ),
            *company_references("finance_groupaccount", "group", "account"),
        ]

    def __str__(self) -> str:
        return f"{self.member.code} {self.account_code} → {self.account.code}"


class GroupMargin(CompanyBound, AuditedModel):
    """What a member earns on what it sells to another, in percent of the price.

    For goods in stock whose cost to the seller can't be traced.
    """

    group = CompanyForeignKey(
        ConsolidationGroup, related_name="margins", verbose_name=_("group of companies")
    )
    seller = models.ForeignKey(
        "core.Company", on_delete=models.PROTECT, related_name="+", verbose_name=_("seller")
    )
    buyer = models.ForeignKey(
        "core.Company", on_delete=models.PROTECT, related_name="+", verbose_name=_("buyer")
    )
    margin = QuantityField(_("margin (percent of the price)"))

    class Meta(CompanyBound.Meta):
        ordering = ("group", "id")
        verbose_name = _("margin in a group")
        verbose_name_plural = _("margins in groups")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["group", "seller", "buyer"], name="finance_groupmargin_once"),
            models.CheckConstraint(
                condition=Q(margin__gte=0, margin__lte=100), name="finance_groupmargin_percent"
            ),
            models.CheckConstraint(condition=~Q(seller=F("buyer")), name="finance_groupmargin_two"),
            *company_references("finance_groupmargin", "group"),
        ]

    def __str__(self) -> str:
        return f"{self.seller.code} → {self.buyer.code}: {self.margin.normalize():f} %"


class IntercompanyPartner(CompanyBound, AuditedModel):
    """A partner that is another of our companies; ``account`` bears what its invoices ask."""

    partner = CompanyForeignKey("masterdata.Partner", related_name="+", verbose_name=_("partner"))
    counterpart = models.ForeignKey(
        "core.Company",
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=_("our company"),
    )
    account = CompanyForeignKey(
        "finance.Account",
        related_name="+",
        null=True,
        blank=True,
        verbose_name=_("account of its invoices"),
    )

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("partner in the group")
        verbose_name_plural = _("partners in the group")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(fields=["partner"], name="finance_intercompanypartner_once"),
            models.CheckConstraint(
                condition=~Q(counterpart=F("company")), name="finance_intercompanypartner_other"
            ),
            *company_references("finance_intercompanypartner", "partner", "account"),
        ]

    def __str__(self) -> str:
        return f"{self.partner.code} = {self.counterpart}"


class AverageRate(CompanyBound, AuditedModel):
    """Company currency for one unit of a foreign one, on average over some days."""

    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    rate = QuantityField(_("rate"), max_digits=20, decimal_places=8)

    class Meta(CompanyBound.Meta):
        ordering = ("currency", "starts_on", "ends_on")
        verbose_name = _("average rate")
        verbose_name_plural = _("average rates")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["company", "currency", "starts_on", "ends_on"],
                name="finance_averagerate_span",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="finance_averagerate_days"
            ),
            *positive("finance_averagerate", "rate"),
        ]

    def __str__(self) -> str:
        return f"{self.currency_id} {self.starts_on} – {self.ends_on}: {self.rate}"
