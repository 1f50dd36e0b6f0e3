"""Tax returns: drawn from the tax ledger, filed in order, settled by entry."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal

from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO
from apps.core.services.documents import lock
from apps.core.sql import insert_rows
from apps.core.transactions import unit_of_work
from apps.finance.models import PostingRole, TaxBox, TaxEntry, TaxReturn, TaxReturnLine
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.queries.tax_returns import return_amounts, return_balances
from apps.finance.services.journal import Entry, Line, post_numbered

JOURNAL = "GEN"
Status = TaxReturn.Status


def draft_tax_return(
    company: Company, *, starts_on: Date, ends_on: Date, by: User, reference: str = ""
) -> TaxReturn:
    """A return of a span of days. Raises ``InvalidInput`` when it ends before it starts."""
    if ends_on < starts_on:
        raise InvalidInput("ends_early", _("It ends before it begins."), field="ends_on")
    with unit_of_work():
        _require_next(company, ends_on)
        return TaxReturn(
            company=company,
            starts_on=starts_on,
            ends_on=ends_on,
            reference=reference,
            created_by=by,
        ).save_by(by)


def file_tax_return(
    tax_return: TaxReturn, *, by: User, reference: str = "", version: int | None = None
) -> TaxReturn:
    """Freeze each box and move the tax to what is payable, on the last day of the return.

    Writers of tax wait until it is done, so that every entry belongs to one return. Raises
    ``BusinessError`` when a later return is filed, there are no boxes, or the period is closed.
    """
    with unit_of_work():
        tax_return = lock(tax_return, version=version)
        tax_return.transition_to(Status.FILED)
        _require_next(tax_return.company, tax_return.ends_on)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('finance_taxentry'))")
        newest = TaxEntry.objects.filter(company=tax_return.company).aggregate(n=Max("id"))["n"]
        tax_return.last_entry = newest or 0
        tax_return.reference = reference or tax_return.reference
        _write_boxes(tax_return)
        balances = return_balances(tax_return)
        tax_return.payable = -sum((balance for _account, balance in balances), ZERO)
        if balances:
            entry = _settlement(tax_return, balances)
            [posted] = post_numbered(tax_return.company, [entry], by=by)
            tax_return.number, tax_return.entry_id = posted.number, posted.id
        return tax_return.save_by(by)


def cancel_tax_return(
    tax_return: TaxReturn, *, by: User, reason: str = "", version: int | None = None
) -> TaxReturn:
    """Give up a draft."""
    with unit_of_work():
        tax_return = lock(tax_return, version=version)
        tax_return.transition_to(Status.CANCELLED)
        return tax_return.save_by(by, reason=reason)


def _require_next(company: Company, ends_on: Date) -> None:
    later = TaxReturn.objects.filter(
        company=company, status=Status.FILED, ends_on__gte=ends_on
    ).order_by("-ends_on")
    if (found := later.first()) is not None:
        raise BusinessError(
            "filed_already",
            _("The return up to {date} is filed: this one has to end later.").format(
                date=found.ends_on
            ),
            field="ends_on",
        )


def _write_boxes(tax_return: TaxReturn) -> None:
    boxes = return_amounts(tax_return)
    if not boxes:
        raise BusinessError(
            "no_boxes",
            _("The company has no boxes: say first what its return declares."),
            details={"model": TaxBox._meta.label_lower},
        )
    insert_rows(
        TaxReturnLine,
        [
            {
                "company_id": tax_return.company_id,
                "tax_return_id": tax_return.pk,
                "box_id": box.id,
                "amount": box.amount,
            }
            for box in boxes
        ],
    )


def _settlement(tax_return: TaxReturn, balances: list[tuple[int, Decimal]]) -> Entry:
    payable = AccountResolver(tax_return.company).account_id(PostingRole.TAX_SETTLEMENT)
    return Entry(
        journal=JOURNAL,
        date=tax_return.ends_on,
        source=tax_return,
        description=_("Tax return {first} – {last}").format(
            first=tax_return.starts_on, last=tax_return.ends_on
        ),
        lines=[
            *(Line(account_id=account_id, amount=-balance) for account_id, balance in balances),
            *([Line(account_id=payable, amount=-tax_return.payable)] if tax_return.payable else []),
        ],
    )
