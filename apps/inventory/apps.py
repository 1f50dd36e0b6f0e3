from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    name = "apps.inventory"
    label = "inventory"
    verbose_name = _("Inventory")
    pages = (
        (_("Scan"), "inventory-scan", "barcode_scanner", "inventory.view_stockbalance"),
        (_("Put away"), "inventory-put-away", "move_to_inbox", "inventory.put_away_stockdocument"),
        (
            _("Pick and pack"),
            "inventory-picks",
            "shopping_cart_checkout",
            "inventory.view_picklist",
        ),
        (_("Kanban"), "inventory-kanban", "sync", "inventory.view_kanbancard"),
        (_("Count stock"), "inventory-counts", "checklist", "inventory.view_stockcount"),
        (_("Stock reports"), "inventory-reports", "monitoring", "inventory.view_itemvaluation"),
    )
