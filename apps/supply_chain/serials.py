"""Numbers of pieces that came, as a scanner types them: one per line, weighed ones with theirs."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput

MOST_PIECES = 500


def read_pieces(
    text: str, *, is_weighed: bool, field: str = "serials"
) -> list[tuple[str, Decimal | None]]:
    """(serial number, weight) of each line; the weight stands behind the last blank.

    Raises ``InvalidInput`` for a line without a weight where pieces are weighed.
    """
    rows = [row.strip() for row in text.splitlines()]
    rows = [row for row in rows if row]
    if len(rows) > MOST_PIECES:
        raise InvalidInput("too_many", _("At most {most}.").format(most=MOST_PIECES), field=field)
    return [_weighed(row, field) if is_weighed else (row, None) for row in rows]


def _weighed(row: str, field: str) -> tuple[str, Decimal]:
    code, _blank, weight = row.rpartition(" ")
    try:
        value = Decimal(weight.replace(",", "."))
    except ArithmeticError:
        value = Decimal("NaN")
    if not code.strip() or not value.is_finite():
        raise InvalidInput(
            "weight_required",
            _("“{row}”: write the serial number, a blank and the weight.").format(row=row[:80]),
            field=field,
        )
    return code.strip(), value
