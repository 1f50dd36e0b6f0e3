from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.core.models import MasterData


class ServiceAccount(MasterData):
    """A program that uses the API: a user of one company who can't sign in by password.

    What it may do are the roles of ``user``; each of its keys narrows that by scopes.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="service_account",
        editable=False,
        verbose_name=_("user"),
    )

    class Meta(MasterData.Meta):
        verbose_name = _("service account")
        verbose_name_plural = _("service accounts")
