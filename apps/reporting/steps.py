"""What an empty installation needs first, and who can see to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Step:
    """``table`` has a row in one of the caller's companies once the step is done."""

    code: str
    title: Any
    text: Any
    permission: str
    table: str
    model: str
    action: str = "add"
    condition: str = "true"


STEPS = (
    Step(
        "site",
        _("Add a site"),
        _("A plant or warehouse, with its time zone. Stock and machines are at a site."),
        "core.add_site",
        "core_site",
        "core.Site",
    ),
    Step(
        "people",
        _("Let people in"),
        _("Make users members of the company and give each a role."),
        "core.change_user",
        "core_membership",
        "core.User",
        "changelist",
        "user_id <> %(user_id)s",
    ),
    Step(
        "year",
        _("Open a fiscal year"),
        _("Nothing can be posted before a period is open."),
        "finance.add_fiscalyear",
        "finance_fiscalyear",
        "finance.FiscalYear",
        "changelist",
    ),
    Step(
        "items",
        _("Add items"),
        _("One by one, or import a table of them from the list of items."),
        "masterdata.add_item",
        "masterdata_item",
        "masterdata.Item",
    ),
    Step(
        "partners",
        _("Add customers and suppliers"),
        _("One by one, or import a table of them."),
        "masterdata.add_partner",
        "masterdata_partner",
        "masterdata.Partner",
    ),
    Step(
        "work_centres",
        _("Add work centres"),
        _("Where operations are done, with their rates per hour."),
        "masterdata.add_workcentre",
        "masterdata_workcentre",
        "masterdata.WorkCentre",
    ),
    Step(
        "boms",
        _("Say how items are made"),
        _("A bill of materials and a routing for each manufactured item."),
        "engineering.add_billofmaterials",
        "engineering_billofmaterials",
        "engineering.BillOfMaterials",
    ),
    Step(
        "stock",
        _("Bring in the opening stock"),
        _("A stock document of kind opening balance, by hand or from a table."),
        "inventory.add_stockdocument",
        "inventory_stockmove",
        "inventory.StockDocument",
    ),
    Step(
        "work_orders",
        _("Plan a work order"),
        _("Release it, print its traveler, and report what was made."),
        "execution.add_workorder",
        "execution_workorder",
        "execution.WorkOrder",
    ),
    Step(
        "sales_orders",
        _("Enter a sales order"),
        _("Once confirmed, its lines are what shipping and planning work from."),
        "crm.add_salesorder",
        "crm_salesorder",
        "crm.SalesOrder",
    ),
    Step(
        "purchase_orders",
        _("Enter a purchase order"),
        _("Once sent, its lines are what the warehouse expects."),
        "supply_chain.add_purchaseorder",
        "supply_chain_purchaseorder",
        "supply_chain.PurchaseOrder",
    ),
)
