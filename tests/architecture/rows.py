"""A row of any model, made of what its columns require; for tests that walk all models."""

from __future__ import annotations

import datetime
import itertools
from decimal import Decimal
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models

from apps.core.models import Company, Currency, User
from apps.engineering.models import BillOfMaterials
from apps.finance.models import (
    Account,
    AccrualPart,
    AllocationCycle,
    AssetClass,
    ConsolidationGroup,
    CostObject,
    DepreciationBook,
    DunningTerms,
    FiscalYear,
    FixedAsset,
    Invoice,
    InvoiceLine,
    Journal,
    JournalEntry,
    JournalLine,
)
from apps.finance.services.journal import Entry, Line, post_entry
from apps.finance.services.periods import open_fiscal_year
from apps.hr.models import Employee, PaySlip
from apps.inventory.models import Location
from apps.maintenance.models import MaintenanceOrder, Meter
from apps.masterdata.models import Item, Partner, WorkCentre
from apps.planning.models import Pegging, PlannedItem
from apps.projects.models import BillingMilestone, Task
from apps.supply_chain.models import Bid, Consignment, SupplierItem

_numbers = itertools.count(1)
#: Days that rows are spread over: a whole run counts past the last day that files may name.
_DAYS = 36_500
#: One at a time of an employee: each row has a day of its own.
_DAY_OF = {
    "hr.contract": ("effective_from", "effective_to"),
    "hr.employeeskill": ("valid_from", "valid_to"),
    "hr.timecard": ("starts_on", "ends_on"),
    "hr.leaverequest": ("starts_on", "ends_on"),
    "hr.payrun": ("period_start", "period_end"),
}


def make_row(model: type[models.Model], company: Company, by: User, depth: int = 0) -> Any:
    """A saved row of ``company``; raises what the database or the model has against it."""
    if model in (JournalEntry, JournalLine):
        entry = posted_entry(company, by)
        return entry if model is JournalEntry else entry.lines.first()
    if model is Pegging:
        item = build_row(PlannedItem, company, by, depth)
        item.peg_supply, item.peg_supply_id = [0], [0]
        item.peg_demand, item.peg_demand_id = [2], [0]
        item.peg_day, item.peg_quantity = [9000], [1_000_000]
        item.save()
        return Pegging.objects.get(run=item.run, item=item.item)
    row = build_row(model, company, by, depth)
    row.skip_history_when_saving = True
    if hasattr(row, "save_by"):
        return row.save_by(by)
    row.save()
    return row


def make_rows(model: type[models.Model], number: int, company: Company, by: User) -> None:
    """``number`` rows in one statement, without history."""
    if model in (JournalEntry, JournalLine):
        for _n in range(number):
            posted_entry(company, by)
        return
    known: dict[Any, Any] = {}
    rows = [build_row(model, company, by, known=known) for _n in range(number)]
    model._default_manager.bulk_create(rows)


def build_row(
    model: type[models.Model],
    company: Company,
    by: User,
    depth: int = 0,
    known: dict[Any, Any] | None = None,
) -> Any:
    """A row that is not saved yet; what it refers to is, and is looked for once if ``known``."""
    values: dict[str, Any] = {}
    known = {} if known is None else known
    for column in model._meta.concrete_fields:
        if column.primary_key and not isinstance(column, models.CharField):
            continue
        if column.name == "company":
            values["company"] = company
        elif column.is_relation:
            target = None if column.null else column.remote_field.model
            if target not in known:
                known[target] = _reference(column, company, by, depth)
            if known[target] is not None:
                values[column.name] = known[target]
        elif not column.has_default() and not column.null:
            values[column.name] = _value(column)
    return model(**{**values, **_particular(model, company, by)})


_SIMPLE: dict[str, dict[str, Any]] = {
    "inventory.location": {"kind": "supplier"},
    "inventory.stockbalance": {"quantity": Decimal(1)},
    "inventory.countclass": {"value_share": Decimal(80), "interval_days": 30},
    "masterdata.partnerbankaccount": {"is_default": False, "account_number": "", "bic": ""},
    "execution.productionreport": {"quantity_good": Decimal(1)},
    "planning.planningrun": {"horizon_days": 30},
    "finance.bankmatch": {"is_live": False},
    "finance.settlement": {"kind": "netting"},
    "finance.dunningline": {"level": 1},
    "finance.periodclose": {"status": "reopened"},
    "maintenance.maintenanceplan": {"interval_days": 30, "starts_on": datetime.date(2026, 1, 1)},
}
#: Texts that differ from row to row.
_NUMBERED: dict[str, dict[str, str]] = {
    "core.numbersequence": {"series": "journal:{0}:{0}"},  # of the kind whose names are looked up
    "engineering.billofmaterials": {"revision": "R{0}"},
    "engineering.routing": {"revision": "R{0}"},
    "engineering.instructionrevision": {"revision": "R{0}"},
    "masterdata.partnerbankaccount": {"iban": "XX{0}"},
}
#: References that only one row may have.
_OWN: dict[str, tuple[str, Any]] = {
    "engineering.acknowledgement": ("employee", Employee),
    "engineering.changeline": ("to_bom", BillOfMaterials),
    "maintenance.metertotal": ("meter", Meter),
    "maintenance.planpart": ("item", Item),
    "maintenance.maintenancepart": ("item", Item),
    "maintenance.maintenancecharge": ("invoice", Invoice),
    "inventory.itemclass": ("item", Item),
    "supply_chain.supplieritem": ("item", Item),
    "supply_chain.suppliercalendar": ("partner", Partner),
    "supply_chain.reorderrule": ("item", Item),
    "supply_chain.purchasecontractline": ("item", Item),
    "supply_chain.supplierprice": ("supplier_item", SupplierItem),
    "supply_chain.requestedsupplier": ("partner", Partner),
    "supply_chain.bid": ("partner", Partner),
    "supply_chain.bidline": ("bid", Bid),
    "inventory.itemhandling": ("item", Item),
    "inventory.stockcountline": ("item", Item),
    "finance.assetclass": ("depreciation_account", Account),
    "finance.assetclassbook": ("asset_class", AssetClass),
    "finance.assetbook": ("asset", FixedAsset),
    "finance.depreciationrun": ("book", DepreciationBook),
    "finance.bankaccount": ("account", Account),
    "finance.matchrule": ("account", Account),
    "finance.paymentrunline": ("invoice", Invoice),
    "finance.invoiceinstalment": ("invoice", Invoice),
    "finance.settlementline": ("invoice", Invoice),
    "finance.budgetline": ("account", Account),
    "finance.accrualschedule": ("result_account", Account),
    "finance.accrualposting": ("part", AccrualPart),
    "finance.allocationsender": ("cost_object", CostObject),
    "finance.allocationreceiver": ("cost_object", CostObject),
    "finance.allocationline": ("receiver", CostObject),
    "finance.allocationrun": ("cycle", AllocationCycle),
    "finance.groupmember": ("group", ConsolidationGroup),
}


def _particular(model: type[models.Model], company: Company, by: User) -> dict[str, Any]:
    """What a model's own rules ask beyond its columns."""
    label = model._meta.label_lower
    number = next(_numbers)
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(hours=number)
    texts = {name: text.format(number) for name, text in _NUMBERED.get(label, {}).items()}
    if texts or label in _SIMPLE:
        return _SIMPLE.get(label, {}) | texts
    if label.startswith(("hr.", "integration.", "projects.")):
        return _of_people(label, start.date(), company, by)
    if label in ("inventory.stockmove", "inventory.stockdocumentline"):
        return {"to_location": make_row(Location, company, by)}
    if label in (
        "execution.machineinterval",
        "execution.operationrun",
        "planning.scheduledoperation",
    ):
        return {"starts_at": start, "ends_at": start + datetime.timedelta(minutes=30)}
    if label == "maintenance.capacityreservation":
        order = make_row(MaintenanceOrder, company, by)
        return {"order": order, "starts_at": start, "ends_at": start + datetime.timedelta(hours=1)}
    if label in _OWN:
        name, model_of_reference = _OWN[label]
        return {name: make_row(model_of_reference, company, by)}
    if label in ("planning.forecast", "planning.plannedorder"):
        days = {"starts_on": start.date(), "ends_on": start.date()}
        days |= {"start_date": start.date(), "due_date": start.date()}
        names = {field.name for field in model._meta.concrete_fields}
        return {name: day for name, day in days.items() if name in names}
    if label == "quality.inspectionplan":
        return {"item": Item.objects.filter(company=company).first() or make_row(Item, company, by)}
    return _of_finance(label, company, by, number)


def _of_packages(label: str, company: Company, by: User, number: int) -> dict[str, Any]:
    if label == "inventory.kanbanloop":
        return {"line": make_row(Location, company, by)}
    if label == "inventory.ssccseries":
        return {"gs1_prefix": f"{number:07d}"}
    return {"location": make_row(Location, company, by), "sscc": ""}


def _of_shipping(label: str, company: Company, by: User, number: int) -> dict[str, Any]:
    if label == "supply_chain.itemtradedata":
        return {"item": make_row(Item, company, by), "hs_code": f"{number:06d}"}
    if label == "supply_chain.supplieraccess":
        return {"user": User.objects.create_user(f"supplier{number}")}
    if label == "supply_chain.proofofdelivery":
        return {"consignment": make_row(Consignment, company, by)}
    return {}


def _of_finance(label: str, company: Company, by: User, number: int) -> dict[str, Any]:
    if label.startswith("supply_chain."):
        return _of_shipping(label, company, by, number)
    if label in ("inventory.package", "inventory.ssccseries", "inventory.kanbanloop"):
        return _of_packages(label, company, by, number)
    if label == "finance.intercompanypartner":
        code = f"ZZ{next(_numbers)}"  # behind the company that the tests act in
        other = Company(code=code, name="Other", currency=company.currency).save_by(by)
        return {"partner": make_row(Partner, company, by), "counterpart": other}
    if label in ("finance.groupmargin", "finance.groupaccount"):
        group = make_row(ConsolidationGroup, company, by)
        if label == "finance.groupaccount":
            return {"group": group, "member": company}
        code = f"ZZ{next(_numbers)}"
        other = Company(code=code, name="Other", currency=company.currency).save_by(by)
        return {"group": group, "seller": company, "buyer": other, "margin": Decimal(10)}
    if label == "finance.approvallimit":
        return {"user": User.objects.create_user(f"approver{number}")}
    if label == "finance.dunninglevel":
        return {"terms": make_row(DunningTerms, company, by), "level": 1}
    return {}


def _of_projects(label: str, company: Company, by: User) -> dict[str, Any]:
    if label == "projects.hourlyrate":
        return {"cost_rate": Decimal(1)}
    if label == "projects.taskdependency":
        return {
            "predecessor": make_row(Task, company, by),
            "successor": make_row(Task, company, by),
        }
    if label == "projects.projectbilling":
        line = make_row(InvoiceLine, company, by)
        return {"milestone": make_row(BillingMilestone, company, by), "invoice_line": line}
    return {}


def _of_programs(label: str, number: int) -> dict[str, Any]:
    if label == "integration.serviceaccount":
        return {"user": User.objects.create_user(f"program{number}")}
    if label == "integration.integrationevent":
        return {"position": number}
    if label == "integration.webhookdelivery":
        return {"next_attempt_at": datetime.datetime.now(datetime.UTC)}
    if label == "integration.machinetag":
        return {"role": "ignored"}
    if label == "integration.tagwrite":
        return {"due_at": datetime.datetime.now(datetime.UTC)}
    return {}


def _of_people(label: str, day: datetime.date, company: Company, by: User) -> dict[str, Any]:
    if label.startswith("integration."):
        return _of_programs(label, next(_numbers))
    if label.startswith("projects."):
        return _of_projects(label, company, by)
    if label in _DAY_OF:
        number = next(_numbers)
        return dict.fromkeys(_DAY_OF[label], day + datetime.timedelta(days=number % _DAYS))
    if label == "hr.requiredskill":
        return {"work_centre": make_row(WorkCentre, company, by)}
    if label == "hr.payslip":
        return {"employee": make_row(Employee, company, by), "gross": 0, "net": 0, "deductions": 0}
    if label == "hr.labourdistribution":
        slip = build_row(PaySlip, company, by)
        slip.status, slip.gross, slip.net = "posted", Decimal(1), Decimal(1)
        slip.save()
        return {"pay_slip": slip, "amount": Decimal(1)}
    return {}


def posted_entry(company: Company, by: User) -> JournalEntry:
    """The ledger takes rows from its service only."""
    day = datetime.date(2130, 1, 1)  # behind the days of made-up rows, which may be fiscal years
    if not FiscalYear.objects.filter(company=company, starts_on=day).exists():
        open_fiscal_year(company, code="BOOKS", starts_on=day, by=by)
    journal = Journal.objects.filter(company=company).first() or make_row(Journal, company, by)
    account = Account.objects.filter(company=company).first() or make_row(Account, company, by)
    lines = [Line(account.pk, Decimal(1)), Line(account.pk, Decimal(-1))]
    entry = Entry(journal.code, day, company, lines, purpose=f"row {next(_numbers)}")
    return JournalEntry.objects.get(pk=post_entry(company, entry, by=by))


def _reference(column: Any, company: Company, by: User, depth: int) -> Any:
    target = column.remote_field.model
    if column.null:
        return None
    if target is User:
        return by
    if target is Currency:
        return company.currency
    if target is Company:
        return company
    if target is ContentType:
        return ContentType.objects.get_for_model(Company)
    found = target._default_manager.filter(company=company).first()
    if depth > 4:
        raise ValueError(f"{column} goes too deep")
    return found or make_row(target, company, by, depth + 1)


def _value(column: Any) -> Any:
    number = next(_numbers)
    if getattr(column, "choices", None):
        return column.choices[0][0]
    kinds: tuple[tuple[Any, Any], ...] = (
        (models.BooleanField, False),
        (models.EmailField, f"a{number}@example.com"),
        (models.CharField, f"X{number}"[: getattr(column, "max_length", None) or 10]),
        (models.TextField, "text"),
        (models.DecimalField, Decimal(1)),
        (models.SmallIntegerField, number % 30000),
        (models.PositiveSmallIntegerField, number % 30000),
        (models.IntegerField, number),
        (models.FloatField, 1.0),
        (models.DateTimeField, datetime.datetime.now(datetime.UTC)),
        (models.DateField, datetime.date(2026, 1, 1) + datetime.timedelta(days=number % _DAYS)),
        (models.TimeField, datetime.time(6)),
        (models.JSONField, {}),
        (models.BinaryField, b"x"),
    )
    for kind, value in kinds:
        if isinstance(column, kind):
            return value
    return None
