"""Groups, partners in them, and invoices between companies, written once and mirrored."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, User
from apps.core.services.documents import require_company
from apps.core.services.master_data import create_row, update_row
from apps.core.transactions import unit_of_work
from apps.finance.models import (
    AverageRate,
    GroupMember,
    IntercompanyPartner,
    Invoice,
    InvoiceLine,
    TaxCode,
)
from apps.finance.services.invoices import BillingLine, draft_invoice


def require_reach(by: User, *companies: Company, field: str) -> None:
    """Raise ``BusinessError`` unless ``by`` may enter these companies, with all of their sites."""
    whole = {entrance.company_id for entrance in by.reach if entrance.site_ids is None}
    if any(company.pk not in whole for company in companies):
        raise BusinessError(
            "closed_company", _("You may not enter all of these companies."), field=field
        )


def add_member(*, by: User, reason: str = "", **values: Any) -> GroupMember:
    """Take a company that ``by`` may enter into a group."""
    require_reach(by, values["member"], field="member")
    return create_row(GroupMember, values=values, by=by, reason=reason)


def change_member(
    member: GroupMember, *, by: User, version: int | None = None, reason: str = "", **values: Any
) -> GroupMember:
    """Change what the group holds of a company, or the company."""
    require_reach(by, values.get("member", member.member), field="member")
    return update_row(member, values=values, by=by, version=version, reason=reason)


def flag_partner(*, by: User, reason: str = "", **values: Any) -> IntercompanyPartner:
    """Say which of our companies a partner is."""
    with unit_of_work():
        row = IntercompanyPartner(**values)
        _check_flag(row, by)
        return row.save_by(by, reason=reason)


def change_flag(
    row: IntercompanyPartner,
    *,
    by: User,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> IntercompanyPartner:
    """Change which of our companies a partner is, or the account of its invoices."""
    with unit_of_work():
        row = update_row(row, values=values, by=by, version=version, reason=reason)
        _check_flag(row, by)
    return row


def create_average_rate(*, by: User, reason: str = "", **values: Any) -> AverageRate:
    """An average rate of a foreign currency over some days."""
    if values["ends_on"] < values["starts_on"]:
        raise InvalidInput("bad_span", _("It begins after it ends."), field="ends_on")
    if values["currency"] == values["company"].currency:
        raise InvalidInput(
            "own_currency", _("This is the company's own currency."), field="currency"
        )
    return create_row(AverageRate, values=values, by=by, reason=reason)


def mirror_invoice(invoice: Invoice, *, by: User) -> Invoice:
    """The bill of a posted invoice in the books of the company it went to, as a draft.

    Same currency, lines and total; its reference is the invoice's number. Tax codes are those of
    the same code. Raises ``BusinessError`` when the partner is none of our companies, the bill is
    there already or ``by`` may not enter that company; ``InvalidInput`` when a tax code or the
    account is missing there.
    """
    if invoice.kind != Invoice.Kind.CUSTOMER or invoice.status != Invoice.Status.POSTED:
        raise BusinessError(
            "not_posted", _("Only posted invoices to customers are mirrored."), field="invoice"
        )
    there = IntercompanyPartner.objects.filter(partner=invoice.partner).first()
    if there is None:
        raise BusinessError(
            "no_counterpart",
            _("{partner} is none of our companies.").format(partner=invoice.partner),
            field="invoice",
        )
    require_reach(by, there.counterpart, field="invoice")
    back = (
        IntercompanyPartner.objects.select_for_update(of=("self",))
        .filter(company=there.counterpart, counterpart=invoice.company)
        .select_related("partner", "account", "company")
        .order_by("pk")
    )
    with unit_of_work():
        ours = back.first()
        if ours is None:
            raise BusinessError(
                "no_counterpart",
                _("{company} has no partner that is {other}.").format(
                    company=there.counterpart, other=invoice.company
                ),
                field="invoice",
            )
        bills = Invoice.objects.filter(
            company=ours.company,
            kind=Invoice.Kind.SUPPLIER,
            partner=ours.partner,
            reference=invoice.number,
            status__in=(Invoice.Status.DRAFT, Invoice.Status.POSTED),
        )
        if bills.exists():
            raise BusinessError(
                "already_mirrored",
                _("{invoice} is mirrored already.").format(invoice=invoice),
                field="invoice",
            )
        lines = invoice.lines.select_related("tax_code", "withholding")
        return draft_invoice(
            ours.company,
            kind=Invoice.Kind.SUPPLIER,
            partner=ours.partner,
            date=invoice.date,
            due_date=invoice.due_date,
            currency=invoice.currency,
            reference=invoice.number,
            lines=[_mirrored(line, ours, row) for row, line in enumerate(lines)],
            by=by,
        )


def _mirrored(line: InvoiceLine, ours: IntercompanyPartner, row: int) -> BillingLine:
    if ours.account is None:
        raise InvalidInput(
            "account_required",
            _("Say which account bears invoices of {partner}.").format(partner=ours.partner),
            field="account",
        )
    if line.withholding is not None:
        raise InvalidInput(
            "withheld", _("Tax that is withheld is not mirrored."), field="withholding", row=row
        )
    return BillingLine(
        quantity=line.quantity,
        unit_price=line.unit_price,
        description=line.description or str(line.item or ""),
        tax_code=_tax_code(line, ours, row),
        account=ours.account,
        amount=line.amount,
        tax_amount=line.tax_amount,
        price_includes_tax=line.price_includes_tax,
    )


def _tax_code(line: InvoiceLine, ours: IntercompanyPartner, row: int) -> TaxCode | None:
    if line.tax_code is None:
        return None
    code = TaxCode.objects.filter(
        company=ours.company, code=line.tax_code.code, is_active=True
    ).first()
    if code is None:
        raise InvalidInput(
            "no_tax_code",
            _("{company} has no tax code {code}.").format(
                company=ours.company, code=line.tax_code.code
            ),
            field="tax_code",
            row=row,
        )
    return code


def _check_flag(row: IntercompanyPartner, by: User) -> None:
    require_company(row.company, partner=row.partner, account=row.account)
    if row.counterpart_id == row.company_id:
        raise InvalidInput(
            "own_company", _("No partner is the company itself."), field="counterpart"
        )
    require_reach(by, row.counterpart, field="counterpart")
    if row.account is not None and not row.account.takes_manual_lines:
        raise InvalidInput(
            "control_account",
            _("{account} is kept by its own documents and takes no manual line.").format(
                account=row.account
            ),
            field="account",
        )
