"""Who may go where outside of the API: each address there is, asked as each role and as a stranger.

Every URL pattern is in one of three lists: the API's (``test_permission_matrix``), the pages of
models in the admin, the other pages. An address in none of them fails here. After a deliberate
change: ``MES_ERP_REGENERATE=1 python -m pytest tests/architecture``.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import DatabaseError, transaction
from django.test import Client

from apps.core.models import Company, User
from apps.core.services.roles import catalogue
from tests import factories
from tests.architecture.routes import api_endpoints, every_route
from tests.architecture.rows import make_row
from tests.support.faces import ApiClient, make_member

MATRIX = Path(__file__).parent / "page_matrix.json"
API = "api/v1/"
STRANGER = "stranger"
ROLELESS = "without a role"
METHODS = ("get", "post")
EXTREMES = (STRANGER, ROLELESS, "operator", "administrator")
#: Whose row an address names. A new address with a row in it belongs here.
ROW_OF = {
    "me/leave/": "hr.leaverequest",
    "me/payslips/": "hr.payslip",
    "quality/inspections/": "quality.inspection",
    "quality/charts/": "quality.controlchart",
    "quality/gauges/": "quality.gauge",
    "crm/pipeline/": "crm.opportunity",
    "crm/customers/": "masterdata.partner",
    "maintenance/assets/": "maintenance.asset",
    "maintenance/orders/": "maintenance.maintenanceorder",
    "shop/machines/": "masterdata.machine",
    "shop/operations/": "execution.workorderoperation",
    "shop/orders/": "execution.workorder",
    "shop/handover/": "execution.shifthandover",
    "boards/machines/": "masterdata.machine",
    "boards/stops/": "execution.machineinterval",
    "boards/": "core.site",
    "trace/": "inventory.lot",
    "stock/counts/": "inventory.stockcount",
    "purchasing/bids/": "supply_chain.requestforquotation",
    "stock/packages/": "inventory.package",
    "stock/put-away/": "inventory.stockbalance",
    "stock/kanban/": "inventory.kanbancard",
    "stock/picks/": "inventory.picklist",
    "shipping/picks/": "inventory.picklist",
    "shipping/deliveries/": "supply_chain.consignment",
    "shipping/receiving/": "supply_chain.purchaseorder",
    "supplier/orders/": "supply_chain.purchaseorder",
    "planning/items/": "masterdata.item",
    "planning/orders/": "planning.plannedorder",
    "planning/messages/": "planning.actionmessage",
    "schedule/move/": "planning.scheduledoperation",
    "projects/": "projects.project",
    "bank/lines/": "finance.bankline",
    "close/": "finance.periodclose",
    "bank/accounts/": "finance.bankaccount",
    "reporting/dashboards/": "reporting.dashboard",
    "reporting/roi/": "reporting.roicase",
}
#: Other words in addresses, each with one that exists.
WORDS = {
    "close/begin/<int:period>/": "0",
    "close/<int:pk>/<slug:name>/": "check",
    "reports/finance/<slug:name>/": "trial-balance",
    "reports/finance/<slug:name>/file/": "trial-balance",
    "crm/reports/<slug:name>/": "pipeline",
    "stock/reports/<slug:name>/": "value",
    "purchasing/reports/<slug:name>/": "promises",
    "engineering/<slug:name>/": "where-used",
    "reporting/pivot/<slug:code>/": "ledger",
    "reporting/pivot/<slug:code>/lines/": "ledger",
    "content_type_id": "1",
    "object_id": "1",
    "uidb36": "1",
    "key": "x",
    "provider_id": "x",
    "app_label": "masterdata",
    "url": "nothing",
}
ADMIN_MODEL = re.compile(r"admin/(?!password_change/)([a-z_]+)/([a-z]+)/(.*)")
#: What the pages of a model in the admin ask for; the matrix of rights says who has it.
ADMIN_TAILS = {
    "": "view",
    "<path:object_id>/": "view",
    "<path:object_id>/change/": "view",
    "<path:object_id>/history/": "view",
    "<path:object_id>/conversation/": "view",
    "<path:object_id>/files/<int:attachment_id>/": "view",
    "<path:object_id>/print/<slug:name>/": "view",
    "<path:object_id>/pdf/": "view",
    "<path:object_id>/explosion/": "view",
    "<path:object_id>/where-used/": "view",
    "<path:object_id>/page/": "view",
    "<path:object_id>/label/": "view",
    "<path:object_id>/read/": "view",
    "<int:object_id>/progress/": "view",
    "<int:object_id>/result/": "view",
    "export-csv/": "view",
    "export-xlsx/": "view",
    "board/": "view",
    "calendar/": "view",
    "add/": "add",
    "<path:object_id>/delete/": "delete",
    "<path:object_id>/sign/": "view",
    "<path:object_id>/write/": "the verb's own",
    "<path:object_id>/verb/<slug:name>/": "the verb's own",
    "<path:object_id>/act/<slug:name>/": "the verb's own",
    "<id>/password/": "superuser",
    "import/": "import",
    "import-confirm/": "import",
}


def other_pages() -> list[str]:
    """Every route that is neither the API's nor a page of a model in the admin."""
    return sorted(
        {
            route
            for route, _pattern in every_route()
            if not route.startswith(API) and not ADMIN_MODEL.fullmatch(route)
        }
    )


def test_every_address_of_the_api_is_in_its_matrix() -> None:
    known = {API + endpoint.path.lstrip("/") for endpoint in api_endpoints()}
    found = {
        re.sub(r"\(\?P<[^>]*>[^)]*\)|<[^>]*>", "{id}", route).replace("^", "").replace("$", "")
        for route, _pattern in every_route()
        if route.startswith(API)
    }
    missing = {route for route in found if route.rstrip("/") + "/" not in known}
    assert not missing


def test_every_address_of_a_model_in_the_admin_has_its_right() -> None:
    registered = {(model._meta.app_label, model._meta.model_name) for model in admin.site._registry}
    unknown = []
    for route, _pattern in every_route():
        match = ADMIN_MODEL.fullmatch(route)
        if match and ((match[1], match[2]) not in registered or match[3] not in ADMIN_TAILS):
            unknown.append(route)
    assert not unknown, "say in ADMIN_TAILS what these ask for"


@pytest.mark.slow
def test_the_page_matrix_is_the_reviewed_one(by: User) -> None:
    found = page_matrix(by)
    if os.environ.get("MES_ERP_REGENERATE") == "1":
        rows = [f"  {json.dumps(page)}: {json.dumps(found[page])}" for page in sorted(found)]
        MATRIX.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    expected = json.loads(MATRIX.read_text())
    changed = {
        page: (expected.get(page), found.get(page))
        for page in expected.keys() | found.keys()
        if expected.get(page) != found.get(page)
    }
    assert not changed, f"(was, is): {changed}"


def page_matrix(by: User) -> dict[str, Any]:
    """``GET /shop/`` → who may: roles, or in one word "everybody" or "strangers too"."""
    company = factories.make_books("PAGES", by=by).company
    rows = {route: row_of(route, company, by) for route in other_pages()}
    callers = {STRANGER: Client(), ROLELESS: client_of(ROLELESS, company, ())}
    for role in sorted(catalogue()):
        callers[role] = client_of(role, company, (role,))
    found: dict[str, Any] = {}
    for route in other_pages():
        for method in METHODS:
            # What a role may not see it may not send to either: forms are asked as the extremes.
            asked = callers if method == "get" else {n: callers[n] for n in EXTREMES}
            may = [name for name in asked if goes(asked[name], method, address(route, rows))]
            found[f"{method.upper()} /{route}"] = in_words(may, len(asked))
    return found


def in_words(may: list[str], callers: int) -> Any:
    if len(may) == callers:
        return "strangers too"
    if len(may) == callers - 1 and STRANGER not in may:
        return "everybody"
    return may


def client_of(name: str, company: Company, roles: tuple[str, ...]) -> Client:
    user = make_member(f"pages {name}", company)
    user.groups.set(Group.objects.filter(name__in=roles))
    client = ApiClient(user).client
    return client


def goes(client: Client, method: str, url: str) -> bool:
    """Whether the caller is let in; whatever it did is undone."""
    cookies = dict(client.cookies)
    with transaction.atomic():
        answer = getattr(client, method)(url)
        transaction.set_rollback(True)
    client.cookies.clear()
    client.cookies.update(cookies)
    if answer.status_code >= 500:
        raise AssertionError(f"{method} {url}: {answer.status_code}")
    if answer.status_code in (401, 403, 405):
        return False
    return not (answer.status_code == 302 and "/login/" in answer["Location"])


def row_of(route: str, company: Company, by: User) -> Any:
    if "<int:pk>" not in route or route.startswith("accounts/"):
        return 0
    place = route.partition("<int:pk>")[0].replace("stream/", "")
    model = apps.get_model(ROW_OF[place])
    return make_row(model, company, by).pk


def address(route: str, rows: dict[str, Any]) -> str:
    url = route.replace("<int:pk>", str(rows[route]))
    if route in WORDS:
        url = re.sub(r"<[a-z]+:[a-z]+>", WORDS[route], url)
    for name, word in WORDS.items():
        if "/" not in name:
            url = re.sub(rf"\(\?P<{name}>[^)]*\)|<(?:path:|slug:)?{name}>", word, url)
    url = url.replace("^.*$", "nothing").replace("^", "").replace("$", "")
    assert "<" not in url, f"{route}: say in WORDS what it may be called"
    return f"/{url}"


@pytest.mark.slow
def test_pages_of_models_ask_for_their_right(by: User) -> None:
    """Staff without a permission see no page of a row that exists, and act on none."""
    company = factories.make_company("BARE", by=by)
    client = client_of("nobody", company, ())
    pages = json.loads(MATRIX.read_text())
    tried = 0
    for model in admin.site._registry:
        if not model.__module__.startswith("apps."):
            continue
        row = _try(model, company, by)
        base = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        for route in _tails(model):
            if route == "<path:object_id>/":
                continue  # leads to the page of change
            url = base + re.sub(r"<(path|int):object_id>|<id>", str(getattr(row, "pk", 0)), route)
            url = url.replace("<int:attachment_id>", "0").replace("<slug:name>", "x")
            for method in METHODS if ADMIN_TAILS[route] != "view" else ("get",):
                answer = getattr(client, method)(url)
                # Home, or to a page that asks by itself and has a row of its own above.
                is_sent_away = answer.status_code == 302 and (
                    answer["Location"] == "/admin/" or f"GET {answer['Location']}" in pages
                )
                assert is_sent_away or answer.status_code in (403, 404, 405), (
                    method, url, answer.status_code,
                )  # fmt: skip
                tried += 1
    assert tried > 500


def _tails(model: Any) -> set[str]:
    prefix = f"admin/{model._meta.app_label}/{model._meta.model_name}/"
    return {
        route.removeprefix(prefix) for route, _pattern in every_route() if route.startswith(prefix)
    }


def _try(model: Any, company: Company, by: User) -> Any:
    try:
        with transaction.atomic():
            return make_row(model, company, by)
    except (DatabaseError, ValueError, TypeError):
        return None


@pytest.mark.parametrize("word", sorted(ROW_OF.values()))
def test_rows_of_addresses_are_models(word: str) -> None:
    assert apps.get_model(word)
