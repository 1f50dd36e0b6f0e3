"""Whatever goes wrong below becomes one shape of answer, and never a 500 for junk."""

from __future__ import annotations

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, ValidationError
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import ProtectedError
from psycopg import errors as pg

from apps.core.api.errors import exception_handler
from apps.core.errors import BusinessError, InvalidInput, StaleVersion
from apps.core.models import Company, User
from apps.core.services.idempotency import RequestInFlight
from apps.core.sql import execute
from tests.support.faces import ApiClient, codes, make_member

STATES = [
    (IntegrityError, pg.CheckViolation, 409, "check_violation", False),
    (IntegrityError, pg.UniqueViolation, 409, "already_exists", False),
    (IntegrityError, pg.ForeignKeyViolation, 400, "invalid_reference", False),
    (IntegrityError, pg.ExclusionViolation, 409, "overlap", False),
    (OperationalError, pg.LockNotAvailable, 409, "locked", True),
    (OperationalError, pg.DeadlockDetected, 409, "conflict", True),
    (OperationalError, pg.SerializationFailure, 409, "conflict", True),
    (OperationalError, pg.QueryCanceled, 503, "too_slow", True),
    (OperationalError, pg.AdminShutdown, 503, "unavailable", True),
    (OperationalError, pg.CrashShutdown, 503, "unavailable", True),
    (OperationalError, pg.OperationalError, 503, "unavailable", True),
    (InterfaceError, pg.InterfaceError, 503, "unavailable", True),
]


def answer(error: Exception) -> tuple[int, dict, dict]:
    response = exception_handler(error, {"view": None, "request": None})
    assert response is not None
    return response.status_code, response.data["errors"][0], dict(response.items())


@pytest.mark.parametrize(("kind", "cause", "status", "code", "retry"), STATES)
def test_what_the_database_refuses(
    kind: type[Exception], cause: type[Exception], status: int, code: str, retry: bool
) -> None:
    error = kind("x")
    error.__cause__ = cause("secret table name")
    found, body, headers = answer(error)
    assert (found, body["code"]) == (status, code)
    assert ("Retry-After" in headers) is retry
    assert "secret" not in body["detail"]


@pytest.mark.parametrize(
    ("state", "code"), [("P0A01", "append_only"), ("P0A02", "refused_by_ledger")]
)
def test_what_the_ledger_guards_refuse(db: None, state: str, code: str) -> None:
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        execute(f"DO $$ BEGIN RAISE 'no' USING ERRCODE = '{state}'; END $$")
    assert answer(caught.value)[0] == 409
    assert answer(caught.value)[1]["code"] == code


def test_business_errors_carry_row_and_details() -> None:
    error = BusinessError("short", "Too little", field="item", row=2, details={"missing": "5"})
    assert answer(error)[:2] == (
        409,
        {"code": "short", "detail": "Too little", "attr": "item", "row": 2,
         "details": {"missing": "5"}},
    )  # fmt: skip
    assert answer(InvalidInput("bad", "Bad"))[0] == 422
    assert answer(StaleVersion("stale_version", "Late"))[0] == 412
    status, _body, headers = answer(RequestInFlight("request_in_flight", "Busy"))
    assert (status, headers["Retry-After"]) == (409, "1")


def test_what_django_refuses() -> None:
    assert answer(ValidationError({"name": ["Too long"]}))[1]["attr"] == "name"
    assert answer(ValidationError("No"))[:2][0] == 400
    assert answer(ProtectedError("x", set()))[1]["code"] == "still_referenced"
    assert answer(RequestDataTooBig("x"))[0] == 413
    assert answer(SuspiciousOperation("x"))[0] == 400
    assert answer(UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"))[0] == 400


def test_a_fault_of_ours_says_nothing_of_itself() -> None:
    status, body, _headers = answer(RuntimeError("the secret key is …"))
    assert (status, "secret" in body["detail"]) == (500, False)


@pytest.mark.parametrize("value", ["2026-13", "x", "%C2%BD", "-1", "1e3", "1" * 40])
def test_a_reference_by_number_takes_numbers_only(value: str, company: Company, by: User) -> None:
    """Periods are called by an integer, which no text may reach in the database."""
    api = ApiClient(make_member("reader", company, permissions=("finance.view_journalentry",)))
    refused = api.get(f"/finance/journal-entries/?period={value}")
    if value.isdigit():
        assert (refused.status_code, refused.body["results"]) == (200, [])
    else:
        assert (refused.status_code, codes(refused)) == (400, [("period", "invalid")])
