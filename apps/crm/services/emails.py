"""E-mails about documents: kept as they are sent, handed to the mail server after commit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from apps.core.errors import InvalidInput
from apps.core.models import User
from apps.core.services.outbox import enqueue
from apps.core.sql import execute
from apps.core.transactions import unit_of_work
from apps.crm.models import EmailLog
from apps.crm.queries.chain import partner_of

TASK = "crm.send_email"
MOST_RECIPIENTS = 20
Attachment = tuple[str, bytes, str]
# Who comes second waits for the first to commit, and then finds it done.
_DELIVER = """
INSERT INTO crm_emaildelivery (company_id, email_id, delivered_at) VALUES (%s, %s, now())
ON CONFLICT (email_id) DO NOTHING
"""


def send_email(
    target: Any,
    *,
    to: Sequence[str],
    subject: str,
    body: str,
    by: User,
    is_printout_attached: bool = False,
) -> EmailLog:
    """Write the e-mail down and have it sent once this transaction has committed.

    ``is_printout_attached``: the document itself goes along as PDF. Raises ``InvalidInput`` for
    an address that can't be, a line break in the subject, nobody to send to.
    """
    recipients = [_address(address, "to") for address in to]
    if not 1 <= len(recipients) <= MOST_RECIPIENTS:
        raise InvalidInput(
            "recipients", _("Name one to {n} addresses.").format(n=MOST_RECIPIENTS), field="to"
        )
    sender = _sender(target)
    with unit_of_work():
        email = _write(
            target,
            direction=EmailLog.Direction.SENT,
            sender=sender,
            recipients=", ".join(recipients),
            subject=subject,
            body=body,
            message_id=make_msgid(domain=sender.rpartition("@")[2].strip(">") or "localhost"),
            is_printout_attached=is_printout_attached,
            by=by,
        )
        enqueue(TASK, email_id=email.pk)
    return email


def log_received_email(
    target: Any, *, sender: str, subject: str, body: str, by: User, message_id: str = ""
) -> EmailLog:
    """Keep an e-mail that came in about ``target``."""
    with unit_of_work():
        return _write(
            target,
            direction=EmailLog.Direction.RECEIVED,
            sender=_address(sender, "sender"),
            recipients=_sender(target),
            subject=subject,
            body=body,
            message_id=message_id,
            is_printout_attached=False,
            by=by,
        )


def deliver_email(
    email: EmailLog, *, attachments: Callable[[EmailLog], Sequence[Attachment]]
) -> bool:
    """Hand ``email`` to the mail server unless that was done; whether it was done now.

    The delivery is written before sending, in one transaction: who comes second waits and then
    sees it; when sending fails, nothing is kept and the task may run again. The message id stays
    the same, so a mail server that got it twice can tell.
    """
    with unit_of_work():
        if not execute(_DELIVER, [email.company_id, email.pk]):
            return False
        message = EmailMessage(
            subject=email.subject,
            body=email.body,
            from_email=email.sender,
            to=email.recipients.split(", "),
            headers={"Message-ID": email.message_id},
        )
        for name, content, kind in attachments(email):
            message.attach(name, content, kind)
        message.send()
    return True


def _write(target: Any, *, by: User, subject: str, **values: Any) -> EmailLog:
    if not subject.strip() or "\n" in subject or "\r" in subject:
        raise InvalidInput(
            "bad_subject", _("A subject is one line that says something."), field="subject"
        )
    return EmailLog.objects.create(
        company_id=target.company_id,
        source_type=ContentType.objects.get_for_model(target),
        source_id=target.pk,
        partner=partner_of(target),
        subject=subject,
        created_by=by,
        **values,
    )


def _sender(target: Any) -> str:
    return target.company.email or settings.DEFAULT_FROM_EMAIL


def _address(address: str, field: str) -> str:
    address = address.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidInput(
            "bad_address", _("{address} is no e-mail address.").format(address=address[:100]),
            field=field,
        ) from error  # fmt: skip
    return address
