"""Dunning: a run proposes reminders, is looked through, then confirmed: letters and fees."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from decimal import Decimal

from django.db import IntegrityError
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_reason,
    require_status,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import independent_part, unit_of_work
from apps.finance.models import (
    Account,
    DunningLevel,
    DunningLine,
    DunningRun,
    DunningTerms,
    Invoice,
    PostingRole,
)
from apps.finance.queries.ageing import open_instalments
from apps.finance.queries.dunning import overdue_items
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.invoices import BillingLine, draft_invoice, post_invoice

Status = DunningRun.Status


def propose_dunning(
    company: Company, *, terms: DunningTerms, date: Date, by: User, posts_fees: bool = False
) -> DunningRun:
    """A run with every instalment that has come to its next level at ``date``.

    Raises ``BusinessError`` ``nothing_overdue``; ``dunned_already`` when another run was faster.
    """
    require_company(company, terms=terms)
    with unit_of_work():
        found = overdue_items(company, levels=list(terms.levels.all()), at=date)
        if not found:
            raise BusinessError(
                "nothing_overdue", _("Nobody has to be reminded at {date}.").format(date=date),
                field="date",
            )  # fmt: skip
        run = DunningRun(
            company=company,
            number=next_number("finance_dunningrun_series", "DR"),
            terms=terms,
            date=date,
            posts_fees=posts_fees,
            created_by=by,
        ).save_by(by)
        lines = [
            DunningLine(
                company=company,
                run=run,
                partner_id=one.item.partner_id,
                invoice_id=one.item.id,
                due_date=one.item.due_date,
                level=one.level,
                amount=one.item.open,
            )
            for one in found
        ]
        try:
            with independent_part():
                insert_all(lines, by=by)
        except IntegrityError as error:
            raise BusinessError(
                "dunned_already", _("Another run reminds of some of it already."), field="date"
            ) from error
        return run


def exclude_lines(
    run: DunningRun, *, lines: Sequence[DunningLine], by: User, reason: str = ""
) -> DunningRun:
    """Leave lines out of a proposed run; they may come with the next."""
    with unit_of_work():
        run = lock(run)
        require_status(run, Status.PROPOSED)
        keys = [line.pk for line in lines]
        rows = list(run.lines.filter(pk__in=keys).order_by("pk"))
        if not keys or len(rows) < len(set(keys)):
            raise InvalidInput("wrong_line", _("Name lines of this run."), field="lines")
        for row in rows:
            row.is_live = False
        update_all(rows, "is_live", by=by, reason=reason)
        return run.save_by(by, reason=reason)


def confirm_dunning(run: DunningRun, *, by: User, version: int | None = None) -> DunningRun:
    """Let the letters go out, and invoice the fees where the run says so: one per partner.

    What was paid or disputed since it was proposed is left out.
    """
    with unit_of_work():
        run = lock(run, version=version, related=("company__currency", "terms"))
        run.transition_to(Status.CONFIRMED)
        lines = list(run.lines.filter(is_live=True).select_related("invoice", "partner"))
        lines = _still_overdue(run, lines, by)
        if not lines:
            raise BusinessError(
                "nothing_overdue", _("Nothing of this run is overdue any more."), field="status"
            )
        if run.posts_fees:
            _post_fees(run, lines, by)
        return run.save_by(by, reason=_("Confirmed"))


def cancel_dunning(
    run: DunningRun, *, by: User, reason: str = "", version: int | None = None
) -> DunningRun:
    """Give a proposed run up: its levels may come again."""
    with unit_of_work():
        run = lock(run, version=version)
        run.transition_to(Status.CANCELLED)
        lines = list(run.lines.filter(is_live=True))
        for line in lines:
            line.is_live = False
        update_all(lines, "is_live", by=by, reason=reason)
        return run.save_by(by, reason=reason)


def dispute_invoice(
    invoice: Invoice, *, reason: str, by: User, version: int | None = None
) -> Invoice:
    """Mark a posted invoice as disputed: it is not dunned until the dispute is settled."""
    reason = require_reason(reason)
    with unit_of_work():
        invoice = lock(invoice, version=version)
        require_status(invoice, Invoice.Status.POSTED)
        invoice.dispute = reason[:200]
        return invoice.save_by(by, reason=reason)


def settle_dispute(
    invoice: Invoice, *, reason: str, by: User, version: int | None = None
) -> Invoice:
    """The dispute is over; dunning goes on where it was."""
    reason = require_reason(reason)
    with unit_of_work():
        invoice = lock(invoice, version=version)
        if not invoice.dispute:
            raise BusinessError(
                "not_disputed", _("{invoice} is not disputed.").format(invoice=invoice),
                field="dispute",
            )  # fmt: skip
        invoice.dispute = ""
        return invoice.save_by(by, reason=reason)


def _still_overdue(run: DunningRun, lines: Sequence[DunningLine], by: User) -> list[DunningLine]:
    still = {
        (item.id, item.due_date): item.open
        for item in open_instalments(run.company, kind="customer", at=run.date)
        if item.kind == "invoice"
    }
    kept, dropped = [], []
    for line in lines:
        left = still.get((line.invoice_id, line.due_date))
        if left is None or line.invoice.dispute:
            line.is_live = False
            dropped.append(line)
        else:
            line.amount = left
            kept.append(line)
    update_all(dropped, "is_live", by=by, reason=_("Paid or disputed"))
    update_all(kept, "amount", by=by)
    return kept


def _post_fees(run: DunningRun, lines: Sequence[DunningLine], by: User) -> None:
    levels: dict[int, DunningLevel] = {level.level: level for level in run.terms.levels.all()}
    account = Account.objects.get(
        pk=AccountResolver(run.company).account_id(
            PostingRole.DUNNING_FEE, otherwise=PostingRole.REVENUE
        )
    )
    by_partner: dict[int, list[DunningLine]] = {}
    for line in lines:
        by_partner.setdefault(line.partner_id, []).append(line)
    for own in by_partner.values():
        highest = levels.get(max(line.level for line in own))
        if highest is None or not highest.fee:
            continue
        fee = draft_invoice(
            run.company,
            kind=Invoice.Kind.CUSTOMER,
            partner=own[0].partner,
            date=run.date,
            currency=run.company.currency,
            reference=run.number,
            lines=[
                BillingLine(
                    Decimal(1),
                    highest.fee,
                    description=_("Dunning fee, level {level}").format(level=highest.level),
                    account=account,
                )
            ],
            by=by,
        )
        fee = post_invoice(fee, by=by)
        for line in own:
            line.fee_invoice = fee
        update_all(own, "fee_invoice", by=by)
