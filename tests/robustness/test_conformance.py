"""Answers are what the description of the API promises: every question asked, of real rows.

Beside this every answer that a test gets by ``ApiClient``, and every answer to a made-up request
(``test_fuzz``), is held against the same description.
"""

from __future__ import annotations

import datetime
import inspect
import json
from fnmatch import fnmatch
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.auth.models import Permission

from apps.core.models import Site
from apps.finance.models import ConsolidationGroup
from apps.finance.services.dunning import confirm_dunning, propose_dunning
from apps.finance.services.dunning_terms import Level, create_dunning_terms
from apps.finance.services.intercompany import add_member
from apps.inventory.models import Location, Lot, Package
from apps.masterdata.models import Item
from tests import factories
from tests.architecture.routes import api_endpoints
from tests.robustness.fuzzing import API, fill_tables
from tests.robustness.test_fuzz import signed_in
from tests.support.contract import broken_promise, broken_words, description, operation_at
from tests.support.faces import make_member

#: What the questions ask for, by name of the parameter.
ASKED = {
    "at": "2026-06-01",
    "date_from": "2026-01-01",
    "date_to": "2026-06-30",
    "since": "2026-01-01T00:00:00Z",
    "until": "2026-02-01T00:00:00Z",
    "price": "1000",
    "years": "5",
    "discount_rate": "0.05",
    "new_annual_cost": "100",
    "text": "(37)5",
}
#: Named by a word instead of a number.
CODES = {"datasets": "ledger", "measures": "receivables_overdue", "currencies": "EUR"}
#: In a question these are named by their code or number.
NAMED: dict[str, tuple[Any, str]] = {
    "item": (Item, "code"),
    "items": (Item, "code"),
    "site": (Site, "code"),
    "location": (Location, "code"),
    "lot": (Lot, "code"),
    "package": (Package, "number"),
}
#: Asked by days, not by moments.
BY_DAY = ("/purchasing/", "/stock-figures/")
#: Asked beside what is required, by address.
BESIDE = {
    "finance/statements/group-*": {"group": "ASKED", "company": "WORDS", "group_account": "1010"},
}
#: What rows made at random can't show, and why; the tests of their apps ask these by ApiClient.
UNANSWERED = {
    "core/attachments/{id}/download/": "a row of a table, no file",
    "core/jobs/{id}/result/": "a job without a file",
    "core/signatures/{id}/": "its document is gone",
    "execution/work-orders/{id}/traveler/": "a draft has none",
    "finance/audit-files/{id}/*": "no job of this kind",
    "finance/report-files/{id}/*": "no job of this kind",
    "finance/bank-imports/{id}/source/": "a row without a file",
    "finance/invoices/{id}/einvoice/": "a draft has none",
    "finance/invoices/{id}/facturx/": "a draft has none",
    "finance/payment-runs/{id}/payment-list/": "a run of no bills",
    "finance/payment-runs/{id}/pdf/": "a run of no bills",
    "finance/payment-runs/{id}/file/": "a draft has none",
    "hr/my-*": "the caller is no employee",
    "integration/company-exports/{id}/*": "no job of this kind",
    "inventory/labels/item/": "a GTIN made of letters",
    "inventory/labels/lot/": "a GTIN made of letters",
    "supply-chain/shipments/{id}/labels/": "nothing of it is packed",
    "supply-chain/consignments/{id}/export-*": "no shipment goes with it",
    "supply-chain/consignments/{id}/pdf/": "no shipment goes with it",
}


@pytest.mark.django_db
def test_every_question_is_answered_as_described() -> None:
    books = factories.make_books("WORDS", by=factories.make_user("maker"))
    caller = make_member("administrator", books.company)
    caller.user_permissions.set(Permission.objects.all())
    rows = fill_tables(books.company, caller)
    name_a_group(books)
    rows["finance.dunningrun"] = [write_a_letter(books), *rows["finance.dunningrun"]]
    client = signed_in(caller)
    models = {API + one.path: one.model for one in api_endpoints() if one.method == "GET"}
    broken, silent, asked = [], [], 0
    for path, methods in description()["paths"].items():
        if "get" not in methods:
            continue
        address = _address(path, methods["get"], models.get(path), rows)
        answer = client.get(address)
        asked += 1
        if why := broken_promise(answer):
            broken.append(f"{address}: {answer.status_code} {why}")
        short = path.removeprefix(f"{API}/")
        if answer.status_code != 200 and not any(fnmatch(short, one) for one in UNANSWERED):
            silent.append(f"{address} {answer.status_code} {answer.content[:200]!r}")
    assert not broken, "\n".join(broken)
    assert not silent, "\n".join(silent)
    assert asked > 500


#: Answers whose names only their content knows, and why no serializer can say them.
OPEN_SHAPES = {
    "*Report*.rows.each": "the columns of the report name the keys",
    "ChangeListOutput.*.old": "the value of any field",
    "ChangeListOutput.*.new": "the value of any field",
    "*Signature.content": "what any document said when it was signed",
    "*CloseStep.findings": "the columns of the check name the keys",
    "*ActionMessage*.trigger": "the figures of any kind of message",
    "*Schedule.unscheduled": "what any task lacked",
    "*PaySlip.inputs": "the inputs of the structure, by code",
}


def test_every_answer_has_a_type() -> None:
    """A client made from the description knows the fields of everything it gets and sends."""
    untyped = []
    for path, methods in description()["paths"].items():
        for method, operation in methods.items():
            told = {f"{status} ": answer for status, answer in operation["responses"].items()}
            told = {status: answer for status, answer in told.items() if status < "300"}
            for status, part in {**told, "": operation.get("requestBody", {})}.items():
                for kind, content in part.get("content", {}).items():
                    untyped += [
                        f"{method} {path} {status}{kind}: {place or 'all of it'}"
                        for place in untyped_places(content.get("schema", {}))
                        if not any(fnmatch(place, one) for one in OPEN_SHAPES)
                    ]
    assert not untyped, "\n".join(untyped)


def untyped_places(schema: Any, place: str = "", inside: tuple[str, ...] = ()) -> list[str]:
    """Where ``schema`` takes anything, or an object with any keys."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        if name in inside:
            return []
        within = f"{place}.{name}" if place else name
        target = description()["components"]["schemas"][name]
        return untyped_places(target, within, (*inside, name))
    for kind in ("allOf", "oneOf", "anyOf"):
        if kind in schema:
            parts = [part for part in schema[kind] if part.get("type") != "null"]
            return [one for part in parts for one in untyped_places(part, place, inside)]
    if schema.get("type") == "array":
        return untyped_places(schema["items"], f"{place}.each", inside)
    if schema.get("type") == "object" and schema.get("properties"):
        below = schema["properties"].items()
        return [p for name, one in below for p in untyped_places(one, f"{place}.{name}", inside)]
    if isinstance(schema.get("additionalProperties"), dict) and schema["additionalProperties"]:
        return untyped_places(schema["additionalProperties"], f"{place}.*", inside)
    is_open = schema.get("type") == "object" or not {"type", "enum", "const"} & schema.keys()
    return [place] if is_open else []


def name_a_group(books: factories.Books) -> None:
    """Of the many groups that rows at random made, the one that is asked about has a member."""
    group = ConsolidationGroup(company=books.company, code="ASKED", name="Asked").save_by(books.by)
    add_member(company=books.company, group=group, member=books.company, by=books.by)


def write_a_letter(books: factories.Books) -> int:
    """A dunning run that reminds somebody; its key."""
    day = datetime.date(2026, 3, 2)
    books.posted_invoice("customer", books.partner(), day, "100", due_date=day)
    terms = create_dunning_terms(
        company=books.company, code="ASKED", name="Asked", levels=[Level(7, "Please pay.")],
        by=books.by,
    )  # fmt: skip
    run = propose_dunning(
        books.company, terms=terms, date=day + datetime.timedelta(days=8), by=books.by
    )
    return confirm_dunning(run, by=books.by).pk


@cache
def nouns() -> dict[str, str]:
    """Word in addresses → the model that its list is of, for verbs that answer with no row."""
    return {
        one.path.strip("/").split("/")[-1]: one.model._meta.label_lower
        for one in api_endpoints()
        if one.action == "list" and one.model is not None
    }


def _address(path: str, operation: dict[str, Any], model: Any, rows: dict[str, list[Any]]) -> str:
    """``path`` of a row that exists, with what it must be asked with."""
    if "{" in path:
        head, _brace, tail = path.partition("{")
        label = model._meta.label_lower if model else nouns().get(head.split("/")[-2], "")
        keys = rows.get(label, [])
        key = CODES.get(head.split("/")[-2]) or (keys[0] if keys else 1)
        path = f"{head}{key}{tail.partition('}')[2]}"
    given = {}
    for parameter in operation["parameters"]:
        name = parameter["name"]
        if parameter["in"] == "query" and parameter.get("required"):
            own = rows.get(model._meta.label_lower if model else "", [1])
            given[name] = ASKED.get(name, _named(name) if name in NAMED else own[0])
            if any(part in path for part in BY_DAY):
                given[name] = given[name][:10]
    short = path.removeprefix(f"{API}/")
    known = {one["name"] for one in operation["parameters"]}
    for pattern, beside in BESIDE.items():
        if fnmatch(short, pattern):
            given |= {name: value for name, value in beside.items() if name in known}
    return f"{path}?{urlencode(given)}" if given else path


def _named(name: str) -> str:
    model, attribute = NAMED[name]
    return str(getattr(model.objects.order_by("pk").first(), attribute))


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"results": [{"id": "seven"}], "next": None}, "required"),
        ({"results": []}, "next"),
        ({"results": [], "next": None, "count": 3}, "count"),
        ([], "object"),
    ],
)
def test_a_broken_promise_is_seen(change: Any, word: str) -> None:
    """The negative control."""
    operation = operation_at("/api/v1/core/sites/", "get")
    assert operation is not None
    assert word in broken_words(operation, 200, "application/json", json.dumps(change).encode())
    assert "not described" in broken_words(operation, 299, "application/json", b"{}")
    assert "not described" in broken_words(operation, 200, "text/html", b"{}")
    assert untyped_places({"type": "object"}) == [""]
    assert untyped_places({"properties": {"a": {"type": "array", "items": {}}}, "type": "object"})


def test_a_verb_that_makes_no_row_names_what_it_makes() -> None:
    """Without ``response`` the answer is the row itself; plain data would have no description."""
    plain = [
        f"{one.view.__name__}.{one.action} -> {told}"
        for one in api_endpoints()
        if hasattr(handler := getattr(one.view, one.action, None), "input_serializer")
        and handler.response_serializer is None
        and (told := str(inspect.signature(handler.__wrapped__).return_annotation)).startswith(
            ("dict", "list", "tuple", "str", "int", "bool")
        )
    ]
    assert not plain
