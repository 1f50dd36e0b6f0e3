"""How the house stands, checked: layers, owners of tables, statuses, migrations, sizes."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.migrations import RunPython, RunSQL
from django.db.migrations.loader import MigrationLoader

from apps.core.constraints import CompanyReference
from apps.core.fields import CompanyForeignKey

ROOT = Path(__file__).parents[2]
APPS = [name.removeprefix("apps.") for name in settings.APPS]
LONGEST_MODULE = 500
#: The whole life of a private cluster, read from top to bottom.
LONGER = {"mes_erp/postgres.py": 550}


def our_models() -> list[type[models.Model]]:
    return [
        model
        for label in APPS
        for model in apps.get_app_config(label).get_models()
        if not model.__name__.startswith("Historical")
    ]


def layers() -> list[set[str]]:
    """From the top; the same list that import-linter holds imports to."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    [contract] = [c for c in config["contracts"] if c["id"] == "layers"]
    return [{app.strip(" ()") for app in layer.split("|")} for layer in contract["layers"]]


def sources(app: str) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / "apps" / app).rglob("*.py")):
        if "migrations" not in path.parts:
            yield path, ast.parse(path.read_text())


# --- references ----------------------------------------------------------------------------

#: References to a row of a company that the database does not hold to that company, and why.
UNCHECKED = {
    "finance.AccountBalance.period": "folded by SQL from lines that are checked",
    "finance.AccountBalance.account": "folded by SQL from lines that are checked",
    "finance.JournalLine.period": "copied from the entry by SQL; a check would lock the period",
    "finance.BankMatch.journal_line": "a trigger holds it to the bank account's ledger account",
    "finance.LedgerSeal.entry": "sealed by SQL from the entry itself",
    "execution.ProductionReport.event": "one to one, made in one statement with the event's row",
    **{
        f"planning.{name}": "written by COPY from what the run has read; reconcile: plan-company"
        for name in (
            *(f"PlannedItem.{field}" for field in ("run", "item", "site")),
            *(f"PlannedOrder.{field}" for field in ("run", "item", "site", "source_site")),
            *(
                f"Pegging.{field}"
                for field in (
                    "run",
                    "item",
                    "site",
                    "planned_order",
                    "supply_move",
                    "demand_move",
                    "demand_forecast",
                )
            ),
            "ActionMessage.planned_order",
        )
    },
    **{
        f"planning.PlannedOrder.{name}": "set by firming itself; reconcile: plan-ordered"
        for name in ("schedule_line", "work_order", "purchase_order", "stock_document")
    },
    "execution.WorkOrder.cost_object": "one to one, made by the order's own release",
}


def test_every_reference_inside_a_company_is_held_there() -> None:
    loose = set()
    for model in our_models():
        if not _has_company(model):
            continue
        held = {c.field for c in model._meta.constraints if isinstance(c, CompanyReference)}
        for field in model._meta.concrete_fields:
            target = field.remote_field.model if isinstance(field, models.ForeignKey) else None
            if target is None or not _has_company(target) or field.name in held:
                continue
            loose.add(f"{model._meta.app_label}.{model.__name__}.{field.name}")
    assert loose == UNCHECKED.keys()


def _has_company(model: Any) -> bool:
    return any(field.name == "company" for field in model._meta.concrete_fields)


def test_company_foreign_keys_and_constraints_name_the_same_fields() -> None:
    for model in our_models():
        held = {c.field for c in model._meta.constraints if isinstance(c, CompanyReference)}
        keys = {f.name for f in model._meta.concrete_fields if isinstance(f, CompanyForeignKey)}
        label = f"{model._meta.app_label}.{model.__name__}"
        loose = {name for name in keys - held if f"{label}.{name}" not in UNCHECKED}
        assert not loose, f"{model.__name__}: {loose} in no company_references"


def test_tables_point_downwards_only() -> None:
    rank = {app: place for place, layer in enumerate(layers()) for app in layer}
    for model in our_models():
        here = model._meta.app_label
        for field in model._meta.get_fields():
            target = getattr(getattr(field, "remote_field", None), "model", None)
            if field.auto_created or target is None or target._meta.app_label not in APPS:
                continue
            there = target._meta.app_label
            assert here == there or rank[there] > rank[here], f"{model.__name__}.{field.name}"


# --- owners --------------------------------------------------------------------------------

_WRITERS = {"create", "bulk_create", "get_or_create", "update_or_create", "bulk_update"}
_SETS = {"update", "delete"}
_SAVES = {"save", "save_by"}
_FUNCTIONS = {"insert_rows", "insert_all"}
_STATEMENT = re.compile(r"\b(?:INSERT INTO|UPDATE|DELETE FROM|COPY)\s+\"?([a-z_]+)_[a-z]+", re.I)


@pytest.mark.parametrize("app", APPS)
def test_an_app_writes_its_own_tables_only(app: str) -> None:
    offences = [
        f"{path.relative_to(ROOT)}:{line}: writes {model}"
        for path, tree in sources(app)
        for line, model in _foreign_writes(app, tree)
    ]
    assert not offences, "\n".join(offences)


def test_the_search_for_foreign_writes_finds_them() -> None:
    """Its negative control: each way of writing another app's table is seen."""
    head = "from apps.finance.models import Account\nfrom apps.finance import models as f\n"
    for code in (
        "Account.objects.create(code=1)",
        "Account.objects.filter(pk=1).update(code=2)",
        "Account(code=1).save()",
        "row = Account(code=1)\nrow.save_by(by)",
        "insert_rows(Account, rows)",
        "insert_all([Account(code=1)], by=by)",
        "SQL = 'UPDATE finance_account SET code = 1'",
    ):
        assert list(_foreign_writes("crm", ast.parse(head + code))), code
        assert not list(_foreign_writes("finance", ast.parse(head + code))), code


def _foreign_writes(app: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    foreign = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("apps.")
        for alias in node.names
        if ".models" in f"{node.module}." and (node.module or "").split(".")[1] != app
    }
    made = {
        target.id: node.value.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        for target in node.targets
        if isinstance(target, ast.Name) and node.value.func.id in foreign
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for owner in _STATEMENT.findall(node.value):
                if _app_of(owner) not in (None, app):
                    yield node.lineno, owner
        if isinstance(node, ast.Call):
            name = _written(node, foreign, made)
            if name:
                yield node.lineno, foreign[name]


def _app_of(prefix: str) -> str | None:
    """``finance`` of ``finance``; ``supply_chain`` of ``supply_chain_purchaseorder``."""
    return next((app for app in APPS if f"{prefix}_".startswith(f"{app}_")), None)


def _written(node: ast.Call, foreign: dict[str, str], made: dict[str, str]) -> str | None:
    called = node.func
    if isinstance(called, ast.Name) and called.id in _FUNCTIONS:
        return next((n.id for a in node.args for n in ast.walk(a) if _is_name(n, foreign)), None)
    if not isinstance(called, ast.Attribute):
        return None
    root = _root(called.value)
    if called.attr in _SAVES and root in made:
        return made[root]
    if root not in foreign:
        return None
    through_manager = "objects" in ast.dump(called.value)
    if through_manager and called.attr in _WRITERS | _SETS:
        return root
    return root if not through_manager and called.attr in _SAVES else None


def _is_name(node: ast.AST, names: dict[str, str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _root(node: ast.AST) -> str:
    while isinstance(node, ast.Attribute | ast.Call):
        node = node.value if isinstance(node, ast.Attribute) else node.func
    return node.id if isinstance(node, ast.Name) else ""


# --- statuses ------------------------------------------------------------------------------

#: Where a document ends, on purpose.
FINAL = {"reversed", "cancelled", "done", "obsolete"}
FINAL_OF = {
    "execution.andoncall": {"resolved"},
    "finance.periodclose": {"reopened"},
    "finance.taxreturn": {"filed"},
    "finance.budgetversion": {"superseded"},  # the next version goes on
    "engineering.costrollup": {"released"},  # the next roll-up takes its place
    "engineering.engineeringchange": {"implemented"},  # the next change goes on from there
    "hr.leaverequest": {"rejected"},  # one asks again
    "hr.expenseclaim": {"paid"},
    "supply_chain.requestforquotation": {"awarded"},  # its purchase orders go on
    "supply_chain.shippingnotice": {"received"},  # its receipts go on
    "supply_chain.requisition": {"ordered"},  # its purchase orders go on
    "crm.lead": {"converted", "merged"},  # the opportunity, or the other lead, goes on
    "crm.quotation": {"won", "replaced"},  # the order, or the next version, goes on
    "crm.return": {"closed"},
    "inventory.kanbancard": {"retired"},
    "inventory.package": {"unpacked"},  # its goods go on
    "inventory.picklist": {"shipped"},  # the shipment goes on, and may be reversed
    "finance.dunningrun": {"confirmed"},  # the letters are sent; the next level goes on
    "supply_chain.consignment": {"delivered"},  # goods that come back are a return
    "supply_chain.supplierreturn": {"closed"},  # nothing is owed for it
    "reporting.roicase": {"closed"},  # its figures stand
    # what a machine answered stands; another value is another row
    "integration.tagwrite": {"acknowledged", "refused", "timed_out"},
}


@pytest.mark.parametrize(
    "model",
    [m for m in our_models() if getattr(m, "TRANSITIONS", None)],
    ids=lambda m: m._meta.label_lower,
)
def test_statuses_are_reached_and_left(model: Any) -> None:
    statuses = {str(value) for value in model.Status.values}
    table = {str(k): {str(v) for v in after} for k, after in model.TRANSITIONS.items()}
    assert table.keys() == statuses, "TRANSITIONS must name every status"
    reached, waiting = set(), {str(model._meta.get_field("status").default)}
    while waiting:
        status = waiting.pop()
        reached.add(status)
        waiting |= table[status] - reached
    assert reached == statuses, f"never reached: {statuses - reached}"
    ends = {status for status, after in table.items() if not after}
    final = FINAL | FINAL_OF.get(model._meta.label_lower, set())
    assert ends <= final, f"no way out of {ends - final}"


def test_every_document_has_statuses() -> None:
    from apps.core.models import Document

    without = [m.__name__ for m in our_models() if issubclass(m, Document) and not m.TRANSITIONS]
    assert not without


# --- migrations ----------------------------------------------------------------------------


def test_migrations_have_names_and_a_way_back() -> None:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    for (app, name), migration in loader.disk_migrations.items():
        if app not in APPS:
            continue
        assert re.fullmatch(r"\d{4}_[a-z][a-z0-9_]+", name), f"{app}.{name}"
        assert "_auto_" not in name, f"{app}.{name} says nothing"
        for operation in migration.operations:
            assert operation.reversible, f"{app}.{name}: {operation.describe()}"
            if isinstance(operation, RunSQL):
                assert operation.reverse_sql is not None, f"{app}.{name}"
            if isinstance(operation, RunPython):
                assert operation.reverse_code is not None, f"{app}.{name}"


# --- order, size, and what an app says of itself -----------------------------------------------


def test_apps_stand_in_the_order_of_the_layers() -> None:
    rank = {app: place for place, layer in enumerate(layers()) for app in layer}
    places = [rank[app] for app in APPS]
    assert places == sorted(places, reverse=True)


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.md"])
def test_documents_show_the_same_layers(document: str) -> None:
    """Each line of the diagram is a layer; apps that do not exist yet are not drawn."""
    text = (ROOT / document).read_text()
    drawn = re.search(r"```text layers\n(.*?)```", text, re.S)
    assert drawn, "no ```text layers block"
    lines = [line.split("   ")[0].strip() for line in drawn.group(1).strip().splitlines()]
    wanted = [{app for app in layer if app in APPS} for layer in layers()]
    assert [set(re.split(r"\s*\|\s*", line)) for line in lines] == [w for w in wanted if w]


def test_the_table_of_apps_is_in_their_order() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", text, re.M) == APPS


@pytest.mark.parametrize("app", APPS)
def test_an_app_says_what_it_owns_posts_and_announces(app: str) -> None:
    said = apps.get_app_config(app).module.__doc__ or ""
    for word in ("Owns: ", "Posts to: ", "Announces: "):
        assert word in said, f"apps/{app}/__init__.py lacks “{word}”"


def test_no_module_is_too_long() -> None:
    folders = ("apps", "mes_erp", "tests", "benchmarks")
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "migrations" not in path.parts
        and (lines := len(path.read_text().splitlines()))
        > LONGER.get(str(path.relative_to(ROOT)), LONGEST_MODULE)
    }
    assert not long


def test_each_app_has_its_folder_of_tests() -> None:
    missing = [app for app in APPS if not list((ROOT / "tests" / app).glob("test_*.py"))]
    assert not missing, f"no tests of {missing}"


def test_every_test_that_the_security_page_names_exists() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / "docs/security.md").read_text()))
    assert len(named) > 30
    missing = [
        f"{path}::{name}"
        for path, name in sorted(named)
        if not (ROOT / path).exists() or f"def {name}(" not in (ROOT / path).read_text()
    ]
    assert not missing


def test_documents_link_to_files_that_exist() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in pages
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / link).exists()
    ]
    assert not broken
