"""Bank accounts, what banks report about them, and how it is tied to the ledger."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from apps.core.constraints import company_references, positive
from apps.core.fields import CompanyForeignKey, MoneyField
from apps.core.models import AuditedModel, Document, MasterData
from apps.core.models.base import CompanyBound


class BankAccount(MasterData):
    """An account of ours at a bank, kept on one ledger account of its own.

    Up to ``opened_on`` ledger and bank are taken to agree; from then on each line is matched.
    """

    number = models.CharField(_("IBAN or account number"), max_length=40)
    bic = models.CharField(_("BIC"), max_length=11, blank=True)
    currency = models.ForeignKey(
        "core.Currency", on_delete=models.PROTECT, related_name="+", verbose_name=_("currency")
    )
    account = CompanyForeignKey(
        "finance.Account", related_name="+", verbose_name=_("ledger account")
    )
    journal = CompanyForeignKey("finance.Journal", related_name="+", verbose_name=_("journal"))
    opened_on = models.DateField(_("agreed up to"), null=True, blank=True)

    class Meta(MasterData.Meta):
        verbose_name = _("bank account")
        verbose_name_plural = _("bank accounts")
        constraints = [
            *MasterData.Meta.constraints,
            UniqueConstraint(
                fields=["account"],
                condition=Q(is_active=True),
                name="finance_bankaccount_ledger_account",
            ),
            UniqueConstraint(
                fields=["company", "number", "currency"],
                condition=Q(is_active=True),
                name="finance_bankaccount_number",
            ),
            *company_references("finance_bankaccount", "account", "journal"),
        ]


class BankImport(Document):
    """A file of statements as it came; the same content comes in once."""

    class Status(models.TextChoices):
        RECEIVED = "received", _("Received")
        DONE = "done", _("Imported")
        CANCELLED = "cancelled", _("Refused")

    TRANSITIONS = {
        Status.RECEIVED: {Status.DONE, Status.CANCELLED},
        Status.DONE: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.RECEIVED, editable=False
    )
    file = models.FileField(_("file"), upload_to="bank/%Y/%m/", editable=False)
    name = models.CharField(_("name"), max_length=200, editable=False)
    format = models.CharField(_("format"), max_length=10, editable=False)
    sha256 = models.CharField(_("SHA-256"), max_length=64, editable=False)
    bank_account = CompanyForeignKey(
        BankAccount, related_name="+", null=True, editable=False, verbose_name=_("bank account")
    )
    profile = models.TextField(_("profile"), blank=True, editable=False)
    encoding = models.CharField(_("encoding"), max_length=20, default="utf-8", editable=False)
    job = CompanyForeignKey(
        "core.BackgroundJob", related_name="+", null=True, editable=False, verbose_name=_("job")
    )
    lines_new = models.PositiveIntegerField(_("new lines"), default=0, editable=False)
    lines_known = models.PositiveIntegerField(_("known lines"), default=0, editable=False)
    lines_pending = models.PositiveIntegerField(_("pending lines"), default=0, editable=False)
    message = models.TextField(_("message"), blank=True, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("statement file")
        verbose_name_plural = _("statement files")
        constraints = [
            *Document.Meta.constraints,
            UniqueConstraint(
                fields=["company", "sha256"],
                condition=~Q(status="cancelled"),
                name="finance_bankimport_once",
            ),
            *company_references("finance_bankimport", "bank_account", "job"),
        ]


class BankStatement(CompanyBound, AuditedModel):
    """One statement of one account. Only ``kind`` statement has both balances."""

    class Kind(models.TextChoices):
        STATEMENT = "statement", _("Statement")
        INTERIM = "interim", _("Interim report")
        NOTICE = "notice", _("Debit or credit notice")
        EXPORT = "export", _("Export")

    bank_account = CompanyForeignKey(
        BankAccount, related_name="statements", verbose_name=_("bank account")
    )
    source = CompanyForeignKey(BankImport, related_name="statements", verbose_name=_("file"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    number = models.CharField(_("number"), max_length=60, blank=True)
    sequence = models.CharField(_("sequence"), max_length=40, blank=True)
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("to"))
    opening_balance = MoneyField(_("opening balance"), null=True)
    closing_balance = MoneyField(_("closing balance"), null=True)
    line_count = models.PositiveIntegerField(_("lines"), default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta(CompanyBound.Meta):
        ordering = ("-ends_on", "-id")
        verbose_name = _("bank statement")
        verbose_name_plural = _("bank statements")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="finance_bankstatement_span"
            ),
            UniqueConstraint(
                fields=["bank_account", "kind", "number", "starts_on", "ends_on"],
                condition=Q(kind="statement") & ~Q(number=""),
                name="finance_bankstatement_once",
            ),
            *company_references("finance_bankstatement", "bank_account", "source"),
        ]
        indexes = [Index(fields=["bank_account", "ends_on"], name="finance_bankstatement_day")]

    def __str__(self) -> str:
        return f"{self.bank_account.code} {self.number or self.sequence or self.ends_on}"


class BankLine(CompanyBound, AuditedModel):
    """One entry on the account; above zero is money received, in the account's currency.

    ``content_key`` is a hash of what the bank said of it: how a repeated line is known again.
    """

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        MATCHED = "matched", _("Matched")
        IGNORED = "ignored", _("Ignored")

    statement = CompanyForeignKey(BankStatement, related_name="lines", verbose_name=_("statement"))
    bank_account = CompanyForeignKey(BankAccount, related_name="+", verbose_name=_("bank account"))
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.OPEN)
    position = models.PositiveIntegerField(_("position"))
    date = models.DateField(_("date"))
    value_date = models.DateField(_("value date"), null=True)
    amount = MoneyField(_("amount"))
    matched_amount = MoneyField(_("matched"), default=0)
    name = models.CharField(_("counterparty"), max_length=200, blank=True)
    iban = models.CharField(_("counterparty's account"), max_length=60, blank=True)
    end_to_end_id = models.CharField(_("end-to-end id"), max_length=60, blank=True)
    reference = models.CharField(_("reference"), max_length=140, blank=True)
    bank_reference = models.CharField(_("bank's reference"), max_length=60, blank=True)
    batch_id = models.CharField(_("batch"), max_length=60, blank=True)
    text = models.TextField(_("text"), blank=True)
    code = models.CharField(_("code"), max_length=40, blank=True)
    is_reversal = models.BooleanField(_("reversal"), default=False)
    content_key = models.CharField(_("content key"), max_length=64, editable=False)
    ignored_because = models.CharField(_("ignored because"), max_length=500, blank=True)

    class Meta(CompanyBound.Meta):
        ordering = ("-date", "-id")
        verbose_name = _("bank line")
        verbose_name_plural = _("bank lines")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=(
                    Q(amount__gte=0, matched_amount__gte=0, matched_amount__lte=F("amount"))
                    | Q(amount__lte=0, matched_amount__lte=0, matched_amount__gte=F("amount"))
                ),
                name="finance_bankline_matched_within",
            ),
            models.CheckConstraint(
                condition=Q(state="matched", matched_amount=F("amount"))
                | Q(state="ignored", matched_amount=0)
                | (Q(state="open") & ~Q(matched_amount=F("amount"))),
                name="finance_bankline_state",
            ),
            models.CheckConstraint(condition=~Q(amount=0), name="finance_bankline_amount_not_zero"),
            models.CheckConstraint(
                condition=~Q(state="ignored") | ~Q(ignored_because=""),
                name="finance_bankline_ignored_because",
            ),
            *company_references("finance_bankline", "statement", "bank_account"),
        ]
        indexes = [
            Index(fields=["bank_account", "content_key"], name="finance_bankline_content"),
            Index(fields=["bank_account", "state", "date"], name="finance_bankline_by_state"),
            Index(fields=["statement", "position"], name="finance_bankline_position"),
        ]
        permissions = [
            ("match_bankline", "Can match bank lines"),
            ("ignore_bankline", "Can ignore bank lines"),
        ]

    def __str__(self) -> str:
        return f"{self.date} {self.amount} {self.name or self.text[:40]}"

    @property
    def remaining(self) -> Decimal:
        return self.amount - self.matched_amount


class MatchRule(MasterData):
    """What to do with lines that say this. Empty conditions hold for every line.

    ``post`` books the line to ``account``; ``find`` looks for the invoice whose number or
    reference is the group of the regular expression ``reference_pattern``.
    """

    class Action(models.TextChoices):
        POST = "post", _("Post to an account")
        FIND = "find", _("Find the invoice by its reference")

    class Sign(models.TextChoices):
        ANY = "", _("Both")
        IN = "in", _("Received")
        OUT = "out", _("Paid")

    priority = models.PositiveSmallIntegerField(_("priority"), default=100)
    bank_account = CompanyForeignKey(
        BankAccount, related_name="+", null=True, blank=True, verbose_name=_("bank account")
    )
    text_contains = models.CharField(_("text contains"), max_length=140, blank=True)
    name_contains = models.CharField(_("counterparty contains"), max_length=140, blank=True)
    iban = models.CharField(_("counterparty's account"), max_length=60, blank=True)
    bank_code = models.CharField(_("bank's code"), max_length=40, blank=True)
    sign = models.CharField(_("direction"), max_length=3, choices=Sign, blank=True, default="")
    least = MoneyField(_("at least"), null=True, blank=True)
    most = MoneyField(_("at most"), null=True, blank=True)
    action = models.CharField(_("action"), max_length=4, choices=Action, default=Action.POST)
    account = CompanyForeignKey(
        "finance.Account", related_name="+", null=True, blank=True, verbose_name=_("account")
    )
    partner = CompanyForeignKey(
        "masterdata.Partner", related_name="+", null=True, blank=True, verbose_name=_("partner")
    )
    cost_object = CompanyForeignKey(
        "finance.CostObject", related_name="+", null=True, blank=True, verbose_name=_("cost object")
    )
    reference_pattern = models.CharField(_("reference pattern"), max_length=200, blank=True)
    is_automatic = models.BooleanField(_("without asking"), default=False)

    class Meta(MasterData.Meta):
        ordering = ("priority", "code")  # type: ignore[assignment]
        verbose_name = _("match rule")
        verbose_name_plural = _("match rules")
        constraints = [
            *MasterData.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(action="post") | Q(account__isnull=False),
                name="finance_matchrule_account",
            ),
            *company_references(
                "finance_matchrule", "bank_account", "account", "partner", "cost_object"
            ),
        ]


class BankMatch(CompanyBound, AuditedModel):
    """A bank line tied to a line of its ledger account, for ``amount`` of both.

    ``made`` says that the posting was made for the line: undoing reverses it. A match that is
    undone stays, no longer ``is_live``.
    """

    class Made(models.TextChoices):
        NOTHING = "", _("Found in the ledger")
        PAYMENT = "payment", _("Payment")
        POSTING = "posting", _("Posting")

    line = CompanyForeignKey(BankLine, related_name="matches", verbose_name=_("bank line"))
    #: Of the bank account's own ledger account, and so of its company: a trigger holds it there.
    journal_line = models.ForeignKey(
        "finance.JournalLine",
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        verbose_name=_("journal line"),
    )
    payment = CompanyForeignKey(
        "finance.Payment", related_name="+", null=True, verbose_name=_("payment")
    )
    rule = CompanyForeignKey(MatchRule, related_name="+", null=True, verbose_name=_("rule"))
    made = models.CharField(_("made"), max_length=8, choices=Made, blank=True, default="")
    amount = MoneyField(_("amount"))
    is_live = models.BooleanField(_("stands"), default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta(CompanyBound.Meta):
        ordering = ("-id",)
        verbose_name = _("bank match")
        verbose_name_plural = _("bank matches")
        constraints = [
            *CompanyBound.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(amount=0), name="finance_bankmatch_amount_not_zero"
            ),
            *company_references("finance_bankmatch", "line", "payment", "rule"),
        ]
        indexes = [
            Index(
                fields=["journal_line"],
                include=["amount"],
                condition=Q(is_live=True),
                name="finance_bankmatch_ledger",
            )
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.amount}"


class PaymentRun(Document):
    """Supplier bills paid together by one file; who approves it is not who made it."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")
        EXPORTED = "exported", _("Exported")
        DONE = "done", _("Executed")
        CANCELLED = "cancelled", _("Cancelled")

    TRANSITIONS = {
        Status.DRAFT: {Status.APPROVED, Status.CANCELLED},
        Status.APPROVED: {Status.EXPORTED, Status.DRAFT, Status.CANCELLED},
        Status.EXPORTED: {Status.DONE, Status.CANCELLED},
        Status.DONE: set(),
        Status.CANCELLED: set(),
    }

    status = models.CharField(
        _("status"), max_length=10, choices=Status, default=Status.DRAFT, editable=False
    )
    bank_account = CompanyForeignKey(BankAccount, related_name="+", verbose_name=_("bank account"))
    date = models.DateField(_("execution date"))
    due_until = models.DateField(_("bills due until"))
    total = MoneyField(_("total"), default=0, editable=False)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        editable=False,
        verbose_name=_("approved by"),
    )
    file = models.FileField(_("file"), upload_to="payments/%Y/%m/", blank=True, editable=False)

    class Meta(Document.Meta):
        verbose_name = _("payment run")
        verbose_name_plural = _("payment runs")
        constraints = [
            *Document.Meta.constraints,
            models.CheckConstraint(
                condition=~Q(approved_by=models.F("created_by")),
                name="finance_paymentrun_maker_is_not_approver",
            ),
            *company_references("finance_paymentrun", "bank_account"),
        ]
        permissions = [
            ("approve_paymentrun", "Can approve payment runs"),
            ("export_paymentrun", "Can export payment runs"),
            ("execute_paymentrun", "Can execute payment runs"),
        ]


class PaymentRunLine(CompanyBound, AuditedModel):
    """One bill in a run. ``is_live`` until the run is executed or cancelled."""

    run = CompanyForeignKey(PaymentRun, related_name="lines", verbose_name=_("payment run"))
    invoice = CompanyForeignKey("finance.Invoice", related_name="+", verbose_name=_("bill"))
    partner_account = CompanyForeignKey(
        "masterdata.PartnerBankAccount", related_name="+", verbose_name=_("paid to")
    )
    iban = models.CharField(_("IBAN"), max_length=34, blank=True, editable=False)
    account_number = models.CharField(
        _("account number"), max_length=34, blank=True, editable=False
    )
    bic = models.CharField(_("BIC"), max_length=11, blank=True, editable=False)
    amount = MoneyField(_("amount"))
    payment = CompanyForeignKey(
        "finance.Payment", related_name="+", null=True, editable=False, verbose_name=_("payment")
    )
    is_live = models.BooleanField(_("stands"), default=True, editable=False)

    class Meta(CompanyBound.Meta):
        ordering = ("id",)
        verbose_name = _("bill of a payment run")
        verbose_name_plural = _("bills of payment runs")
        constraints = [
            *CompanyBound.Meta.constraints,
            UniqueConstraint(
                fields=["invoice"],
                condition=Q(is_live=True),
                name="finance_paymentrunline_bill_once",
            ),
            *positive("finance_paymentrunline", "amount"),
            *company_references(
                "finance_paymentrunline", "run", "invoice", "partner_account", "payment"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invoice}: {self.amount}"
