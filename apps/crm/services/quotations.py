"""Quotations: drafted, approved, sent, and won, lost or replaced by a newer version."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date as Date
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company, Currency, Site, User
from apps.core.money import ZERO
from apps.core.services.documents import (
    insert_all,
    lock,
    require_company,
    require_status,
    update_all,
)
from apps.core.services.numbering import next_number
from apps.core.transactions import unit_of_work
from apps.crm.models import (
    Contact,
    Opportunity,
    OutcomeReason,
    Quotation,
    QuotationLine,
    SellerLimit,
)
from apps.crm.services.opportunities import require_contact, require_outcome
from apps.crm.services.quotation_lines import (
    ExtraCost,
    QuotedLine,
    build_lines,
    promise_lines,
    write_lines,
)
from apps.masterdata.models import Partner

SERIES = "crm_quotation_series"
PREFIX = "QU"
VALID_DAYS = 30
CHANGEABLE = frozenset(
    {
        "contact",
        "site",
        "quotation_date",
        "valid_until",
        "currency",
        "customer_reference",
        "note",
    }
)
Status = Quotation.Status


def create_quotation(
    company: Company,
    *,
    partner: Partner,
    site: Site,
    lines: Sequence[QuotedLine],
    by: User,
    opportunity: Opportunity | None = None,
    contact: Contact | None = None,
    quotation_date: Date | None = None,
    valid_until: Date | None = None,
    currency: Currency | None = None,
    customer_reference: str = "",
    note: str = "",
) -> Quotation:
    """Write an offer down as a draft, costed, priced and promised. Valid 30 days by default."""
    day = quotation_date or today_at(site)
    quotation = Quotation(
        company=company,
        partner=partner,
        site=site,
        opportunity=opportunity,
        contact=contact,
        quotation_date=day,
        valid_until=valid_until or day + timedelta(days=VALID_DAYS),
        currency_id=currency.pk if currency else partner.currency_id,
        customer_reference=customer_reference,
        note=note,
        created_by=by,
        made_by=by,
    )
    with unit_of_work():
        _check(quotation)
        built = build_lines(quotation, lines)
        quotation.number = quotation.base_number = next_number(SERIES, PREFIX)
        insert_all([quotation], by=by)
        write_lines(built)
    return quotation


def update_quotation(
    quotation: Quotation,
    *,
    by: User,
    lines: Sequence[QuotedLine] | None = None,
    version: int | None = None,
    **values: Any,
) -> Quotation:
    """Change a draft; ``lines``, when given, replace all of its lines.

    Whoever changes it has made it, and an approval of its discounts is void.
    """
    unknown = set(values) - CHANGEABLE
    if unknown:
        raise InvalidInput("fixed", _("An offer keeps this."), field=sorted(unknown)[0])
    with unit_of_work():
        quotation = lock(quotation, version=version)
        require_status(quotation, Status.DRAFT)
        for name, value in values.items():
            setattr(quotation, name, value)
        _check(quotation)
        if lines is None and {"currency", "quotation_date"} & values.keys():
            raise InvalidInput(
                "lines_required",
                _("Another date or currency has other prices: give the lines too."),
                field="lines",
            )
        if lines is not None:
            built = build_lines(quotation, lines)
            quotation.lines.all().delete()
            write_lines(built)
        quotation.made_by, quotation.discount_approved_by = by, None
        return update_all(
            [quotation], *sorted({*values, "made_by", "discount_approved_by"}), by=by
        )[0]


def approve_discount(quotation: Quotation, *, by: User, version: int | None = None) -> Quotation:
    """Agree to discounts above the seller's limit. Who made the offer can't."""
    with unit_of_work():
        quotation = lock(quotation, version=version)
        require_status(quotation, Status.DRAFT)
        if by.pk in (quotation.made_by_id, quotation.created_by_id):
            raise BusinessError(
                "two_persons",
                _("Who made the offer does not approve its discount: ask another person."),
                field="discount_percent",
            )
        quotation.discount_approved_by = by
        return update_all([quotation], "discount_approved_by", by=by)[0]


def approve_quotation(quotation: Quotation, *, by: User, version: int | None = None) -> Quotation:
    """Take the draft as it is to be sent, with the promise dates of this moment.

    Raises ``BusinessError`` naming the row of a discount above the maker's limit that nobody
    else approved, and for an offer that is not valid any more.
    """
    with unit_of_work():
        quotation = lock(quotation, version=version)
        quotation.transition_to(Status.APPROVED)
        _require_valid(quotation)
        lines = list(quotation.lines.select_related("item"))
        limit = seller_limit(quotation.company, quotation.made_by)
        for row, line in enumerate(lines):
            if line.discount_percent > limit and quotation.discount_approved_by_id is None:
                raise BusinessError(
                    "discount_needs_approval",
                    _("{discount} % is above the seller's limit of {limit} %.").format(
                        discount=f"{line.discount_percent.normalize():f}",
                        limit=f"{limit.normalize():f}",
                    ),
                    field="discount_percent",
                    row=row,
                )
        promise_lines(quotation, lines)
        QuotationLine.objects.bulk_update(lines, ["promise_date", "promise_reason"])
        return update_all([quotation], "status", by=by)[0]


def withdraw_approval(quotation: Quotation, *, by: User, version: int | None = None) -> Quotation:
    """Back to draft, while it is not sent."""
    with unit_of_work():
        quotation = lock(quotation, version=version)
        quotation.transition_to(Status.DRAFT)
        return update_all([quotation], "status", by=by)[0]


def send_quotation(quotation: Quotation, *, by: User, version: int | None = None) -> Quotation:
    """Say that it went to the customer; the version it replaces stays, but is offered no more."""
    with unit_of_work():
        quotation = lock(quotation, version=version)
        quotation.transition_to(Status.SENT)
        _require_valid(quotation)
        quotation.sent_on = today_at(quotation.site)
        if quotation.replaces_id is not None:
            old = lock(Quotation(pk=quotation.replaces_id))
            old.transition_to(Status.REPLACED)
            update_all([old], "status", by=by, reason=_("Replaced by {new}").format(new=quotation))
        return update_all([quotation], "status", "sent_on", by=by)[0]


def revise_quotation(quotation: Quotation, *, by: User, version: int | None = None) -> Quotation:
    """A new version, as a draft with the same lines costed anew; the old one stays as it is.

    Raises ``BusinessError`` when there is a newer version already.
    """
    with unit_of_work():
        quotation = lock(quotation, version=version)
        require_status(quotation, Status.SENT, Status.EXPIRED, Status.LOST)
        if Quotation.objects.filter(replaces=quotation).exclude(status=Status.CANCELLED).exists():
            raise BusinessError(
                "already_revised",
                _("{quotation} has a newer version.").format(quotation=quotation),
                field="status",
            )
        day = today_at(quotation.site)
        last = (
            Quotation.objects.filter(
                company=quotation.company_id, base_number=quotation.base_number
            )
            .order_by("-revision")
            .values_list("revision", flat=True)[0]
        )
        new = Quotation(
            company=quotation.company,
            partner=quotation.partner,
            site=quotation.site,
            opportunity=quotation.opportunity,
            contact=quotation.contact,
            base_number=quotation.base_number,
            revision=last + 1,
            number=f"{quotation.base_number}-{last + 1}",
            replaces=quotation,
            quotation_date=day,
            valid_until=day + (quotation.valid_until - quotation.quotation_date),
            currency=quotation.currency,
            customer_reference=quotation.customer_reference,
            note=quotation.note,
            created_by=by,
            made_by=by,
        )
        built = build_lines(new, quoted_lines(quotation))
        insert_all([new], by=by)
        write_lines(built)
    return new


def quoted_lines(quotation: Quotation) -> list[QuotedLine]:
    """The lines as they would be asked for again; prices that were given stay given."""
    rows = quotation.lines.select_related("item", "unit", "tax_code").prefetch_related(
        "breaks", "cost_sheet"
    )
    return [
        QuotedLine(
            item=row.item,
            quantity=row.quantity,
            unit=row.unit,
            description=row.description,
            margin_percent=row.margin_percent,
            price_step=row.price_step,
            unit_price=row.unit_price if row.price_source == "manual" else None,
            discount_percent=None if row.price_source == "manual" else row.discount_percent,
            tax_code=row.tax_code,
            position=row.position,
            breaks=[one.min_quantity for one in row.breaks.all()],
            extra_costs=[
                ExtraCost(one.description, one.amount)
                for one in row.cost_sheet.all()
                if one.element == "other"
            ],
        )
        for row in rows
    ]


def lose_quotation(
    quotation: Quotation,
    *,
    outcome_reason: OutcomeReason,
    by: User,
    version: int | None = None,
) -> Quotation:
    with unit_of_work():
        quotation = lock(quotation, version=version)
        require_outcome(quotation.company, outcome_reason, OutcomeReason.Outcome.LOST)
        quotation.transition_to(Status.LOST)
        quotation.outcome_reason = outcome_reason
        quotation.closed_on = today_at(quotation.site)
        return update_all([quotation], "status", "outcome_reason", "closed_on", by=by)[0]


def cancel_quotation(
    quotation: Quotation, *, reason: str, by: User, version: int | None = None
) -> Quotation:
    """Give up what was never sent."""
    with unit_of_work():
        quotation = lock(quotation, version=version)
        quotation.transition_to(Status.CANCELLED)
        return update_all([quotation], "status", by=by, reason=reason)[0]


def expire_quotations(company: Company, *, at: Date, by: User) -> list[Quotation]:
    """Close the sent offers whose validity ended before ``at``: two statements."""
    with unit_of_work():
        rows = list(
            Quotation.objects.select_for_update(of=("self",))
            .filter(company=company, status=Status.SENT, valid_until__lt=at)
            .order_by("pk")
        )
        for row in rows:
            row.transition_to(Status.EXPIRED)
            row.closed_on = at
        return update_all(rows, "status", "closed_on", by=by, reason=_("Validity ended"))


def seller_limit(company: Company, seller: User) -> Decimal:
    """The largest discount that ``seller`` gives alone; without a limit none."""
    return (
        SellerLimit.objects.filter(company=company, user=seller)
        .values_list("max_discount_percent", flat=True)
        .first()
        or ZERO
    )


def today_at(site: Site) -> Date:
    return timezone.now().astimezone(site.zone).date()


def _require_valid(quotation: Quotation) -> None:
    if quotation.valid_until < today_at(quotation.site):
        raise BusinessError(
            "quotation_expired",
            _("{quotation} was valid until {date}.").format(
                quotation=quotation, date=quotation.valid_until
            ),
            field="valid_until",
        )


def _check(quotation: Quotation) -> None:
    require_company(
        quotation.company,
        partner=quotation.partner,
        site=quotation.site,
        opportunity=quotation.opportunity,
        contact=quotation.contact,
    )
    if not quotation.partner.is_customer or not quotation.partner.is_active:
        raise InvalidInput(
            "wrong_partner",
            _("{partner} is no active customer.").format(partner=quotation.partner),
            field="partner",
        )
    require_contact(quotation.contact, quotation.partner)
    if quotation.opportunity and quotation.opportunity.partner_id != quotation.partner_id:
        raise InvalidInput(
            "other_partner",
            _("{opportunity} is another customer's.").format(opportunity=quotation.opportunity),
            field="opportunity",
        )
    if quotation.valid_until < quotation.quotation_date:
        raise InvalidInput("ends_before", _("It ends before it begins."), field="valid_until")
