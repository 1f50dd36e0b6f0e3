"""The errors a service raises. Edges turn them into an answer; nothing is written then."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _


class BusinessError(Exception):
    """A rule of the business refuses the request.

    ``code`` is stable and machine-readable, ``field`` names the input at fault, ``row`` its
    zero-based place in a batch. ``status`` is the HTTP answer: 409 for a conflict with the state
    of things, 422 for input that can never be right.
    """

    status = 409

    def __init__(
        self,
        code: str,
        message: str,
        *,
        field: str | None = None,
        row: int | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
        self.row = row
        self.details = dict(details or {})

    def __str__(self) -> str:
        place = "" if self.row is None else _("Row {row}: ").format(row=self.row + 1)
        return f"{place}{self.message}"


class InvalidInput(BusinessError):
    """The input is wrong by itself, whatever the state of things."""

    status = 422


class InvalidTransition(BusinessError):
    """The document's status does not allow this step."""

    def __init__(self, document: Any, target: str) -> None:
        super().__init__(
            "invalid_transition",
            _("{document} is {status}; it can't become {target}.").format(
                document=document,
                status=document.get_status_display(),
                target=dict(type(document).Status.choices).get(target, target),
            ),
            field="status",
            details={"from": document.status, "to": target},
        )


class StaleVersion(BusinessError):
    """Somebody changed the row since the caller read it (HTTP 412)."""

    status = 412
