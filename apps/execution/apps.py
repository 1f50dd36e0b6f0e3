from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ExecutionConfig(AppConfig):
    name = "apps.execution"
    label = "execution"
    verbose_name = _("Manufacturing")
    pages = (
        (_("Terminal"), "shop", "touch_app", "execution.view_workorderoperation"),
        (_("Boards"), "boards", "dashboard", "execution.view_machineinterval"),
        (_("Trace"), "trace", "account_tree", "execution.view_genealogyedge"),
    )
