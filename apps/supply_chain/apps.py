from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SupplyChainConfig(AppConfig):
    name = "apps.supply_chain"
    label = "supply_chain"
    verbose_name = _("Purchasing and shipping")
    pages = (
        (_("Buy again"), "purchasing-reorder", "autorenew", "supply_chain.view_reorderrule"),
        (
            _("Shipped by suppliers"),
            "purchasing-drop-ship",
            "local_shipping",
            "supply_chain.add_purchaseorder",
        ),
        (
            _("Goods of suppliers"),
            "purchasing-supplier-stock",
            "inventory_2",
            "supply_chain.add_receipt",
        ),
        (
            _("Purchasing reports"),
            "purchasing-reports",
            "query_stats",
            "supply_chain.view_purchaseorder",
        ),
    )
