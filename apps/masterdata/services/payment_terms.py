"""Payment terms and their instalments, written together: the shares sum to 100."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, User
from apps.core.money import ZERO, require_decimal
from apps.core.services.documents import lock
from apps.core.transactions import unit_of_work
from apps.masterdata.models import PaymentInstalment, PaymentTerms
from apps.masterdata.payment_days import Share

ALL = 100
MOST = 60


def create_payment_terms(
    *, company: Company, instalments: Sequence[Share], by: User, reason: str = "", **values: Any
) -> PaymentTerms:
    """New terms. Raises ``InvalidInput`` (field ``instalments``, row) for wrong shares or days."""
    _check(instalments)
    with unit_of_work():
        terms = PaymentTerms(company=company, **values).save_by(by, reason=reason)
        _write(terms, instalments)
    return terms


def import_payment_terms(
    company: Company, rows: Sequence[dict[str, Any]], *, by: User, reason: str = ""
) -> list[PaymentTerms]:
    """New terms from rows that each hold one instalment; rows of one code are its instalments.

    Raises ``InvalidInput`` with the place of the first row of the terms at fault.
    """
    values: dict[str, dict[str, Any]] = {}
    shares: dict[str, list[Share]] = {}
    places: dict[str, int] = {}
    for place, row in enumerate(rows):
        given = dict(row)
        code = given["code"]
        share = Share(
            given.pop("share"), given.pop("days", 0) or 0, given.pop("day_of_month", None)
        )
        shares.setdefault(code, []).append(share)
        values.setdefault(code, given)
        places.setdefault(code, place)
    with unit_of_work():
        made = []
        for code, given in values.items():
            try:
                made.append(
                    create_payment_terms(
                        company=company, instalments=shares[code], by=by, reason=reason, **given
                    )
                )
            except InvalidInput as error:
                raise InvalidInput(
                    error.code, error.message, field=error.field, row=places[code]
                ) from error
        return made


def change_payment_terms(
    terms: PaymentTerms,
    *,
    by: User,
    instalments: Sequence[Share] | None = None,
    version: int | None = None,
    reason: str = "",
    **values: Any,
) -> PaymentTerms:
    """Change terms; ``instalments`` replace all of them. Posted invoices keep theirs."""
    if instalments is not None:
        _check(instalments)
    with unit_of_work():
        terms = lock(terms, version=version)
        for name, value in values.items():
            setattr(terms, name, value)
        if instalments is not None:
            terms.instalments.all().delete()
            _write(terms, instalments)
        return terms.save_by(by, reason=reason)


def _write(terms: PaymentTerms, instalments: Sequence[Share]) -> None:
    PaymentInstalment.objects.bulk_create(
        PaymentInstalment(
            company_id=terms.company_id,
            terms=terms,
            share=one.percent,
            days=one.days,
            day_of_month=one.day_of_month,
        )
        for one in instalments
    )


def _check(instalments: Sequence[Share]) -> None:
    if not 0 < len(instalments) <= MOST:
        raise InvalidInput(
            "no_instalments",
            _("Give one instalment at least and {most} at most.").format(most=MOST),
            field="instalments",
        )
    for row, one in enumerate(instalments):
        require_decimal(one.percent, field="share", row=row, decimal_places=3)
        if one.day_of_month is not None and not 1 <= one.day_of_month <= 31:
            raise InvalidInput(
                "no_such_day", _("A month has 31 days at most."), field="day_of_month", row=row
            )
    total = sum((one.percent for one in instalments), ZERO)
    if total != ALL:
        raise InvalidInput(
            "shares_not_100",
            _("The shares sum to {total} %, not to 100 %.").format(total=total.normalize()),
            field="instalments",
        )
