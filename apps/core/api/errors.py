"""One shape for every refusal: ``{type, errors: [{code, detail, attr, …}]}``.

Services raise ``BusinessError``, serializers ``ValidationError``, the database its own; none of
them may reach the caller as a 500.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.core import exceptions as django_errors
from django.db import DataError, InterfaceError, OperationalError
from django.db import Error as DatabaseError
from django.db.models import CheckConstraint, ProtectedError
from django.http.request import RawPostDataException
from django.utils.translation import gettext as _
from drf_standardized_errors.handler import ExceptionHandler
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from apps.core import guards
from apps.core.errors import BusinessError
from apps.core.services.idempotency import RequestInFlight

RETRY_AFTER_SECONDS = 1
# SQLSTATE → (HTTP status, code); what is not listed is a fault of ours and stays a 500.
_BY_STATE = {
    "23514": (409, "check_violation"),
    "23P01": (409, "overlap"),
    "23505": (409, "already_exists"),
    "23503": (400, "invalid_reference"),
    "23502": (400, "required"),
    "23001": (409, "still_referenced"),
    "22P02": (400, "invalid"),
    "22P05": (400, "invalid"),
    "22021": (400, "invalid"),
    "22001": (400, "max_length"),
    "22003": (400, "out_of_range"),
    "22007": (400, "invalid"),
    "22008": (400, "out_of_range"),
    "P0A01": (409, "append_only"),
    "P0A02": (409, "refused_by_ledger"),
    "55P03": (409, "locked"),
    "40P01": (409, "conflict"),
    "40001": (409, "conflict"),
    "57014": (503, "too_slow"),
    "53300": (503, "overloaded"),
}
_RETRY_STATES = {"55P03", "40P01", "40001", "57014", "53300"}
# The connection is gone: broken off (no state), ended by an administrator, a crash, a restart.
_GONE_STATES = {None, "57P01", "57P02", "57P03", "08000", "08003", "08006"}


def exception_handler(exc: Exception, context: Any) -> Response | None:
    """The answer to ``exc``; None leaves it to Django (a fault of ours, logged as such)."""
    answer = _known(exc)
    if answer is not None:
        set_rollback()
        return answer
    return ExceptionHandler(_converted(exc), context).run()


def _known(exc: Exception) -> Response | None:
    if isinstance(exc, BusinessError):
        return _business(exc)
    if isinstance(exc, ProtectedError):
        return refusal(409, "still_referenced", _("Other rows still refer to it."))
    if isinstance(exc, django_errors.RequestDataTooBig):
        return refusal(413, "too_large", _("The request is too large."))
    if isinstance(exc, django_errors.SuspiciousOperation | RawPostDataException | UnicodeError):
        return refusal(400, "bad_request", _("The request can't be read."))
    if isinstance(exc, DatabaseError):
        refused = guards.business_error(exc)
        return _business(refused) if refused else _database(exc)
    return None


def _converted(exc: Exception) -> Exception:
    """Django's own validation speaks of form fields; give it the shape of the API's."""
    if not isinstance(exc, django_errors.ValidationError):
        return exc
    if not hasattr(exc, "error_dict"):
        return exceptions.ValidationError({"non_field_errors": _details(exc)})
    return exceptions.ValidationError(
        {
            "non_field_errors" if field == django_errors.NON_FIELD_ERRORS else field: [
                detail for error in errors for detail in _details(error)
            ]
            for field, errors in exc.error_dict.items()
        }
    )


def _details(error: django_errors.ValidationError) -> list[exceptions.ErrorDetail]:
    return [
        exceptions.ErrorDetail(text, code=getattr(error, "code", None) or "invalid")
        for text in error.messages
    ]


def _business(exc: BusinessError) -> Response:
    headers = {}
    if isinstance(exc, RequestInFlight):
        headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    more: dict[str, Any] = {}
    if exc.row is not None:
        more["row"] = exc.row
    if exc.details:
        more["details"] = exc.details
    return refusal(exc.status, exc.code, exc.message, attr=exc.field, headers=headers, **more)


def _database(exc: Exception) -> Response | None:
    cause = exc.__cause__
    state = getattr(cause, "sqlstate", None)
    if isinstance(exc, OperationalError | InterfaceError) and state in _GONE_STATES:
        return refusal(503, "unavailable", _("The database is not available."), retry=True)
    if state not in _BY_STATE:
        if isinstance(exc, DataError):
            return refusal(400, "invalid", _("The database refuses a value."))
        return None
    status, code = _BY_STATE[state]
    text = _("The database refuses this: it would break a rule.")
    if state.startswith("P0"):
        text = _("The ledger refuses this.")
    elif state in _RETRY_STATES:
        text = _("Somebody is working on this right now. Try again.")
    constraint = getattr(getattr(cause, "diag", None), "constraint_name", None)
    details = {"details": {"constraint": constraint}} if constraint else {}
    attr = _field_of(constraint)
    if code == "already_exists" and attr is not None:
        text = _("There is one with this {field} already.").format(field=attr)
    return refusal(status, code, text, attr=attr, retry=state in _RETRY_STATES, **details)


@cache
def _fields_by_constraint() -> dict[str, str]:
    """The field that a broken constraint speaks of: its last one that is no company."""
    found = {}
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            names: Any = getattr(constraint, "fields", None) or [getattr(constraint, "field", "")]
            if isinstance(constraint, CheckConstraint):
                names = [str(child[0]).partition("__")[0] for child in _leaves(constraint)]
            named = [name for name in names if name and name != "company"]
            if named:
                found[constraint.name] = named[-1]
    return found


def _leaves(constraint: CheckConstraint) -> list[tuple[str, Any]]:
    children = getattr(constraint.condition, "children", [])
    return [child for child in children if isinstance(child, tuple)]


def _field_of(constraint: str | None) -> str | None:
    return _fields_by_constraint().get(constraint or "")


def refusal(
    status: int,
    code: str,
    detail: str,
    *,
    attr: str | None = None,
    retry: bool = False,
    headers: dict[str, str] | None = None,
    **more: Any,
) -> Response:
    """An error answer in the shape of ``drf-standardized-errors``."""
    kind = "server_error" if status >= 500 else "client_error"
    if status in (400, 422):
        kind = "validation_error"
    all_headers = dict(headers or {})
    if retry:
        all_headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    body = {"type": kind, "errors": [{"code": code, "detail": detail, "attr": attr, **more}]}
    return Response(body, status=status, headers=all_headers)
