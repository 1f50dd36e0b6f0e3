from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class DesignStatus(models.TextChoices):
    """The life of a bill of materials or a routing. A released one is not edited, but replaced."""

    DRAFT = "draft", _("Draft")
    RELEASED = "released", _("Released")
    OBSOLETE = "obsolete", _("Obsolete")


DESIGN_TRANSITIONS: dict[str, set[str]] = {
    DesignStatus.DRAFT: {DesignStatus.RELEASED, DesignStatus.OBSOLETE},
    DesignStatus.RELEASED: {DesignStatus.OBSOLETE},
    DesignStatus.OBSOLETE: set(),
}
