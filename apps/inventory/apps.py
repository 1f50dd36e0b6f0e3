from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class InventoryConfig(AppConfig):
    name = "apps.inventory"
    label = "inventory"
    verbose_name = _("Inventory")
    pages = (
        (_("Scan"), "inventory-scan", "barcode_scanner", "inventory.view_stockbalance"),
        (_("Count stock"), "inventory-counts", "checklist", "inventory.view_stockcount"),
    )
