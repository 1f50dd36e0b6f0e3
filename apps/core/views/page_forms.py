"""What pages outside the admin read from their forms; each form carries a key and acts once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date as Date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company
from apps.core.services.idempotency import answer_once, request_hash

LONGEST_KEY = 100
LONGEST_NUMBER = 24
_CSRF = "csrfmiddlewaretoken"


def once(request: HttpRequest, act: Callable[[], str]) -> str:
    """Do ``act`` once for the key of the form; what it says, also when it is sent again.

    Raises ``InvalidInput`` without a usable key, and whatever ``act`` raises.
    """
    key = request.POST.get("key", "")
    if not 0 < len(key) <= LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise InvalidInput("key_required", _("Reload the page and try again."), field="key")
    sent = "&".join(f"{n}={v}" for n, v in sorted(request.POST.items()) if n != _CSRF)
    digest = request_hash("POST", request.path, sent.encode())

    def answer() -> tuple[int, Any]:
        return 200, {"said": act()}

    _status, body, replayed = answer_once(user=request.user, key=key, digest=digest, act=answer)
    return _("Done before: {what}").format(what=body["said"]) if replayed else str(body["said"])


def by_code(rows: Any, company: Company, code: str, field: str) -> Any:
    """The row of ``company`` with that code. Raises ``InvalidInput`` (``does_not_exist``)."""
    found = rows.filter(company=company, code=code).first() if code.isprintable() else None
    if found is None:
        raise InvalidInput(
            "does_not_exist",
            _("Nothing here has the code {code}.").format(code=code[:60]),
            field=field,
        )
    return found


def whole(text: str, field: str) -> int:
    """A whole number. Raises ``InvalidInput``."""
    value = number(text, field)
    if value != value.to_integral_value():
        raise InvalidInput("not_a_number", _("Enter a whole number."), field=field)
    return int(value)


def day(text: str, field: str) -> Date:
    """A date as browsers send it. Raises ``InvalidInput``."""
    try:
        return Date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("not_a_date", _("Enter a date."), field=field) from None


def number(text: str, field: str) -> Decimal:
    """A finite number, with a decimal comma or point. Raises ``InvalidInput``."""
    try:
        value = Decimal(text.replace(",", "."))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or len(text) > LONGEST_NUMBER:
        raise InvalidInput("not_a_number", _("Enter a number."), field=field)
    return value
