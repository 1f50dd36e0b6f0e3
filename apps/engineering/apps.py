from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EngineeringConfig(AppConfig):
    name = "apps.engineering"
    label = "engineering"
    verbose_name = _("Engineering")
    pages = (
        (
            _("Where used and compare"),
            "engineering-reports",
            "difference",
            "engineering.view_billofmaterials",
        ),
    )
