"""Those who look after connections hear when one has broken."""

from __future__ import annotations

import logging

from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.mail import send_mail
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.models import User
from apps.integration.models import WebhookEndpoint

_log = logging.getLogger(__name__)


def warn_of_suspension(endpoint_id: int) -> int:
    """Write to each person of the company who may resume the endpoint; how many.

    May run twice after a crash: two warnings are better than none.
    """
    endpoint = WebhookEndpoint.objects.select_related("company").get(pk=endpoint_id)
    _log.warning("webhook endpoint %s suspended: %s", endpoint, endpoint.suspension_reason)
    people = recipients(endpoint)
    text = _(
        "Messages to {url} could not be delivered and are kept: {reason}\n"
        "Resume the endpoint once the receiver works again; what has waited is then sent."
    ).format(url=endpoint.url, reason=endpoint.suspension_reason)
    for person in people:
        subject = _("Webhook endpoint {code} is suspended").format(code=endpoint.code)
        sender = endpoint.company.email or settings.DEFAULT_FROM_EMAIL
        send_mail(subject, text, sender, [person.email])
    return len(people)


def recipients(endpoint: WebhookEndpoint) -> list[User]:
    """Active people with an e-mail address: members who may resume endpoints."""
    permission = Permission.objects.filter(
        content_type__app_label="integration", codename="resume_webhookendpoint"
    )
    may = Q(groups__permissions__in=permission) | Q(user_permissions__in=permission)
    return list(
        User.objects.filter(may, is_active=True, memberships__company=endpoint.company)
        .exclude(email="")
        .distinct()
        .order_by("pk")
    )
