"""Cost comes to an asset: from a bill, from where it gathered, or from the books before."""

from __future__ import annotations

from datetime import date as Date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import User
from apps.core.money import ZERO
from apps.core.services.documents import require_company
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    Account,
    CostObject,
    FixedAsset,
    Invoice,
    InvoiceLine,
    PostingRole,
)
from apps.finance.queries.assets import Standing, borne_by_assets
from apps.finance.queries.posting_rules import AccountResolver
from apps.finance.services.asset_events import (
    Kind,
    Move,
    catch_up,
    depreciation_lines,
    ledger_standing,
    line_of,
    lock_asset,
    write_event,
)
from apps.finance.services.assets import require_amount, settle_residuals
from apps.finance.services.credit_shares import worth_of
from apps.finance.services.journal import Line

Status = FixedAsset.Status


def capitalise_asset(
    asset: FixedAsset,
    *,
    date: Date,
    by: User,
    amount: Decimal | None = None,
    account: Account | None = None,
    invoice_line: InvoiceLine | None = None,
    cost_object: CostObject | None = None,
    version: int | None = None,
) -> FixedAsset:
    """Move cost onto the asset, in all of its books: Dr asset / Cr where it stood until now.

    It comes from a line of a posted bill (all that is left of it without ``amount``), from
    ``account``, or from the account that gathers the cost of assets (role ``fixed_asset``).
    Cost of an asset in use is an addition: depreciation is brought up to the day and goes on
    from what is carried then. Raises ``InvalidInput`` naming what is wrong.
    """
    with unit_of_work():
        if invoice_line is not None:
            # before the asset, as a credit note over it does; assets that share a line wait here
            Invoice.objects.select_for_update(no_key=True).get(pk=invoice_line.invoice_id)
        current, found = lock_asset(asset, at=date, version=version)
        company = current.company
        require_company(
            company, account=account, invoice_line=invoice_line, cost_object=cost_object
        )
        if current.status not in (Status.ORDERED, *FixedAsset.ACTIVE):
            raise BusinessError(
                "not_in_use",
                _("{asset} is {status}.").format(
                    asset=current, status=current.get_status_display()
                ),
                field="asset",
            )
        source: Any = current
        if invoice_line is not None:
            source = invoice_line
            account, amount = _from_line(invoice_line, account, amount)
            cost_object = cost_object or invoice_line.cost_object
        if amount is None:
            raise InvalidInput("required", _("Say how much."), field="amount")
        require_amount(amount, field="amount", places=company.currency.decimal_places)
        credited = _credited(current, account)
        in_use = current.status in FixedAsset.ACTIVE
        moves = catch_up(found) if in_use else []
        lines = [
            line for m in moves if m.standing.posts_to_ledger for line in depreciation_lines(m)
        ]
        kind = Kind.ADDITION if in_use else Kind.ACQUISITION
        ledger = ledger_standing(found)
        lines += [
            line_of(ledger, ledger.asset_account_id, amount),
            Line(
                account_id=credited,
                amount=-amount,
                memo=current.name,
                site_id=current.site_id,
                cost_object_id=cost_object.pk if cost_object else None,
            ),
        ]
        moves += [Move(standing, kind, cost=amount) for standing in found]
        if current.acquired_on is None:
            current.acquired_on = date
        return write_event(
            current,
            moves,
            date=date,
            kind=kind,
            lines=lines,
            by=by,
            description=str(kind.label),
            source=source,
        )


def _from_line(
    line: InvoiceLine, account: Account | None, amount: Decimal | None
) -> tuple[Account, Decimal]:
    """The account and the amount of a bill's line that is not capitalised yet."""
    invoice = Invoice.objects.get(pk=line.invoice_id)
    if invoice.kind != Invoice.Kind.SUPPLIER or invoice.status != Invoice.Status.POSTED:
        raise BusinessError(
            "not_a_posted_bill",
            _("{invoice} is not a posted supplier bill.").format(invoice=invoice),
            field="invoice_line",
        )
    if line.account is None or account is not None:
        raise InvalidInput(
            "no_account",
            _("A line of a bill has an account of its own, and no other is given."),
            field="account" if account else "invoice_line",
        )
    left = worth_of(line) - sum((one.amount for one in borne_by_assets([line.pk])), ZERO)
    if left <= 0 or (amount is not None and amount > left):
        raise BusinessError(
            "more_than_billed",
            _("Of this line {left} is left to capitalise.").format(left=left),
            field="amount",
        )
    return line.account, left if amount is None else amount


def _credited(asset: FixedAsset, account: Account | None) -> int:
    if account is None:
        account_id = AccountResolver(asset.company).account_id(PostingRole.FIXED_ASSET)
        account = Account.objects.get(pk=account_id)
    if not account.takes_manual_lines:
        raise BusinessError(
            "control_account",
            _("{account} is kept by its own documents and takes no manual line.").format(
                account=account
            ),
            field="account",
        )
    return int(account.pk)


def take_over_asset(
    asset: FixedAsset,
    *,
    date: Date,
    cost: Decimal,
    depreciation: Decimal,
    acquired_on: Date,
    in_service_on: Date,
    by: User,
    by_book: dict[str, Decimal] | None = None,
    row: int | None = None,
    version: int | None = None,
) -> FixedAsset:
    """Bring an asset over from the books before: Dr asset / Cr depreciation and opening balances.

    ``depreciation`` is what was charged until ``date`` in every book, unless ``by_book`` (code to
    amount) says otherwise. Raises ``InvalidInput`` when nothing would be left to depreciate.
    """
    with unit_of_work():
        current, found = lock_asset(asset, at=date, version=version)
        current.transition_to(Status.IN_USE)
        places = current.company.currency.decimal_places
        require_amount(cost, field="cost", places=places, row=row)
        _check_days(date, acquired_on, in_service_on, row)
        if any(standing.last_date for standing in found):
            raise BusinessError(
                "has_movements", _("{asset} has moved already.").format(asset=current), row=row
            )
        settle_residuals(current, {standing.id: cost for standing in found}, by=by)
        residuals = dict(current.books.values_list("pk", "residual"))
        codes = dict(current.books.values_list("pk", "book__code"))
        moves = []
        for standing in found:
            booked = (by_book or {}).get(codes[standing.id], depreciation)
            _check_booked(standing, cost, residuals[standing.id], booked, row)
            moves.append(Move(standing, Kind.OPENING, cost=cost, depreciation=booked))
        ledger = ledger_standing(found)
        booked = next(m.depreciation for m in moves if m.standing.id == ledger.id)
        opening = AccountResolver(current.company).account_id(PostingRole.OPENING)
        lines = [
            line_of(ledger, ledger.asset_account_id, cost),
            line_of(ledger, ledger.depreciation_account_id, -booked),
            Line(account_id=opening, amount=booked - cost, memo=current.name),
        ]
        current.acquired_on, current.in_service_on = acquired_on, in_service_on
        return write_event(
            current,
            moves,
            date=date,
            kind=Kind.OPENING,
            lines=lines,
            by=by,
            description=str(Kind.OPENING.label),
        )


def _check_days(date: Date, acquired_on: Date, in_service_on: Date, row: int | None) -> None:
    if in_service_on < acquired_on:
        raise InvalidInput(
            "before_acquisition",
            _("It was acquired on {date} only.").format(date=acquired_on),
            field="in_service_on",
            row=row,
        )
    if in_service_on > date:
        raise InvalidInput(
            "after_take_over",
            _("What is not in use yet is capitalised, not taken over."),
            field="in_service_on",
            row=row,
        )


def _check_booked(
    standing: Standing, cost: Decimal, residual: Decimal | None, booked: Decimal, row: int | None
) -> None:
    depreciable = cost - (residual or ZERO)
    if booked < 0:
        raise InvalidInput(
            "negative", _("Depreciation is not below zero."), field="depreciation", row=row
        )
    if booked and booked >= depreciable:
        raise InvalidInput(
            "nothing_left",
            _("Booked is {booked} of {depreciable}: nothing is left to depreciate.").format(
                booked=booked, depreciable=depreciable
            ),
            field="depreciation",
            row=row,
        )
