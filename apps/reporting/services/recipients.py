"""Who may be sent reports and alerts: people of the company, and addresses of allowed domains."""

from __future__ import annotations

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import Company, Membership, User

MOST = 20


def check_recipients(text: str, company: Company) -> str:
    """The addresses, lower case, one comma between them.

    Raises ``InvalidInput`` for none, too many, one that is no address, a stranger's.
    """
    addresses = list(dict.fromkeys(filter(None, re.split(r"[\s,;]+", text.lower()))))
    if not 1 <= len(addresses) <= MOST:
        raise _refused("recipients", _("Name one to {n} addresses.").format(n=MOST))
    known = _known(addresses, company)
    domains = {domain.lower() for domain in settings.REPORT_DOMAINS}
    for address in addresses:
        try:
            validate_email(address)
        except ValidationError as error:
            raise _refused(
                "bad_address", _("{address} is no e-mail address.").format(address=address[:100])
            ) from error
        if address not in known and address.rpartition("@")[2] not in domains:
            raise _refused(
                "stranger",
                _("{address} is nobody of this company, and its domain is not allowed.").format(
                    address=address
                ),
            )
    return ", ".join(addresses)


def _known(addresses: list[str], company: Company) -> set[str]:
    members = Membership.objects.filter(company=company).values("user_id")
    people = User.objects.filter(Q(pk__in=members) | Q(is_superuser=True), is_active=True)
    found = people.annotate(address=Lower("email")).filter(address__in=addresses)
    return set(found.values_list("address", flat=True))


def _refused(code: str, text: str) -> InvalidInput:
    return InvalidInput(code, text, field="recipients")
