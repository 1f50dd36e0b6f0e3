"""SSCCs of packages: a supplier's are checked, the company's own are counted without gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from apps.core.errors import BusinessError, InvalidInput
from apps.core.models import Company
from apps.core.money import require_decimal
from apps.core.services.documents import require_company
from apps.core.services.numbering import take_gapless
from apps.inventory.models import Package, SsccSeries
from apps.inventory.queries.packages import SSCC_LENGTH
from apps.masterdata.gs1.check_digits import is_checked, with_check_digit

if TYPE_CHECKING:
    from apps.inventory.services.packages import NewPackage

_ASKED = "SELECT %s::text AS series, %s::bigint AS wanted"


def check_new_package(company: Company, one: NewPackage, row: int) -> None:
    require_company(company, row=row, place=one.place)
    if one.kind not in Package.Kind.values:
        raise InvalidInput("unknown_kind", _("There is no such kind."), field="kind", row=row)
    for name in ("tare_weight", "gross_weight"):
        value = getattr(one, name)
        if value is not None:
            require_decimal(value, field=name, row=row)
    if one.sscc and (len(one.sscc) != SSCC_LENGTH or not is_checked(one.sscc)):
        raise InvalidInput(
            "wrong_check_digit",
            _("{sscc} is no SSCC: 18 digits, the last one checks the others.").format(
                sscc=one.sscc[:40]
            ),
            field="sscc",
            row=row,
        )


def require_free_ssccs(company: Company, wanted: Sequence[NewPackage]) -> None:
    given = [one.sscc for one in wanted]
    known = set(
        Package.objects.filter(company=company, sscc__in=[g for g in given if g]).values_list(
            "sscc", flat=True
        )
    )
    for row, sscc in enumerate(given):
        if sscc and sscc in known:
            raise InvalidInput(
                "sscc_taken",
                _("There is a package {sscc} already.").format(sscc=sscc),
                field="sscc",
                row=row,
            )
        known.add(sscc)


def ssccs_of(
    company: Company, wanted: Sequence[NewPackage], series: SsccSeries | None
) -> list[str]:
    missing = sum(not one.sscc for one in wanted)
    if series is None:
        rows = SsccSeries.objects.filter(company=company, is_active=True)
        series = rows.order_by("pk").first() if missing else None
    made = iter(_new_ssccs(company, series, missing) if series and missing else [""] * missing)
    return [one.sscc or next(made) for one in wanted]


def _new_ssccs(company: Company, series: SsccSeries, count: int) -> list[str]:
    """``count`` keys of a series, without gaps. Raises ``BusinessError`` when it is used up."""
    prefix = f"{series.extension_digit}{series.gs1_prefix}"
    width = SSCC_LENGTH - 1 - len(prefix)
    [(_name, _wanted, last)] = take_gapless(company.pk, _ASKED, [f"sscc:{prefix}", count])
    if last >= 10**width:
        raise BusinessError(
            "series_used_up", _("The series {series} is used up.").format(series=series.code)
        )
    numbers = range(int(last) - count + 1, int(last) + 1)
    return [with_check_digit(f"{prefix}{number:0{width}d}") for number in numbers]
